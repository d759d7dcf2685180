// SPDX-License-Identifier: MIT
// Connectionist temporal classification: its name. The sums themselves are native/losses/ctc.cc.
import { refuseMore } from '../util/arguments';
import { PlainLoss, type LossOptions } from './loss';

/**
 * Connectionist temporal classification: minus the logarithm of the probability that outputs [N,T,C], logits of classes,
 * give the labels of each sample [N,L], whichever timesteps they stand at. Class 0 is the blank, which may stand between
 * any two labels and must between equal ones; labels are from 1 to C - 1, and zeros fill rows up behind them. L is free.
 *
 * A loss for each sample: weights are [N]. Masked timesteps are left out. Labels that do not fit into the timesteps have a
 * loss of 1e5 or more, as in Keras.
 *
 * Source: keras/src/losses/losses.py; keras/src/backend/jax/nn.py (`ctc_loss`); Graves et al., Connectionist Temporal
 * Classification (2006).
 *
 * @example
 * new CTC().call([[1, 2, 0]], { data: new Float32Array(12), shape: [1, 4, 3] }); // log(81 / 15): 15 of 81 ways read 1 2
 */
export class CTC extends PlainLoss {
  readonly className = 'CTC';
  readonly kind = 'ctc';
  readonly targetRule = 'labels';

  /**
   * @param options see {@link LossOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: LossOptions, ...rest: []) {
    refuseMore('CTC', rest);
    super('CTC', 'ctc', options);
  }
}
