// SPDX-License-Identifier: MIT
import { activate, activateBackward, CURVES, type Activation } from './activations';
import { DIFFERENCE_TOLERANCE, expectClose, GOLDEN_TOLERANCE } from './closeness';
import { finiteDifferences } from './finite_differences';
import { describeGolden, given, readGolden, type Packed } from './golden';
import { drawFrom } from './random';

const ACTIVATIONS = [...Object.keys(CURVES), 'softmax'] as Activation[];
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
    softmax: { inputs: Packed; outputs: Packed; r: Packed; gradient: Packed }[];
  }

  test('values and slopes agree with Keras', () => {
    const golden = readGolden<Golden>('activations');
    const x = given({ data: golden.inputs });
    const ones = x.map(() => 1);
    for (const { activation, outputs, slopes } of golden.cases) {
      // relative: exponential and sigmoid span many orders
      expectClose(activate(activation, x, 1), outputs, GOLDEN_TOLERANCE);
      const corner = activation === 'relu' || activation === 'elu' ? x.indexOf(0) : -1;
      const slope = activateBackward(activation, x, ones, 1);
      if (corner >= 0) slope[corner] = slopes[corner]!;
      expectClose(slope, slopes, GOLDEN_TOLERANCE);
    }
  });

  test('softmax agrees with Keras', () => {
    for (const { inputs, outputs, r, gradient } of readGolden<Golden>('activations').softmax) {
      const columns = inputs.shape.at(-1)!;
      expectClose(activate('softmax', given(inputs), columns), outputs.data, GOLDEN_TOLERANCE);
      expectClose(activateBackward('softmax', given(inputs), given(r), columns), gradient.data, GOLDEN_TOLERANCE);
    }
  });
});
