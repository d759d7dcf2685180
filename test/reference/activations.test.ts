// SPDX-License-Identifier: MIT
import { activate, activateBackward, CORNERS, CURVES, type Activation } from './activations';
import { DIFFERENCE_TOLERANCE, expectClose, GOLDEN_TOLERANCE } from './closeness';
import { finiteDifferences } from './finite_differences';
import { describeGolden, given, readGolden, type Packed } from './golden';
import { drawFrom } from './random';

const ROWS = ['softmax', 'log_softmax', 'sparsemax'] as const;
const ACTIVATIONS = [...Object.keys(CURVES), ...ROWS] as Activation[];
const weighted = (a: Float64Array, r: Float64Array): number => a.reduce((sum, value, i) => sum + value * r[i]!, 0);

describe('activation oracle', () => {
  test.each(ACTIVATIONS)('%s: the slope is that of the value', (activation) => {
    const draw = drawFrom(1);
    const x = draw.uniform(40, -6, 6);
    const r = draw.normal(40);
    const differences = finiteDifferences(() => weighted(activate(activation, x, 5), r), x);
    expectClose(activateBackward(activation, x, r, 5), differences, DIFFERENCE_TOLERANCE);
  });
});

describeGolden('activations', () => {
  interface Golden {
    inputs: number[];
    cases: { activation: Activation; outputs: number[]; slopes: number[] }[];
    rows: { activation: Activation; inputs: Packed; outputs: Packed; r: Packed; gradient: Packed }[];
  }

  test('values and slopes agree with Keras', () => {
    const golden = readGolden<Golden>('activations');
    const x = given({ data: golden.inputs });
    const ones = x.map(() => 1);
    for (const { activation, outputs, slopes } of golden.cases) {
      // relative: exponential and sigmoid span many orders
      expectClose(activate(activation, x, 1), outputs, GOLDEN_TOLERANCE);
      const slope = activateBackward(activation, x, ones, 1);
      const corners = CORNERS[activation] ?? [];
      x.forEach((value, i) => {
        if (corners.includes(value)) slope[i] = slopes[i]!;
      });
      expectClose(slope, slopes, GOLDEN_TOLERANCE);
    }
  });

  test('every activation of both kinds is among them', () => {
    const golden = readGolden<Golden>('activations');
    expect(golden.cases.map(({ activation }) => activation).sort()).toEqual(Object.keys(CURVES).sort());
    expect([...new Set(golden.rows.map(({ activation }) => activation))].sort()).toEqual([...ROWS].sort());
  });

  test('rows agree with Keras', () => {
    for (const { activation, inputs, outputs, r, gradient } of readGolden<Golden>('activations').rows) {
      const columns = inputs.shape.at(-1)!;
      expectClose(activate(activation, given(inputs), columns), outputs.data, GOLDEN_TOLERANCE);
      expectClose(activateBackward(activation, given(inputs), given(r), columns), gradient.data, GOLDEN_TOLERANCE);
    }
  });
});
