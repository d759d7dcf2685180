// SPDX-License-Identifier: MIT
// Initializers whose spread follows the shape: VarianceScaling and the Glorot, He and Lecun families that are cases of it.
import { refuseMore } from '../util/arguments';
import { normalizeName } from '../util/identifiers';
import { withDefaults } from '../util/options';
import { checkNumber, checkOneOf, checkOptions } from '../util/validate';
import { Initializer, type SeedOptions } from './initializer';
import type { NativeInitializer } from '../native/binding';

/** Which fan the variance is divided by. */
export type VarianceMode = 'fan_in' | 'fan_out' | 'fan_avg' | 'fanIn' | 'fanOut' | 'fanAvg';
/** The shape of the distribution. */
export type VarianceDistribution =
  'truncated_normal' | 'untruncated_normal' | 'uniform' | 'truncatedNormal' | 'untruncatedNormal';

type Scaling = Extract<NativeInitializer, { kind: 'variance_scaling' }>;

/** Defaults of {@link VarianceScaling}, as in Keras. */
export const defaults = Object.freeze({
  VarianceScaling: Object.freeze({ scale: 1, mode: 'fan_in', distribution: 'truncated_normal', seed: null } as const),
});

/** Options of {@link VarianceScaling}. */
export interface VarianceScalingOptions extends SeedOptions {
  /** Variance times fan, above 0; default 1. */
  scale?: number;
  /** Default `'fan_in'`. */
  mode?: VarianceMode;
  /** Default `'truncated_normal'`. */
  distribution?: VarianceDistribution;
}

/**
 * Draws of variance `scale / fan`, where fan is the number of inputs, of outputs, or the mean of both.
 *
 * @see keras/src/initializers/random_initializers.py
 * @example
 * new Dense(8, { kernelInitializer: new VarianceScaling({ scale: 2, mode: 'fan_in', distribution: 'uniform' }) });
 */
export class VarianceScaling extends Initializer {
  readonly className = 'VarianceScaling';
  readonly scale: number;
  readonly mode: Scaling['mode'];
  readonly distribution: Scaling['distribution'];

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` or `ERR_UNKNOWN_OPTION` */
  constructor(options: VarianceScalingOptions = {}, ...rest: []) {
    const where = 'VarianceScaling';
    refuseMore(where, rest);
    const { scale, mode, distribution, seed } = withDefaults(where, options, defaults.VarianceScaling);
    super(where, seed);
    this.scale = checkNumber(where, 'scale', scale, { min: 0, aboveMin: true });
    this.mode = checkOneOf(where, 'mode', spelt(mode), ['fan_in', 'fan_out', 'fan_avg']);
    // Keras 2 calls the truncated normal `normal`.
    this.distribution = checkOneOf(
      where,
      'distribution',
      (distribution as string) === 'normal' ? 'truncated_normal' : spelt(distribution),
      ['truncated_normal', 'untruncated_normal', 'uniform'],
    );
  }

  toNative(): Scaling {
    const { scale, mode, distribution } = this;
    return { kind: 'variance_scaling', scale, mode, distribution };
  }

  getConfig(): Record<string, unknown> {
    const { scale, mode, distribution, seed } = this;
    return { scale, mode, distribution, seed };
  }
}

function spelt(value: unknown): unknown {
  return typeof value === 'string' ? normalizeName(value) : value;
}

/** A case of {@link VarianceScaling} whose only option is the seed. */
abstract class FixedScaling extends Initializer {
  constructor(
    where: string,
    private readonly scaling: Omit<Scaling, 'kind'>,
    options: SeedOptions,
  ) {
    super(where, checkOptions(where, options, ['seed']).seed);
  }

  toNative(): Scaling {
    return { kind: 'variance_scaling', ...this.scaling };
  }

  getConfig(): { seed: number | null } {
    return { seed: this.seed };
  }
}

/**
 * Uniform within ±sqrt(6 / (fan in + fan out)): the default of most kernels.
 *
 * @see keras/src/initializers/random_initializers.py; Glorot & Bengio 2010
 * @example
 * new Dense(8, { kernelInitializer: new GlorotUniform({ seed: 1 }) });
 */
export class GlorotUniform extends FixedScaling {
  readonly className = 'GlorotUniform';
  constructor(options: SeedOptions = {}, ...rest: []) {
    refuseMore('GlorotUniform', rest);
    super('GlorotUniform', { scale: 1, mode: 'fan_avg', distribution: 'uniform' }, options);
  }
}

/**
 * Truncated normal of variance 2 / (fan in + fan out).
 *
 * @see keras/src/initializers/random_initializers.py; Glorot & Bengio 2010
 * @example
 * new Dense(8, { kernelInitializer: new GlorotNormal({ seed: 1 }) });
 */
export class GlorotNormal extends FixedScaling {
  readonly className = 'GlorotNormal';
  constructor(options: SeedOptions = {}, ...rest: []) {
    refuseMore('GlorotNormal', rest);
    super('GlorotNormal', { scale: 1, mode: 'fan_avg', distribution: 'truncated_normal' }, options);
  }
}

/**
 * Uniform within ±sqrt(6 / fan in), for relu.
 *
 * @see keras/src/initializers/random_initializers.py; He et al. 2015
 * @example
 * new Dense(8, { activation: 'relu', kernelInitializer: new HeUniform() });
 */
export class HeUniform extends FixedScaling {
  readonly className = 'HeUniform';
  constructor(options: SeedOptions = {}, ...rest: []) {
    refuseMore('HeUniform', rest);
    super('HeUniform', { scale: 2, mode: 'fan_in', distribution: 'uniform' }, options);
  }
}

/**
 * Truncated normal of variance 2 / fan in, for relu.
 *
 * @see keras/src/initializers/random_initializers.py; He et al. 2015
 * @example
 * new Dense(8, { activation: 'relu', kernelInitializer: new HeNormal() });
 */
export class HeNormal extends FixedScaling {
  readonly className = 'HeNormal';
  constructor(options: SeedOptions = {}, ...rest: []) {
    refuseMore('HeNormal', rest);
    super('HeNormal', { scale: 2, mode: 'fan_in', distribution: 'truncated_normal' }, options);
  }
}

/**
 * Uniform within ±sqrt(3 / fan in).
 *
 * @see keras/src/initializers/random_initializers.py; Klambauer et al. 2017
 * @example
 * new Dense(8, { kernelInitializer: new LecunUniform() });
 */
export class LecunUniform extends FixedScaling {
  readonly className = 'LecunUniform';
  constructor(options: SeedOptions = {}, ...rest: []) {
    refuseMore('LecunUniform', rest);
    super('LecunUniform', { scale: 1, mode: 'fan_in', distribution: 'uniform' }, options);
  }
}

/**
 * Truncated normal of variance 1 / fan in.
 *
 * @see keras/src/initializers/random_initializers.py; Klambauer et al. 2017
 * @example
 * new Dense(8, { kernelInitializer: new LecunNormal() });
 */
export class LecunNormal extends FixedScaling {
  readonly className = 'LecunNormal';
  constructor(options: SeedOptions = {}, ...rest: []) {
    refuseMore('LecunNormal', rest);
    super('LecunNormal', { scale: 1, mode: 'fan_in', distribution: 'truncated_normal' }, options);
  }
}
