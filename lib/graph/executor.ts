// SPDX-License-Identifier: MIT
// A graph in the engine, for one batch at a time: what a layer by itself and the functional passes need. Models have
// model_engine.ts, which goes on from run to run.
import { allocate } from '../arrays/nested_arrays';
import { NdArray } from '../ndarray';
import { callEngine, engineError, loadBinding } from '../native/engine';
import { ALL_SHORTCUTS } from '../native/shortcuts';
import { keepTidy, MAX_WORKSPACE } from '../native/workspace';
import { lowerGraph, modelConfig } from './lowering';
import type { Graph } from './graph';
import type { NativeDataset, NativeModel } from '../native/binding';

/** The engine's model of a graph. */
export function makeNative(where: string, graph: Graph): NativeModel {
  const { engine, outputs } = lowerGraph(where, graph);
  return callEngine(() => new (loadBinding().NativeModel)(modelConfig(engine, outputs, ALL_SHORTCUTS)));
}

/** An input of a batch. */
export interface BatchInput {
  /** Axes after the batch. */
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** A copy of one batch in the engine. */
export function makeBatch(rows: number, inputs: readonly BatchInput[]): NativeDataset {
  return callEngine(
    () =>
      new (loadBinding().NativeDataset)({
        rows,
        inputs: inputs.map(({ shape, data }) => ({ shape: [...shape], data })),
        targets: [],
      }),
  );
}

/**
 * Runs all rows of a data set as one batch.
 *
 * @param shapes of the outputs, the batch included
 * @throws (rejects) what the engine reports
 */
export async function runBatch(
  where: string,
  native: NativeModel,
  dataset: NativeDataset,
  shapes: readonly (readonly number[])[],
  training: boolean,
): Promise<NdArray[]> {
  const outputs = shapes.map((shape) => allocate(where, () => new Float32Array(shape.reduce((a, b) => a * b, 1))));
  const { rows } = dataset;
  const run = {
    mode: 'predict',
    priority: 'serving',
    datasets: [dataset],
    order: null,
    begin: 0,
    end: rows,
    batchSize: rows,
    outputs,
    totals: null,
    training,
    maxWorkspace: MAX_WORKSPACE,
  } as const;
  await new Promise<void>((resolve, reject) =>
    callEngine(() =>
      native.run(run, (code, message) => {
        keepTidy(native);
        if (code === null) resolve();
        else reject(engineError(code, message));
      }),
    ),
  );
  return outputs.map((data, index) => new NdArray(data, shapes[index]!));
}
