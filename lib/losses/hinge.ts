// SPDX-License-Identifier: MIT
// Hinge losses: names. The sums themselves are native/losses/hinge.cc.
import { refuseMore } from '../util/arguments';
import { PlainLoss, type LossOptions } from './loss';

/**
 * Mean of `max(1 - y·p, 0)`; targets -1 and 1 of the output's shape. Where all of a batch are 0 and 1, 0 means -1.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'hinge' });
 */
export class Hinge extends PlainLoss {
  readonly className = 'Hinge';
  readonly kind = 'hinge';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions, ...rest: []) {
    refuseMore('Hinge', rest);
    super('Hinge', 'hinge', options);
  }
}

/**
 * Mean of `max(1 - y·p, 0)²`; targets as those of {@link Hinge}.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'squared_hinge' });
 */
export class SquaredHinge extends PlainLoss {
  readonly className = 'SquaredHinge';
  readonly kind = 'squared_hinge';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions, ...rest: []) {
    refuseMore('SquaredHinge', rest);
    super('SquaredHinge', 'squared_hinge', options);
  }
}

/**
 * `max(0, 1 + max((1 - y)·p) - sum(y·p))` of each row; targets one-hot [N,K].
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'categorical_hinge' });
 */
export class CategoricalHinge extends PlainLoss {
  readonly className = 'CategoricalHinge';
  readonly kind = 'categorical_hinge';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions, ...rest: []) {
    refuseMore('CategoricalHinge', rest);
    super('CategoricalHinge', 'categorical_hinge', options);
  }
}
