// SPDX-License-Identifier: MIT
// Lets evaluations see the moving averages of the weights, and training its own weights again afterwards.
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { checkBoolean, refusal } from '../util/validate';
import { NdArray } from '../ndarray';
import { Callback, type CallbackModel } from './callback';
import { isFloatsList, isOptional, readState } from './state';

/** Options of {@link SwapEMAWeights}. */
export interface SwapEMAWeightsOptions {
  /** Keeps the averages in the model from the end of an epoch to the beginning of the next, for callbacks that come after. Default false. */
  swapOnEpoch?: boolean;
}

const DEFAULTS = Object.freeze({ swapOnEpoch: false });
const WHERE = 'SwapEMAWeights';

/**
 * Puts the optimizer's moving averages in the place of the weights for validation, `evaluate` and `predict`, and the
 * weights back after it; before the first step of the optimizer there are none, and nothing is done. The optimizer needs
 * `useEma: true`. With `swapOnEpoch`, a `ModelCheckpoint` that comes after it saves the averages.
 *
 * Differs from Keras: weights come back after `predict` too, and the averages are what `fit` ends with also where it is
 * stopped early. An `evaluate` or `predict` that fails or is aborted leaves the averages in the model until the next call
 * with this callback; a `fit` does not.
 * Source: keras/src/callbacks/swap_ema_weights.py; Polyak and Juditsky 1992.
 *
 * @example
 * model.compile({ optimizer: new Adam(0.001, { useEma: true }), loss: 'mse' });
 * await model.fit(x, y, { validationSplit: 0.2, callbacks: [new SwapEMAWeights()] });
 */
export class SwapEMAWeights extends Callback {
  override readonly className = WHERE;
  readonly swapOnEpoch: boolean;
  /** The weights that averages stand in for at present, and whose. */
  #replaced: { readonly model: CallbackModel; readonly weights: unknown[] } | undefined;
  #isTesting = false;

  /**
   * @param options see {@link SwapEMAWeightsOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`
   */
  constructor(options?: SwapEMAWeightsOptions, ...rest: []) {
    refuseMore('SwapEMAWeights', rest);
    super();
    const o = withDefaults(WHERE, options, DEFAULTS);
    this.swapOnEpoch = checkBoolean(WHERE, 'swapOnEpoch', o.swapOnEpoch);
  }

  override async onTrainBegin(): Promise<void> {
    await this.#begin();
  }

  override async onEpochBegin(): Promise<void> {
    await this.#putBack();
  }

  override async onEpochEnd(): Promise<void> {
    if (this.swapOnEpoch) await this.#replace();
  }

  /** `fit` has put the averages in the model for good, unless a validation failed. */
  override async onTrainEnd(): Promise<void> {
    if (this.#isTesting) await this.#putBack();
    this.#replaced = undefined;
    this.#isTesting = false;
  }

  override async onTestBegin(): Promise<void> {
    this.#isTesting = true;
    await this.#begin();
    await this.#replace();
  }

  override async onTestEnd(): Promise<void> {
    this.#isTesting = false;
    await this.#putBack();
  }

  override async onPredictBegin(): Promise<void> {
    await this.#begin();
    await this.#replace();
  }

  override async onPredictEnd(): Promise<void> {
    await this.#putBack();
  }

  override getState(): unknown {
    // From the model, or from a backup.
    const weights = this.#replaced?.weights.map((values) => (values instanceof NdArray ? values.data : values));
    return { weights };
  }

  override setState(given: unknown): void {
    const { weights } = readState(WHERE, given, { weights: isOptional(isFloatsList) });
    this.#replaced = weights && { model: this.#model, weights };
  }

  get #model(): CallbackModel {
    if (this.model !== undefined) return this.model;
    throw refusal('ERR_STATE', WHERE, 'a model that works', 'none');
  }

  /** Throws where there are no averages to come, and ends what a call left that failed. */
  async #begin(): Promise<void> {
    if (this.#model.optimizer?.useEma !== true)
      throw refusal(
        'ERR_STATE',
        WHERE,
        'an optimizer that keeps moving averages of weights',
        this.#model.optimizer?.className ?? 'a model that was not compiled',
        'Set useEma: true.',
      );
    await this.#putBack();
  }

  async #replace(): Promise<void> {
    const model = this.#model;
    const averaged = await model.getAveragedWeightsAsync();
    if (averaged === undefined) return;
    const weights = await model.getWeightsAsync();
    await model.setWeightsAsync(averaged as never[]);
    this.#replaced = { model, weights };
  }

  async #putBack(): Promise<void> {
    const replaced = this.#replaced;
    this.#replaced = undefined;
    if (replaced?.model === this.#model) await replaced.model.setWeightsAsync(replaced.weights as never[]);
  }
}
