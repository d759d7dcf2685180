// SPDX-License-Identifier: MIT
// The layers beside the recurrent ones against Keras: outputs by `layer.call`, gradients of weights by a step of training.
import {
  AveragePooling1D,
  BatchNormalization,
  Conv1D,
  GlobalAveragePooling1D,
  GlobalMaxPooling1D,
  Input,
  LayerNormalization,
  Masking,
  MaxPooling1D,
  RepeatVector,
  Reshape,
  Sequential,
  type CallOptions,
  type Conv1DOptions,
  type Layer,
  type NdArray,
} from '../../lib';
import { given, readGolden, type Packed } from '../reference/golden';
import { engineGradients, floats, worstError } from '../unit/contract/engine_model';

// Single precision, sums of up to some dozen terms.
const OUTPUT_TOLERANCE = 2e-6;
// Relative to the largest entry, as in gradients.test.ts.
const GRADIENT_TOLERANCE = 1e-4;

interface Case {
  inputs: Packed;
  weights: Packed[];
  outputs: Packed;
  r: Packed;
  gradients: { weights: Packed[] };
}
type Normalization = Case & { center: boolean; scale: boolean; epsilon: number };

interface Golden {
  layer_normalization: Normalization[];
  batch_normalization: (Normalization & {
    momentum: number;
    training: boolean;
    mask: number[] | null;
    moving: Packed[];
    movingAfter: Packed[];
  })[];
  conv1d: (Case & { filters: number; kernelSize: number; activation: string } & Omit<Conv1DOptions, 'activation'>)[];
  pooling: (Case & { pool: 'max' | 'average'; poolSize: number; strides: number; padding: 'valid' | 'same' })[];
  global_pooling: (Case & { pool: 'max' | 'average'; keepdims: boolean; mask: number[] | null })[];
  moving: (Case & { layer: string; maskValue?: number; mask?: number[]; n?: number; targetShape?: number[] })[];
}
const golden = readGolden<Golden>('layers_beside');

const optionsOf = ({ center, scale, epsilon }: Normalization) => ({ center, scale, epsilon });
const shaped = (packed: Packed): { data: Float32Array; shape: number[] } => floats(given(packed), packed.shape);

function built<L extends Layer>(layer: L, inputs: Packed, weights: Packed[]): L {
  layer.build([null, ...inputs.shape.slice(1)]);
  layer.setWeights(weights.map(shaped));
  return layer;
}

function expectOutputs(got: NdArray, outputs: Packed): void {
  expect(got.shape).toEqual(outputs.shape);
  expect(worstError(got.data, outputs.data)).toBeLessThan(OUTPUT_TOLERANCE);
}

async function expectCall(layer: Layer, { inputs, outputs }: Case, options?: CallOptions): Promise<void> {
  expectOutputs(await layer.call(shaped(inputs), options), outputs);
}

/** The gradient of sum(r * outputs): that of the mean squared error for targets half a slope away from the outputs. */
async function expectGradients(layer: Layer, { inputs, outputs, r, gradients }: Case): Promise<void> {
  const model = new Sequential([new Input(inputs.shape.slice(1)), layer]);
  const scale = outputs.data.length / 2;
  const targets = floats(
    outputs.data.map((value, i) => value - r.data[i]! * scale),
    outputs.shape,
  );
  const got = (await engineGradients(model, 'mse', shaped(inputs), targets)).weights;
  gradients.weights.forEach(({ data }, i) => expect(worstError(got[i]!, data)).toBeLessThan(GRADIENT_TOLERANCE));
}

describe('layers_beside.json', () => {
  test('LayerNormalization', async () => {
    for (const one of golden.layer_normalization) {
      const layer = built(new LayerNormalization(optionsOf(one)), one.inputs, one.weights);
      await expectCall(layer, one);
      if (one.weights.length > 0) await expectGradients(layer, one);
    }
  });

  const normalization = (one: Golden['batch_normalization'][number]) =>
    new BatchNormalization({ ...optionsOf(one), momentum: one.momentum });

  test('BatchNormalization of whole batches, in training and in inference', async () => {
    const whole = golden.batch_normalization.filter(({ mask, training }) => mask === null || !training);
    expect(whole.map(({ training }) => training)).toEqual([true, true, false, false]);
    for (const one of whole) {
      const layer = built(normalization(one), one.inputs, [...one.weights, ...one.moving]);
      await expectCall(layer, one, { training: one.training });
      if (one.training) await expectGradients(layer, one);
    }
  });

  test('BatchNormalization moves its averages at a step of training, past masked timesteps', async () => {
    const inTraining = golden.batch_normalization.filter(({ training }) => training);
    expect(inTraining.filter(({ mask }) => mask !== null)).toHaveLength(3);
    for (const one of inTraining) {
      const layer = built(normalization(one), one.inputs, [...one.weights, ...one.moving]);
      const { data, shape } = shaped(one.inputs);
      const features = shape.at(-1)!;
      const hides = -77;
      one.mask?.forEach((counts, i) => counts || data.fill(hides, i * features, (i + 1) * features));
      const first = shape.length === 3 ? [new Masking({ maskValue: hides })] : [];
      const model = new Sequential([new Input(shape.slice(1)), ...first, layer]);
      model.compile({ optimizer: 'sgd', loss: 'mse' });
      await model.trainOnBatch({ data, shape }, floats(new Float32Array(data.length), shape));
      const after = layer.getWeights().slice(-2);
      one.movingAfter.forEach((wanted, i) =>
        expect(worstError(after[i]!.data, wanted.data)).toBeLessThan(OUTPUT_TOLERANCE),
      );
    }
  });

  test('Conv1D', async () => {
    for (const one of golden.conv1d) {
      const { filters, kernelSize, strides, padding, dilationRate, groups, activation, useBias } = one;
      const options = { strides, padding, dilationRate, groups, activation, useBias } as Conv1DOptions;
      const layer = built(new Conv1D(filters, kernelSize, options), one.inputs, one.weights);
      await expectCall(layer, one);
      await expectGradients(layer, one);
    }
  });

  test('MaxPooling1D and AveragePooling1D', async () => {
    for (const one of golden.pooling) {
      const { pool, poolSize, strides, padding } = one;
      const Pooling = pool === 'max' ? MaxPooling1D : AveragePooling1D;
      await expectCall(new Pooling(poolSize, { strides, padding }), one);
    }
  });

  test('GlobalMaxPooling1D, and GlobalAveragePooling1D of the timesteps that count', async () => {
    expect(golden.global_pooling.filter(({ mask }) => mask !== null)).toHaveLength(2);
    for (const one of golden.global_pooling) {
      const { pool, keepdims, inputs } = one;
      const Pooling = pool === 'max' ? GlobalMaxPooling1D : GlobalAveragePooling1D;
      const mask = one.mask && floats(one.mask, inputs.shape.slice(0, 2));
      await expectCall(new Pooling({ keepdims }), one, { mask });
    }
  });

  test('Masking, RepeatVector and Reshape', async () => {
    expect(golden.moving.map(({ layer }) => layer)).toEqual(['masking', 'repeat_vector', 'reshape', 'reshape']);
    for (const one of golden.moving) {
      const { layer, maskValue, n, targetShape } = one;
      if (layer === 'masking') await expectCall(new Masking({ maskValue: maskValue! }), one);
      else if (layer === 'repeat_vector') await expectCall(new RepeatVector(n!), one);
      else await expectCall(new Reshape(targetShape!), one);
    }
  });
});
