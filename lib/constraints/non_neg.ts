// SPDX-License-Identifier: MIT
// NonNeg: no weight below zero.
import { refuseMore } from '../util/arguments';
import { Constraint } from './constraint';
import type { NativeConstraint } from '../native/binding';

/**
 * Negative weights become zero.
 *
 * @see keras/src/constraints/constraints.py
 * @example
 * new Dense(1, { kernelConstraint: new NonNeg() });
 */
export class NonNeg extends Constraint {
  readonly className = 'NonNeg';

  constructor(...rest: []) {
    refuseMore('NonNeg', rest);
    super();
  }

  toNative(): NativeConstraint {
    return { kind: 'non_neg' };
  }

  getConfig(): Record<string, never> {
    return {};
  }
}
