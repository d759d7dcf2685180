// SPDX-License-Identifier: MIT
// Sample and class weights in whole models, masked or not, against Keras (weighted_models.json).
import { Dense, Embedding, losses, LSTM, SGD, Sequential } from '../../lib';
import { expectClose } from '../reference/closeness';
import { describeGolden, given, readGolden, type Packed } from '../reference/golden';
import type { ActivationName } from '../../lib';
import type { Loss, Reduction } from '../../lib/losses';

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
  byClass: (Step & { classWeight: Record<string, number>; both?: Step }) | null;
}

interface Step {
  loss: number;
  finalWeights: number[][];
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
    const sampleWeight = floats(c.sampleWeight);
    const model = begin(c);
    model.compile(options);
    const evaluated = await model.evaluate(x, y, { sampleWeight, batchSize: 3, verbose: 0, returnDict: true });
    const weighted = `weighted${c.metric.charAt(0).toUpperCase()}${c.metric.slice(1)}`;
    expectClose(
      [evaluated['loss']!, evaluated[c.metric]!, evaluated[weighted]!],
      [c.evaluated['loss']!, c.evaluated[c.metric]!, c.evaluated[`weighted_${c.metric}`]!],
      TOLERANCE,
    );
    const step = await model.trainOnBatch(x, y, { sampleWeight, returnDict: true });
    expectClose([step['loss']!], [c.step], TOLERANCE);
    model.getWeights().forEach(({ data }, i) => expectClose(data, c.finalWeights[i]!, TOLERANCE));
    model.dispose();
  });

  const byClass = cases.flatMap((c) => (c.byClass === null ? [] : [[c.name, c, c.byClass] as const]));
  const compiled = (c: Case): Sequential => {
    const model = begin(c);
    model.compile({ optimizer: new SGD(0.5), loss: new lossClasses[c.loss]!({ reduction: c.reduction }) });
    return model;
  };
  const expectStep = (model: Sequential, loss: number, step: Step): void => {
    expectClose([loss], [step.loss], TOLERANCE);
    model.getWeights().forEach(({ data }, i) => expectClose(data, step.finalWeights[i]!, TOLERANCE));
    model.dispose();
  };

  test.each(byClass)('%s: a step under class weights agrees with Keras', async (_, c, { classWeight, ...expected }) => {
    const model = compiled(c);
    const x = { data: Int32Array.from(c.x.data), shape: c.x.shape };
    const step = await model.trainOnBatch(x, floats(c.y), { classWeight, returnDict: true });
    expectStep(model, step['loss']!, expected);
  });

  test.each(byClass.filter(([, , { both }]) => both !== undefined))(
    '%s: a weighted batch of a source under class weights is one under the products, as Keras has them',
    async (_, c, { classWeight, both }) => {
      const model = compiled(c);
      const batch = [
        { data: Int32Array.from(c.x.data), shape: c.x.shape },
        floats(c.y),
        floats(c.sampleWeight),
      ] as const;
      const { history } = await model.fit(() => [batch], { classWeight, verbose: 0 });
      expectStep(model, history['loss']![0]!, both!);
    },
  );
});
