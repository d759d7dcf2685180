// SPDX-License-Identifier: MIT
// One batch through an engine's model, off the event loop: what a layer by itself and the functional passes need.
import { callEngine, engineError } from './engine';
import { keepTidy, MAX_WORKSPACE } from './workspace';
import type { NativeDataset, NativeModel, NativeRun } from './binding';

/**
 * Runs all rows of a data set as one batch.
 *
 * @throws (rejects) what the engine reports
 */
export function predictBatch(
  native: NativeModel,
  dataset: NativeDataset,
  { outputs, states, training }: Pick<NativeRun, 'outputs' | 'states' | 'training'>,
): Promise<void> {
  const { rows } = dataset;
  const batch = {
    mode: 'predict',
    priority: 'serving',
    datasets: [dataset],
    order: null,
    begin: 0,
    end: rows,
    batchSize: rows,
    totals: null,
    maxWorkspace: MAX_WORKSPACE,
  } as const;
  return new Promise((resolve, reject) =>
    callEngine(() =>
      native.run({ ...batch, outputs, states, training }, (code, message) => {
        keepTidy(native);
        if (code === null) resolve();
        else reject(engineError(code, message));
      }),
    ),
  );
}
