// SPDX-License-Identifier: MIT
// CTC against Keras (ctc.json): values, reductions under weights, gradients, and models that are trained with it.
import { CTC, Dense, Input, NdArray, Sequential, SGD, SimpleRNN } from '../../lib';
import { DIFFERENCE_TOLERANCE, expectClose, GOLDEN_TOLERANCE } from '../reference/closeness';
import { ctcLoss } from '../reference/ctc';
import { describeGolden, given, readGolden, type Packed } from '../reference/golden';
import { paddedColumns } from '../support/grids';
import { testingAddon } from '../support/testing_addon';
import type { Reduction } from '../../lib/losses';

interface Case {
  note: string;
  target: Packed;
  prediction: Packed;
  weight: Packed | null;
  perSample: Packed;
  values: Record<'sum_over_batch_size' | 'sum' | 'mean_with_sample_weight', number>;
  gradient: Packed;
}

interface Trained {
  x: Packed;
  y: Packed;
  sampleWeight: Packed | null;
  weights: Packed[];
  losses: number[];
  trained: Packed[];
}

const floats = ({ data, shape }: Packed) => ({ data: Float32Array.from(data), shape });

describeGolden('ctc', () => {
  const { cases, models } = readGolden<{ cases: Case[]; models: Trained[] }>('ctc');
  const named = cases.map((c): [string, Case] => [c.note, c]);

  test.each(named)('%s: the value of each sample, and every reduction', (_, c) => {
    const options = c.weight === null ? {} : { sampleWeight: floats(c.weight) };
    const each = new CTC({ reduction: 'none' }).call(floats(c.target), floats(c.prediction), options) as NdArray;
    expect(each.shape).toEqual(c.perSample.shape);
    expectClose(each.data as Float32Array, c.perSample.data, 1e-6);
    for (const [reduction, value] of Object.entries(c.values)) {
      const loss = new CTC({ reduction: reduction as Reduction });
      expectClose([loss.call(floats(c.target), floats(c.prediction), options) as number], [value], GOLDEN_TOLERANCE);
    }
  });

  test.each(named)('%s: the gradient', (_, c) => {
    const [samples, steps, columns] = c.prediction.shape as [number, number, number];
    const stride = paddedColumns(columns);
    const predictions = new Float32Array(samples * steps * stride);
    const inRows = (_value: number, i: number): number => Math.floor(i / columns) * stride + (i % columns);
    c.prediction.data.forEach((value, i) => (predictions[inRows(value, i)] = value));
    const gradient = new Float32Array(predictions.length);
    testingAddon.loss(new CTC().toNative(), {
      predictions,
      stride,
      rows: samples * steps,
      columns,
      targets: Float32Array.from(c.target.data),
      index: null,
      targetColumns: c.target.shape[1]!,
      weights: c.weight && Float32Array.from(c.weight.data),
      rowsPerWeight: steps,
      steps,
      gradient,
    });
    const written = c.gradient.data.map((value, i) => gradient[inRows(value, i)]!);
    expectClose(written, c.gradient.data, 2e-7);
  });

  test.each(models)('a model learns as in Keras', async ({ x, y, sampleWeight, weights, losses, trained }) => {
    const model = new Sequential([new Input([6, 3]), new SimpleRNN(5, { returnSequences: true }), new Dense(4)]);
    model.setWeights(weights.map(floats));
    model.compile({ optimizer: new SGD(0.1), loss: 'ctc' });
    for (const loss of losses) {
      const options = sampleWeight === null ? {} : { sampleWeight: floats(sampleWeight) };
      const got = await model.trainOnBatch(floats(x), floats(y), options);
      expectClose([got].flat(), [loss], 1e-6);
    }
    model.getWeights().forEach((weight, i) => expectClose(weight.data as Float32Array, trained[i]!.data, 2e-6));
  });

  // Where labels do not fit, Keras has a finite value in place of an infinite one.
  const small = named.filter(
    ([note, { prediction }]) => prediction.shape[2]! ** prediction.shape[1]! < 2e4 && !/fit/.test(note),
  );
  test.each(small)('%s: the sum over all paths agrees', (_, { target, prediction, weight, perSample }) => {
    const [, steps, columns] = prediction.shape as [number, number, number];
    perSample.data.forEach((value, i) => {
      const logits = given(prediction).subarray(i * steps * columns, (i + 1) * steps * columns);
      const labels = target.data.slice(i * target.shape[1]!, (i + 1) * target.shape[1]!).filter((id) => id !== 0);
      const expected = ctcLoss(logits, columns, labels) * (weight === null ? 1 : given(weight)[i]!);
      expectClose([expected], [value], DIFFERENCE_TOLERANCE);
    });
  });
});
