// SPDX-License-Identifier: MIT
// Initializers with a fixed distribution (RandomUniform, RandomNormal, TruncatedNormal) and Orthogonal.
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { checkNumber, refusal } from '../util/validate';
import { Initializer, type SeedOptions } from './initializer';
import type { NativeInitializer } from '../native/binding';

/** Defaults of this file's initializers, as in Keras. */
export const defaults = Object.freeze({
  RandomUniform: Object.freeze({ minval: -0.05, maxval: 0.05, seed: null }),
  RandomNormal: Object.freeze({ mean: 0, stddev: 0.05, seed: null }),
  TruncatedNormal: Object.freeze({ mean: 0, stddev: 0.05, seed: null }),
  Orthogonal: Object.freeze({ gain: 1, seed: null }),
});

/** Options of {@link RandomUniform}. */
export interface RandomUniformOptions extends SeedOptions {
  /** Lower bound, included; default -0.05. */
  minval?: number;
  /** Upper bound, left out; default 0.05. */
  maxval?: number;
}

/**
 * Uniform between `minval` and `maxval`. The string `'uniform'` means this one.
 *
 * @see keras/src/initializers/random_initializers.py
 * @example
 * new Embedding(1000, 8, { embeddingsInitializer: new RandomUniform({ minval: -0.1, maxval: 0.1 }) });
 */
export class RandomUniform extends Initializer {
  readonly className = 'RandomUniform';
  readonly minval: number;
  readonly maxval: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_OPTION`, or `ERR_CONFIG` where `minval` exceeds `maxval` */
  constructor(options: RandomUniformOptions = {}, ...rest: []) {
    const where = 'RandomUniform';
    refuseMore(where, rest);
    const { minval, maxval, seed } = withDefaults(where, options, defaults.RandomUniform);
    super(where, seed);
    this.minval = checkNumber(where, 'minval', minval);
    this.maxval = checkNumber(where, 'maxval', maxval, { min: this.minval });
  }

  toNative(): NativeInitializer {
    return { kind: 'random_uniform', minval: this.minval, maxval: this.maxval };
  }

  getConfig(): { minval: number; maxval: number; seed: number | null } {
    return { minval: this.minval, maxval: this.maxval, seed: this.seed };
  }
}

/** Options of {@link RandomNormal} and {@link TruncatedNormal}. */
export interface RandomNormalOptions extends SeedOptions {
  /** Mean; default 0. */
  mean?: number;
  /** Standard deviation, at least 0; default 0.05. */
  stddev?: number;
}

/**
 * Normal distribution. The string `'normal'` means this one.
 *
 * @see keras/src/initializers/random_initializers.py
 * @example
 * new Dense(1, { kernelInitializer: new RandomNormal({ stddev: 0.01, seed: 7 }) });
 */
export class RandomNormal extends Initializer {
  readonly className = 'RandomNormal';
  readonly mean: number;
  readonly stddev: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` or `ERR_UNKNOWN_OPTION` */
  constructor(options: RandomNormalOptions = {}, ...rest: []) {
    refuseMore('RandomNormal', rest);
    const { mean, stddev, seed } = withDefaults('RandomNormal', options, defaults.RandomNormal);
    super('RandomNormal', seed);
    this.mean = checkNumber('RandomNormal', 'mean', mean);
    this.stddev = checkNumber('RandomNormal', 'stddev', stddev, { min: 0 });
  }

  toNative(): NativeInitializer {
    return { kind: 'random_normal', mean: this.mean, stddev: this.stddev };
  }

  getConfig(): { mean: number; stddev: number; seed: number | null } {
    return { mean: this.mean, stddev: this.stddev, seed: this.seed };
  }
}

/**
 * Normal distribution whose draws beyond two standard deviations are drawn again.
 *
 * @see keras/src/initializers/random_initializers.py
 * @example
 * new Dense(1, { kernelInitializer: new TruncatedNormal({ stddev: 0.01 }) });
 */
export class TruncatedNormal extends Initializer {
  readonly className = 'TruncatedNormal';
  readonly mean: number;
  readonly stddev: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` or `ERR_UNKNOWN_OPTION` */
  constructor(options: RandomNormalOptions = {}, ...rest: []) {
    refuseMore('TruncatedNormal', rest);
    const { mean, stddev, seed } = withDefaults('TruncatedNormal', options, defaults.TruncatedNormal);
    super('TruncatedNormal', seed);
    this.mean = checkNumber('TruncatedNormal', 'mean', mean);
    this.stddev = checkNumber('TruncatedNormal', 'stddev', stddev, { min: 0 });
  }

  toNative(): NativeInitializer {
    return { kind: 'truncated_normal', mean: this.mean, stddev: this.stddev };
  }

  getConfig(): { mean: number; stddev: number; seed: number | null } {
    return { mean: this.mean, stddev: this.stddev, seed: this.seed };
  }
}

/** Options of {@link Orthogonal}. */
export interface OrthogonalOptions extends SeedOptions {
  /** Factor of the orthogonal matrix; default 1. */
  gain?: number;
}

/**
 * An orthogonal matrix times `gain`: Q of the QR decomposition of a matrix of normal draws, signs fixed so that Q is uniform.
 *
 * @see keras/src/initializers/random_initializers.py; Saxe et al. 2014, https://arxiv.org/abs/1312.6120
 * @example
 * new SimpleRNN(32, { recurrentInitializer: new Orthogonal({ gain: 0.9 }) });
 */
export class Orthogonal extends Initializer {
  readonly className = 'Orthogonal';
  readonly gain: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` or `ERR_UNKNOWN_OPTION` */
  constructor(options: OrthogonalOptions = {}, ...rest: []) {
    refuseMore('Orthogonal', rest);
    const { gain, seed } = withDefaults('Orthogonal', options, defaults.Orthogonal);
    super('Orthogonal', seed);
    this.gain = checkNumber('Orthogonal', 'gain', gain);
  }

  override checkShape(where: string, shape: readonly number[]): void {
    if (shape.length < 2)
      throw refusal(
        'ERR_SHAPE',
        where,
        'at least two axes for the initializer Orthogonal',
        `shape [${shape.join(', ')}]`,
      );
  }

  toNative(): NativeInitializer {
    return { kind: 'orthogonal', gain: this.gain };
  }

  getConfig(): { gain: number; seed: number | null } {
    return { gain: this.gain, seed: this.seed };
  }
}
