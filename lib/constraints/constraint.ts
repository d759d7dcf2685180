// SPDX-License-Identifier: MIT
// What all constraints have in common. The engine applies them, to each weight that is trained, after each step.
import { expectKnown } from '../util/families';
import type { NativeConstraint } from '../native/binding';

/** A constraint as plain data, as `getConfig` of a layer writes it. */
export interface ConstraintConfig {
  className: string;
  config: Record<string, unknown>;
}

/** Base class of constraints. */
export abstract class Constraint {
  /** The class name, as in Keras: it is written into configs. */
  abstract readonly className: string;

  protected constructor() {
    expectKnown(Constraint, new.target);
  }

  /** @internal The constraint as the engine takes it. */
  abstract toNative(): NativeConstraint;

  /** The constructor's arguments by name; a plain object. */
  abstract getConfig(): Record<string, unknown>;

  /**
   * Refuses weights that this constraint cannot be applied to (of fewer axes than it names).
   *
   * @throws ShapeError `ERR_SHAPE`
   *
   * @internal
   */
  checkShape(_where: string, _weight: string, _shape: readonly number[]): void {}

  /** `{ className, config }`, which every `...Constraint` option takes as well. */
  toJSON(): ConstraintConfig {
    return { className: this.className, config: this.getConfig() };
  }
}
