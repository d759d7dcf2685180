// SPDX-License-Identifier: MIT
// Losses under every option, weight, mask and reduction against Keras (loss_options.json): the engine's values and
// gradients, and the oracle's.
import { losses } from '../../lib';
import { computeLoss, type OracleLoss } from '../reference/losses';
import { expectClose, GOLDEN_TOLERANCE } from '../reference/closeness';
import { describeGolden, given, readGolden, type Packed } from '../reference/golden';
import { testingAddon } from '../support/testing_addon';
import type { Loss, Reduction } from '../../lib/losses';

interface Case {
  loss: string;
  options: object;
  target: Packed;
  prediction: Packed;
  weight: Packed | null;
  mask: Packed | null;
  values: Record<'sum_over_batch_size' | 'sum' | 'mean_with_sample_weight', number>;
  gradient: Packed;
}

type LossClass = new (options: object) => Loss;
const classes = losses as unknown as Record<string, LossClass>;

/** The rows that count: those that are not masked, with their weights, targets, outputs and gradients. */
function rowsOf({ target, prediction, weight, mask, gradient }: Case) {
  const columns = prediction.shape.at(-1)!;
  const count = prediction.data.length / columns;
  const targetColumns = target.data.length / count;
  const kept = Array.from({ length: count }, (_, row) => row).filter((row) => mask?.data[row] !== 0);
  const pick = (values: ArrayLike<number>, each: number): number[] =>
    kept.flatMap((row) => Array.from({ length: each }, (_, j) => values[row * each + j]!));
  const perWeight = weight === null ? 1 : count / weight.data.length;
  return {
    rows: kept.length,
    columns,
    targetColumns,
    target: pick(given(target), targetColumns),
    prediction: pick(given(prediction), columns),
    weight: weight && kept.map((row) => given(weight)[Math.floor(row / perWeight)]!),
    gradient: pick(gradient.data, columns),
    masked: Array.from(gradient.data).filter((_, i) => mask?.data[Math.floor(i / columns)] === 0),
  };
}

const nameOf = ({ loss, options, weight, mask }: Case): string =>
  `${loss} ${JSON.stringify(options)}${weight ? `, weights [${weight.shape.join(',')}]` : ''}${mask ? ', mask' : ''}`;

describeGolden('loss_options', () => {
  const { cases } = readGolden<{ cases: Case[] }>('loss_options');

  test.each(cases.map((c): [string, Case] => [nameOf(c), c]))('%s', (_, c) => {
    const { rows, columns, targetColumns, target, prediction, weight, gradient, masked } = rowsOf(c);
    const isSparse = c.loss.startsWith('Sparse');
    for (const [reduction, value] of Object.entries(c.values)) {
      const loss = new classes[c.loss]!({ ...c.options, reduction: reduction as Reduction });
      const y = { data: Float32Array.from(target), shape: isSparse ? [rows] : [rows, targetColumns] };
      const p = { data: Float32Array.from(prediction), shape: [rows, columns] };
      const got = loss.call(y, p, weight === null ? {} : { sampleWeight: weight });
      expectClose([got as number], [value], GOLDEN_TOLERANCE);
    }
    const loss = new classes[c.loss]!(c.options);
    const slopes = new Float32Array(rows * 16);
    testingAddon.loss(loss.toNative(), {
      predictions: Float32Array.from(
        { length: rows * 16 },
        (_value, i) => prediction[Math.floor(i / 16) * columns + (i % 16)] ?? 0,
      ),
      stride: 16,
      rows,
      columns,
      targets: Float32Array.from(target),
      index: null,
      targetColumns,
      weights: weight && Float32Array.from(weight),
      rowsPerWeight: 1,
      steps: 1,
      gradient: slopes,
    });
    const written = slopes.filter((_value, i) => i % 16 < columns);
    expectClose(written, gradient, 2e-7);
    expect(masked.every((slope) => slope === 0)).toBe(true);
    const oracle = computeLoss({
      ...(loss.toNative() as OracleLoss),
      rows,
      columns,
      targets: target,
      predictions: Float64Array.from(prediction),
      ...(weight && { weights: weight }),
    });
    expectClose([oracle.value], [c.values.sum_over_batch_size], GOLDEN_TOLERANCE);
    expectClose(oracle.gradient, gradient, 1e-6);
  });
});
