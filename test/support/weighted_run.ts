// SPDX-License-Identifier: MIT
// One pass of a model over data with weights, straight through the engine.
import { Compiled } from '../../lib/training/compiled';
import { makeDataset, readInputs } from '../../lib/training/inputs';
import { readTargets } from '../../lib/losses/targets';
import { loadBinding } from '../../lib/native/engine';
import type { CompileOptions } from '../../lib/training/options';
import type { Targets } from '../../lib/losses/targets';
import type { TrainerHost } from '../../lib/training/trainer_host';
import type { Weights } from '../../lib/training/weights';

/** Reads the weights of targets. */
export type ReadWeights = (targets: Targets, rows: number, outputAxes: readonly number[]) => Weights | null;

/** Logs of a pass of `mode` in batches of `batchSize` rows, of a model compiled anew. */
export async function weightedRun(
  host: TrainerHost,
  mode: 'train' | 'evaluate',
  options: CompileOptions,
  data: { x: unknown; y: unknown },
  readWeights: ReadWeights,
  batchSize: number,
): Promise<Record<string, number>> {
  const where = 'weightedRun';
  const compiled = new Compiled(where, options);
  const inputs = readInputs(where, 'x', data.x, host);
  const { rows, outputAxes } = inputs;
  const targets = readTargets(where, 'y', data.y, compiled.loss, rows, outputAxes);
  compiled.tell(where, host.native(), outputAxes.at(-1)!, host.weights);
  const weights = readWeights(targets, rows, outputAxes);
  const dataset = makeDataset(where, loadBinding(), host, inputs, targets, weights);
  const totals = compiled.newTotals();
  const range = { datasets: [dataset], order: null, begin: 0, end: rows, batchSize };
  await new Promise<void>((resolve, reject) =>
    host
      .native()
      .run({ mode, ...range, outputs: null, totals, states: null, training: false }, (code, message) =>
        code === null ? resolve() : reject(new Error(message)),
      ),
  );
  return compiled.logs(totals);
}
