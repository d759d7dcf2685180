// SPDX-License-Identifier: MIT
import type { NativeLossKind } from '../../lib/native/binding';
import { DIFFERENCE_TOLERANCE, expectClose, GOLDEN_TOLERANCE } from './closeness';
import { finiteDifferences } from './finite_differences';
import { describeGolden, given, readGolden, type Packed } from './golden';
import { computeLoss, type LossProblem } from './losses';
import { drawFrom } from './random';

const CASES: [NativeLossKind, boolean][] = [
  ['binary_crossentropy', false],
  ['binary_crossentropy', true],
  ['categorical_crossentropy', false],
  ['categorical_crossentropy', true],
  ['sparse_categorical_crossentropy', false],
  ['sparse_categorical_crossentropy', true],
  ['mean_squared_error', false],
  ['mean_absolute_error', false],
];

describe('loss oracle', () => {
  test.each(CASES)('%s, from logits %s: the gradient agrees with finite differences', (kind, fromLogits) => {
    const draw = drawFrom(5);
    const [rows, columns] = [4, 3];
    const sparse = kind === 'sparse_categorical_crossentropy';
    const p: LossProblem = {
      kind,
      fromLogits,
      rows,
      columns,
      targets: sparse ? draw.integers(rows, 0, columns) : draw.uniform(rows * columns, 0, 1),
      predictions: fromLogits ? draw.normal(rows * columns, 2) : draw.uniform(rows * columns, 0.1, 0.9),
    };
    const differences = finiteDifferences(() => computeLoss(p).value, p.predictions);
    expectClose(computeLoss(p).gradient, differences, DIFFERENCE_TOLERANCE);
  });

  test('clipped probabilities have a finite loss and no gradient', () => {
    const { value, gradient } = computeLoss({
      kind: 'binary_crossentropy',
      fromLogits: false,
      rows: 2,
      columns: 1,
      targets: [0, 1],
      predictions: Float64Array.of(1, 0),
    });
    expect(value).toBeCloseTo(-Math.log(1e-7), 8);
    expectClose(gradient, [0, 0], 0);
  });
});

describeGolden('losses', () => {
  interface Golden {
    cases: {
      loss: NativeLossKind;
      fromLogits: boolean;
      note: string;
      target: Packed;
      prediction: Packed;
      perSample: Packed;
      value: number;
      gradient: Packed;
    }[];
  }

  test('values and gradients agree with Keras', () => {
    for (const c of readGolden<Golden>('losses').cases) {
      const columns = c.prediction.shape.at(-1)!;
      const { value, perRow, gradient } = computeLoss({
        kind: c.loss,
        fromLogits: c.fromLogits,
        rows: c.prediction.data.length / columns,
        columns,
        targets: given(c.target),
        predictions: given(c.prediction),
      });
      expectClose([value], [c.value], GOLDEN_TOLERANCE);
      expectClose(perRow, c.perSample.data, GOLDEN_TOLERANCE);
      expectClose(gradient, c.gradient.data, GOLDEN_TOLERANCE);
    }
  });
});
