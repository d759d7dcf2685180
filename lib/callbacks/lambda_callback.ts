// SPDX-License-Identifier: MIT
// A callback made of functions.
import { refuseMore } from '../util/arguments';
import { checkOptions, describe, refusal } from '../util/validate';
import { Callback } from './callback';

const HOOKS = [
  'onEpochBegin',
  'onEpochEnd',
  'onTrainBegin',
  'onTrainEnd',
  'onTrainBatchBegin',
  'onTrainBatchEnd',
  'onTestBegin',
  'onTestEnd',
  'onTestBatchBegin',
  'onTestBatchEnd',
  'onPredictBegin',
  'onPredictEnd',
  'onPredictBatchBegin',
  'onPredictBatchEnd',
] as const;

/** Functions of {@link LambdaCallback}, each with the arguments of the hook of its name. */
export type LambdaCallbackOptions = { readonly [K in (typeof HOOKS)[number]]?: Callback[K] };

/**
 * Calls functions at moments of training. Batches are looked at one by one only where a function asks for them.
 *
 * Source: keras/src/callbacks/lambda_callback.py.
 *
 * @example
 * const log = new LambdaCallback({ onEpochEnd: (epoch, logs) => console.log(epoch, logs.loss) });
 * await model.fit(x, y, { callbacks: [log] });
 */
export class LambdaCallback extends Callback {
  override readonly className = 'LambdaCallback';
  /** @throws ConfigError `ERR_UNKNOWN_OPTION`; `ERR_TYPE` where one is no function */
  constructor(functions: LambdaCallbackOptions = {}, ...rest: []) {
    refuseMore('LambdaCallback', rest);
    super();
    for (const [name, hook] of Object.entries(checkOptions('LambdaCallback', functions, HOOKS))) {
      if (hook === undefined || hook === null) continue;
      if (typeof hook !== 'function')
        throw refusal('ERR_TYPE', 'LambdaCallback', `${name} to be a function`, describe(hook));
      Object.defineProperty(this, name, { value: hook, writable: true, configurable: true });
    }
  }
}
