// SPDX-License-Identifier: MIT
// native/layers/weight_gradient.cc: however a gradient is cut, along the rows or along itself, it is the sum over all
// rows, and its bits do not depend on the threads.
import { cpuInfo, Dense, Sequential, setThreads, SGD } from '../../../lib';
import { drawFrom } from '../../reference/random';
import { expectSameBits } from '../../support/tolerances';

/** [rows, features, units]: on every side of each bound of `WeightGradient::Plan`. */
const SIZES = [
  [1000, 20, 3],
  [2500, 20, 3],
  [4095, 100, 3],
  [4097, 100, 3],
  [4097, 96, 1376],
  [300, 530, 260],
  [120, 600, 1030],
] as const;

/** Weights after one step of SGD at rate 1 from zero towards y: the gradient of the kernel, and of the bias, negated. */
async function step(x: Float32Array, y: Float32Array, features: number, units: number): Promise<Float32Array[]> {
  const model = new Sequential([new Dense(units, { inputShape: [features], kernelInitializer: 'zeros' })]);
  model.compile({ optimizer: new SGD({ learningRate: 1 }), loss: 'mse' });
  const rows = x.length / features;
  await model.trainOnBatch({ data: x, shape: [rows, features] }, { data: y, shape: [rows, units] });
  const weights = model.getWeights().map(({ data }) => Float32Array.from(data));
  model.dispose();
  return weights;
}

test.each(SIZES)('of %i rows, %i features and %i units', async (rows, features, units) => {
  const draw = drawFrom(rows + units);
  // Drawing millions would take seconds; a prime period does not line up with any row.
  const fill = (size: number, period: number): Float32Array => {
    const [drawn, out] = [draw.uniform(period, -1, 1), new Float32Array(size)];
    for (let i = 0; i < size; i++) out[i] = drawn[i % period]!;
    return out;
  };
  const [x, y] = [fill(rows * features, 4093), fill(rows * units, 4099)];
  const results: Float32Array[][] = [];
  try {
    for (const threads of [1, 2, 3]) {
      setThreads(threads);
      results.push(await step(x, y, features, units));
    }
  } finally {
    setThreads(cpuInfo().defaultThreads);
  }
  const [kernel, bias] = results[0]!;
  for (const [i, other] of results.entries()) {
    expectSameBits(other[0]!, kernel!, `kernel, ${i + 1} threads`);
    expectSameBits(other[1]!, bias!, `bias, ${i + 1} threads`);
  }
  // The first and last column in double; the terms of a sum are at most 2 / (rows units), and so is its rounding.
  const tolerance = (8 * 2 ** -24 * 2) / units;
  for (const unit of [0, units - 1]) {
    for (let feature = 0; feature <= features; feature++) {
      let sum = 0;
      for (let row = 0; row < rows; row++)
        sum += (feature < features ? x[row * features + feature]! : 1) * y[row * units + unit]!;
      const got = feature < features ? kernel![feature * units + unit]! : bias![unit]!;
      expect(Math.abs(got - (2 * sum) / (rows * units))).toBeLessThanOrEqual(tolerance);
    }
  }
});
