// SPDX-License-Identifier: MIT
// Losses between distributions: names. The sums themselves are native/losses/probabilistic.cc.
import { refuseMore } from '../util/arguments';
import { PlainLoss, type LossOptions } from './loss';

/**
 * Kullback-Leibler divergence, `sum(y·log(y / p))` of each row, y and p clipped to [1e-7, 1]; targets of the output's shape.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'kld' });
 */
export class KLDivergence extends PlainLoss {
  readonly className = 'KLDivergence';
  readonly kind = 'kl_divergence';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions, ...rest: []) {
    refuseMore('KLDivergence', rest);
    super('KLDivergence', 'kl_divergence', options);
  }
}

/**
 * Mean of `p - y·log(p)`, for outputs that are expected counts; targets of the output's shape.
 *
 * Source: keras/src/losses/losses.py.
 *
 * @example
 * model.compile({ loss: 'poisson' });
 */
export class Poisson extends PlainLoss {
  readonly className = 'Poisson';
  readonly kind = 'poisson';
  readonly targetRule = 'numbers';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions, ...rest: []) {
    refuseMore('Poisson', rest);
    super('Poisson', 'poisson', options);
  }
}
