// SPDX-License-Identifier: MIT
// Initializers that draw nothing: Zeros, Ones, Constant, Identity.
import { withDefaults } from '../util/options';
import { checkNumber, refusal } from '../util/validate';
import { Initializer } from './initializer';
import type { NativeInitializer } from '../native/binding';

/** Defaults of this file's initializers, as in Keras. */
export const defaults = Object.freeze({
  Constant: Object.freeze({ value: 0 }),
  Identity: Object.freeze({ gain: 1 }),
});

/**
 * All zeros.
 *
 * @see keras/src/initializers/constant_initializers.py
 * @example
 * new Dense(1, { biasInitializer: new Zeros() });
 */
export class Zeros extends Initializer {
  readonly className = 'Zeros';

  constructor() {
    super('Zeros', null);
  }

  toNative(): NativeInitializer {
    return { kind: 'constant', value: 0 };
  }

  getConfig(): Record<string, never> {
    return {};
  }
}

/**
 * All ones.
 *
 * @see keras/src/initializers/constant_initializers.py
 * @example
 * new Dense(1, { biasInitializer: new Ones() });
 */
export class Ones extends Initializer {
  readonly className = 'Ones';

  constructor() {
    super('Ones', null);
  }

  toNative(): NativeInitializer {
    return { kind: 'constant', value: 1 };
  }

  getConfig(): Record<string, never> {
    return {};
  }
}

/**
 * One value everywhere.
 *
 * @see keras/src/initializers/constant_initializers.py
 * @example
 * new Dense(1, { biasInitializer: new Constant(0.1) });
 */
export class Constant extends Initializer {
  readonly className = 'Constant';
  readonly value: number;

  /**
   * @param value a finite number; default 0
   * @throws ConfigError `ERR_TYPE` or `ERR_CONFIG` for any other value
   */
  constructor(value: number = defaults.Constant.value) {
    super('Constant', null);
    this.value = checkNumber('Constant', 'value', value);
  }

  toNative(): NativeInitializer {
    return { kind: 'constant', value: this.value };
  }

  getConfig(): { value: number } {
    return { value: this.value };
  }
}

/** Options of {@link Identity}. */
export interface IdentityOptions {
  /** The value on the diagonal; default 1. */
  gain?: number;
}

/**
 * `gain` on the diagonal of a matrix, zero elsewhere.
 *
 * @see keras/src/initializers/constant_initializers.py
 * @example
 * new SimpleRNN(32, { activation: 'relu', recurrentInitializer: new Identity() }); // Le, Jaitly, Hinton 2015
 */
export class Identity extends Initializer {
  readonly className = 'Identity';
  readonly gain: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` or `ERR_UNKNOWN_OPTION` */
  constructor(options: IdentityOptions = {}) {
    super('Identity', null);
    const { gain } = withDefaults('Identity', options, defaults.Identity);
    this.gain = checkNumber('Identity', 'gain', gain);
  }

  override checkShape(where: string, shape: readonly number[]): void {
    if (shape.length !== 2)
      throw refusal('ERR_SHAPE', where, 'a matrix for the initializer Identity', `shape [${shape.join(', ')}]`);
  }

  toNative(): NativeInitializer {
    return { kind: 'identity', gain: this.gain };
  }

  getConfig(): { gain: number } {
    return { gain: this.gain };
  }
}
