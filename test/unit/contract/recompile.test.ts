// SPDX-License-Identifier: MIT
// What a second compile changes, and what the grouping of batches does not.
import { Callback, Dense, NdArray, SGD, Sequential, setRandomSeed } from '../../../lib';

const x = new NdArray(
  Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)),
  [10, 4],
);
const y = Float32Array.from({ length: 10 }, (_, i) => i % 2);

function model(): Sequential {
  setRandomSeed(5);
  return new Sequential([
    new Dense(3, { activation: 'tanh', inputShape: [4] }),
    new Dense(1, { activation: 'sigmoid' }),
  ]);
}

const bits = (m: Sequential) => m.getWeights().map((w) => Array.from((w as NdArray).data));

test('a loss that is compiled after one that was computed from the logits goes through the activation', async () => {
  const fresh = model();
  fresh.compile({ optimizer: new SGD(0.5), loss: 'mse' });
  await fresh.trainOnBatch(x, y);

  const again = model();
  again.compile({ optimizer: new SGD(0), loss: 'binary_crossentropy' });
  await again.trainOnBatch(x, y);
  again.compile({ optimizer: new SGD(0.5), loss: 'mse' });
  await again.trainOnBatch(x, y);
  expect(bits(again)).toEqual(bits(fresh));
});

test('a cross-entropy metric beside another loss reads the outputs, not logits of an earlier compile', async () => {
  const m = model();
  m.compile({ optimizer: new SGD(0), loss: 'binary_crossentropy' });
  const loss = await m.evaluate<number>(x, y, { verbose: 0 });
  m.compile({ optimizer: new SGD(0), loss: 'mse', metrics: ['binary_crossentropy'] });
  const [, metric] = await m.evaluate(x, y, { verbose: 0 });
  expect(metric).toBeCloseTo(loss, 5);
});

test('NdArrays of equal elements are equal to jest', () => {
  expect(new NdArray(new Float32Array([1, 2]), [2])).toEqual(new NdArray(new Float32Array([1, 2]), [2]));
});

test('a callback may set weights between two batches of its own fit', async () => {
  const m = model();
  m.compile({ optimizer: new SGD(0), loss: 'mse' });
  const weights = m.getWeights();
  class Resetter extends Callback {
    override onTrainBatchEnd(): void {
      m.setWeights(weights);
    }
  }
  await expect(m.fit(x, y, { batchSize: 4, verbose: 0, callbacks: [new Resetter()] })).resolves.toBeDefined();
});
