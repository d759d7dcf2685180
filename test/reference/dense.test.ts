// SPDX-License-Identifier: MIT
import type { Activation } from './activations';
import { DIFFERENCE_TOLERANCE, expectClose, GOLDEN_TOLERANCE } from './closeness';
import { denseBackward, denseForward, type DenseProblem } from './dense';
import { finiteDifferences } from './finite_differences';
import { describeGolden, given, readGolden, type Packed } from './golden';
import { drawFrom } from './random';

describe('dense oracle', () => {
  test.each(['linear', 'tanh', 'softmax'] as const)('%s: gradients agree with finite differences', (activation) => {
    const draw = drawFrom(2);
    const p = {
      rows: 3,
      inputs: 4,
      units: 5,
      activation,
      x: draw.normal(12),
      kernel: draw.normal(20, 0.5),
      bias: draw.normal(5, 0.3),
    } satisfies DenseProblem;
    const r = draw.normal(15);
    const f = (): number => denseForward(p).reduce((sum, value, i) => sum + value * r[i]!, 0);
    const g = denseBackward(p, r);
    expectClose(g.kernel, finiteDifferences(f, p.kernel), DIFFERENCE_TOLERANCE);
    expectClose(g.bias, finiteDifferences(f, p.bias), DIFFERENCE_TOLERANCE);
    expectClose(g.x, finiteDifferences(f, p.x), DIFFERENCE_TOLERANCE);
  });
});

describeGolden('dense', () => {
  interface Golden {
    cases: {
      units: number;
      activation: Activation | null;
      inputs: Packed;
      weights: Packed[];
      outputs: Packed;
      r: Packed;
      gradients: { weights: Packed[]; inputs: Packed };
    }[];
  }

  test('outputs and gradients agree with Keras', () => {
    for (const c of readGolden<Golden>('dense').cases) {
      const inputs = c.inputs.shape.at(-1)!;
      const p: DenseProblem = {
        rows: c.inputs.data.length / inputs,
        inputs,
        units: c.units,
        activation: c.activation ?? 'linear',
        x: given(c.inputs),
        kernel: given(c.weights[0]!),
        bias: c.weights[1] ? given(c.weights[1]) : null,
      };
      expectClose(denseForward(p), c.outputs.data, GOLDEN_TOLERANCE);
      const g = denseBackward(p, given(c.r));
      expectClose(g.kernel, c.gradients.weights[0]!.data, GOLDEN_TOLERANCE);
      if (p.bias) expectClose(g.bias, c.gradients.weights[1]!.data, GOLDEN_TOLERANCE);
      expectClose(g.x, c.gradients.inputs.data, GOLDEN_TOLERANCE);
    }
  });
});
