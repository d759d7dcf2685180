// SPDX-License-Identifier: MIT
// What callbacks that change the learning rate share: the model's optimizer, and the rate among the logs.
import { refusal } from '../util/validate';
import type { Optimizer } from '../optimizers';
import type { Callback, Logs } from './callback';

/** The optimizer of the model in training. @throws StateError `ERR_STATE` where there is none */
export function optimizerOf(where: string, callback: Callback): Optimizer {
  const optimizer = callback.model?.optimizer;
  if (optimizer !== undefined) return optimizer;
  throw refusal('ERR_STATE', where, 'a model with an optimizer', 'one without', 'Call compile first.');
}

/** Adds the rate to the logs of an epoch: the callbacks that follow, and the history, see it. */
export function logLearningRate(logs: Logs, optimizer: Optimizer): void {
  (logs as Record<string, number>)['learningRate'] = optimizer.learningRate;
}
