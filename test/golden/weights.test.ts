// SPDX-License-Identifier: MIT
// Sample and class weights in whole models, masked or not, against Keras (weighted_models.json).
import { losses, Dense, Embedding, LSTM, SGD, Sequential } from '../../lib';
import { classWeights, readWeights } from '../../lib/training/weights';
import { type Loss, type Reduction } from '../../lib/losses';
import { expectClose } from '../reference/closeness';
import { describeGolden, given, readGolden, type Packed } from '../reference/golden';
import { weightedRun, type ReadWeights } from '../support/weighted_run';
import type { ActivationName } from '../../lib';

interface Case {
  name: string;
  masked: boolean;
  sequences: boolean;
  units: number;
  activation: ActivationName;
  loss: string;
  reduction: Reduction;
  metric: string;
  x: Packed;
  y: Packed;
  sampleWeight: Packed;
  weights: Packed[];
  evaluated: Record<string, number>;
  step: number;
  finalWeights: number[][];
  byClass: { classWeight: Record<string, number>; loss: number; finalWeights: number[][] } | null;
}

/** Keras computed in float64, the engine in float32. */
const TOLERANCE = 3e-6;
const lossClasses = losses as unknown as Record<string, new (options: object) => Loss>;
const floats = ({ shape, data }: Packed) => ({ data: Float32Array.from(given({ data })), shape });

function begin(c: Case): Sequential {
  const recurrent = new LSTM(4, { returnSequences: c.sequences, kernelRegularizer: 'l2' });
  const model = new Sequential([
    new Embedding(9, 3, { maskZero: c.masked }),
    recurrent,
    new Dense(c.units, { activation: c.activation }),
  ]);
  model.build([null, c.x.shape[1]!]);
  model.setWeights(c.weights.map(floats));
  return model;
}

describeGolden('weighted_models', () => {
  const { cases } = readGolden<{ cases: Case[] }>('weighted_models');

  test.each(cases.map((c) => [c.name, c] as const))('%s: logs and a step agree with Keras', async (_, c) => {
    const x = { data: Int32Array.from(c.x.data), shape: c.x.shape };
    const y = floats(c.y);
    const options = {
      optimizer: new SGD(0.5),
      loss: new lossClasses[c.loss]!({ reduction: c.reduction }),
      metrics: [c.metric],
      weightedMetrics: [c.metric],
    };
    const ofSamples: ReadWeights = (_targets, rows, axes) =>
      readWeights('test', 'sampleWeight', floats(c.sampleWeight), rows, axes);
    const model = begin(c);
    const evaluated = await weightedRun(model, 'evaluate', options, { x, y }, ofSamples, 3);
    const weighted = `weighted${c.metric.charAt(0).toUpperCase()}${c.metric.slice(1)}`;
    expectClose(
      [evaluated['loss']!, evaluated[c.metric]!, evaluated[weighted]!],
      [c.evaluated['loss']!, c.evaluated[c.metric]!, c.evaluated[`weighted_${c.metric}`]!],
      TOLERANCE,
    );
    const step = await weightedRun(model, 'train', options, { x, y }, ofSamples, x.shape[0]!);
    expectClose([step['loss']!], [c.step], TOLERANCE);
    model.getWeights().forEach(({ data }, i) => expectClose(data, c.finalWeights[i]!, TOLERANCE));
    model.dispose();
  });

  test.each(cases.filter((c) => c.byClass !== null).map((c) => [c.name, c] as const))(
    '%s: a step under class weights agrees with Keras',
    async (_, c) => {
      const { classWeight, loss, finalWeights } = c.byClass!;
      const x = { data: Int32Array.from(c.x.data), shape: c.x.shape };
      const options = { optimizer: new SGD(0.5), loss: new lossClasses[c.loss]!({ reduction: c.reduction }) };
      const byClass: ReadWeights = (targets, rows, axes) =>
        classWeights('test', classWeight, targets, options.loss, rows, axes);
      const model = begin(c);
      const step = await weightedRun(model, 'train', options, { x, y: floats(c.y) }, byClass, x.shape[0]!);
      expectClose([step['loss']!], [loss], TOLERANCE);
      model.getWeights().forEach(({ data }, i) => expectClose(data, finalWeights[i]!, TOLERANCE));
      model.dispose();
    },
  );
});
