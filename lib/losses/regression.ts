// SPDX-License-Identifier: MIT
// Losses of numbers: names and options. The sums themselves are native/losses/regression.cc.
import { refuseMore } from '../util/arguments';
import { checkNumber } from '../util/validate';
import { Loss, PlainLoss, type LossConfig, type LossOptions } from './loss';
import type { NativeLoss } from '../native/binding';

/** Options of {@link Huber}. */
export interface HuberOptions extends LossOptions {
  /** Errors up to this count by their squares, larger ones by their size; above 0. Default 1. */
  delta?: number;
}

/**
 * Mean of `(y - p)²` over the last axis and the rows; targets of the output's shape.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'mse' });
 */
export class MeanSquaredError extends PlainLoss {
  readonly className = 'MeanSquaredError';
  readonly kind = 'mean_squared_error';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions, ...rest: []) {
    refuseMore('MeanSquaredError', rest);
    super('MeanSquaredError', 'mean_squared_error', options);
  }
}

/**
 * Mean of `|y - p|` over the last axis and the rows; targets of the output's shape.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'mae' });
 */
export class MeanAbsoluteError extends PlainLoss {
  readonly className = 'MeanAbsoluteError';
  readonly kind = 'mean_absolute_error';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions, ...rest: []) {
    refuseMore('MeanAbsoluteError', rest);
    super('MeanAbsoluteError', 'mean_absolute_error', options);
  }
}

/**
 * Mean of `100·|y - p| / |y|`, where |y| is at least 1e-7; targets of the output's shape.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'mape' });
 */
export class MeanAbsolutePercentageError extends PlainLoss {
  readonly className = 'MeanAbsolutePercentageError';
  readonly kind = 'mean_absolute_percentage_error';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions, ...rest: []) {
    refuseMore('MeanAbsolutePercentageError', rest);
    super('MeanAbsolutePercentageError', 'mean_absolute_percentage_error', options);
  }
}

/**
 * Mean of `(log(1 + y) - log(1 + p))²`, where y and p are at least 1e-7; targets of the output's shape.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'msle' });
 */
export class MeanSquaredLogarithmicError extends PlainLoss {
  readonly className = 'MeanSquaredLogarithmicError';
  readonly kind = 'mean_squared_logarithmic_error';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions, ...rest: []) {
    refuseMore('MeanSquaredLogarithmicError', rest);
    super('MeanSquaredLogarithmicError', 'mean_squared_logarithmic_error', options);
  }
}

/**
 * Mean of `log(cosh(p - y))`: a square where errors are small, their size where they are large; targets of the output's shape.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: new LogCosh() });
 */
export class LogCosh extends PlainLoss {
  readonly className = 'LogCosh';
  readonly kind = 'log_cosh';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions, ...rest: []) {
    refuseMore('LogCosh', rest);
    super('LogCosh', 'log_cosh', options);
  }
}

/**
 * Huber loss: the mean of `d²/2` where the error d is at most `delta`, of `delta·|d| - delta²/2` beyond; targets of the
 * output's shape.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: new Huber({ delta: 0.5 }) });
 */
export class Huber extends Loss {
  readonly className = 'Huber';
  readonly kind = 'huber';
  readonly targetRule = 'numbers';
  readonly delta: number;

  /**
   * @param options see {@link HuberOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: HuberOptions, ...rest: []) {
    refuseMore('Huber', rest);
    super('Huber', 'huber_loss', options, ['delta']);
    const { delta = 1 } = options ?? {};
    this.delta = checkNumber('Huber', 'delta', delta, { min: 0, aboveMin: true });
  }

  override getConfig(): LossConfig {
    return { ...super.getConfig(), delta: this.delta };
  }

  override toNative(): NativeLoss {
    return { kind: this.kind, reduction: this.reduction, delta: this.delta };
  }
}
