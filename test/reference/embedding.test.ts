// SPDX-License-Identifier: MIT
import { DIFFERENCE_TOLERANCE, expectClose, GOLDEN_TOLERANCE } from './closeness';
import { embeddingBackward, embeddingForward } from './embedding';
import { finiteDifferences } from './finite_differences';
import { describeGolden, given, readGolden, type Packed } from './golden';
import { drawFrom } from './random';

describe('embedding oracle', () => {
  test('gradients of repeated tokens add up', () => {
    const draw = drawFrom(3);
    const tokens = [0, 4, 4, 0, 2, 4];
    const embeddings = draw.normal(5 * 3);
    const r = draw.normal(tokens.length * 3);
    const f = (): number => embeddingForward(tokens, embeddings, 3).reduce((sum, v, i) => sum + v * r[i]!, 0);
    expectClose(embeddingBackward(tokens, r, 5, 3), finiteDifferences(f, embeddings), DIFFERENCE_TOLERANCE);
  });
});

describeGolden('embedding', () => {
  interface Golden {
    cases: {
      inputDim: number;
      outputDim: number;
      inputs: Packed;
      weights: Packed[];
      outputs: Packed;
      r: Packed;
      gradients: { weights: Packed[] };
    }[];
  }

  test('outputs and gradients agree with Keras', () => {
    for (const c of readGolden<Golden>('embedding').cases) {
      const y = embeddingForward(c.inputs.data, given(c.weights[0]!), c.outputDim);
      expectClose(y, c.outputs.data, GOLDEN_TOLERANCE);
      const gradient = embeddingBackward(c.inputs.data, given(c.r), c.inputDim, c.outputDim);
      expectClose(gradient, c.gradients.weights[0]!.data, GOLDEN_TOLERANCE);
    }
  });
});
