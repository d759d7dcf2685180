// SPDX-License-Identifier: MIT
// Graphs of layers that join, move and rescale tensors against Keras, by the engine and by the oracle; the shapes that
// such layers give; what Normalization learns.
import { Input, NdArray, Normalization, type Layer } from '../../lib';
import { layerFromConfig } from '../../lib/layers';
import { GOLDEN_TOLERANCE } from '../reference/closeness';
import { finiteDifferences } from '../reference/finite_differences';
import { runGraph, type GraphRecipe } from '../reference/graph';
import { given, readGolden, type Packed } from '../reference/golden';
import { graphModel, setWeightsOf } from '../support/graph_models';
import { engineGradients, floats, ids, worstError } from '../unit/contract/engine_model';
import type { Shape } from '../../lib';

// As in layers.test.ts.
const OUTPUT_TOLERANCE = 2e-6;
const GRADIENT_TOLERANCE = 1e-4;

interface Measured {
  name: string;
  graph: GraphRecipe;
  shapes: Record<string, (number | null)[]>;
  inputs: Packed;
  weights: Record<string, Packed>;
  outputs: Packed;
  r: Packed;
  gradients: Record<string, Packed>;
}

const golden = readGolden<{
  models: Measured[];
  shapes: { className: string; config: Record<string, unknown>; inputs: Shape[]; output: Shape | null }[];
  adapted: { x: Packed; axis: number | number[] | null; batches: number[] | null; mean: Packed; variance: Packed }[];
}>('joins');

const weightsOf = ({ weights }: Measured): Map<string, Float64Array> =>
  new Map(Object.entries(weights).map(([name, packed]) => [name, given(packed)]));

describe('graphs', () => {
  test.each(golden.models)('$name: the engine', async (wanted) => {
    const { model, tensors } = graphModel(wanted.graph);
    for (const [name, shape] of Object.entries(wanted.shapes)) expect(tensors.get(name)!.shape).toEqual(shape);
    setWeightsOf(model, weightsOf(wanted));
    const { shape } = wanted.inputs;
    const x = wanted.graph.inputs[0]!.ids ? ids(wanted.inputs.data, shape) : floats(given(wanted.inputs), shape);
    const { data } = await model.predict(x);
    expect(worstError(data, wanted.outputs.data)).toBeLessThan(OUTPUT_TOLERANCE);
    // The gradient of sum(r * outputs) is that of the mean squared error for targets half a slope away from the outputs.
    const count = data.length;
    const targets = data.map((value, i) => value - (wanted.r.data[i]! * count) / 2);
    const got = await engineGradients(model, 'mse', x, floats(targets, wanted.outputs.shape));
    const largest = Math.max(...Object.values(wanted.gradients).flatMap(({ data: values }) => values.map(Math.abs)));
    model.weights.forEach(({ layer, name, trainable }, index) => {
      const packed = wanted.gradients[`${layer}/${name}`];
      expect(packed !== undefined).toBe(trainable);
      (packed?.data ?? []).forEach((value, i) =>
        expect(Math.abs(got.weights[index]![i]! - value)).toBeLessThan(GRADIENT_TOLERANCE * largest),
      );
    });
  });

  test.each(golden.models)('$name: the oracle', (wanted) => {
    const weights = weightsOf(wanted);
    const shape = [...wanted.inputs.shape];
    const inputs = new Map([['x', { shape, data: given(wanted.inputs) }]]);
    const run = (): Float64Array => runGraph(wanted.graph, inputs, weights).get(wanted.graph.output)!.data;
    expect(worstError(run(), wanted.outputs.data)).toBeLessThan(GOLDEN_TOLERANCE);
    const total = (): number => run().reduce((sum, value, i) => sum + value * Math.fround(wanted.r.data[i]!), 0);
    // One weight of each graph: the oracle has no derivatives of its own.
    const [[name, packed]] = Object.entries(wanted.gradients) as [[string, Packed]];
    const differences = finiteDifferences(total, weights.get(name)!, 1e-6);
    expect(worstError(differences, packed.data)).toBeLessThan(1e-6);
  });
});

test.each(golden.shapes)('$className $config of $inputs gives $output', ({ className, config, inputs, output }) => {
  const layer = layerFromConfig('test', { className, config }) as Layer;
  const batches = inputs.map(([batch]) => batch ?? null);
  // An Input leaves the batch open here.
  if (batches.every((batch) => batch === null)) {
    const tensors = inputs.map((shape) => new Input(shape.slice(1), { dtype: 'float32' }));
    const apply = (): Shape => layer.apply(tensors).shape;
    if (output === null)
      return expect(apply).toThrow(expect.objectContaining({ code: expect.stringMatching(/^ERR_(SHAPE|CONFIG)$/) }));
    expect(apply()).toEqual(output);
  }
  const compute = (): Shape => layer.computeOutputShape((inputs.length === 1 ? inputs[0] : inputs) as Shape);
  if (output === null) return expect(compute).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  return expect(compute()).toEqual(output);
});

test.each(golden.adapted)('Normalization with axis $axis learns from batches of $batches', async (wanted) => {
  const layer = new Normalization({ axis: wanted.axis });
  const x = new NdArray(Float32Array.from(wanted.x.data), wanted.x.shape);
  await layer.adapt(wanted.batches === null ? x : partsOf(x, wanted.batches));
  const [mean, variance] = layer.getWeights();
  expect(worstError(mean!.data, wanted.mean.data)).toBeLessThan(OUTPUT_TOLERANCE);
  expect(worstError(variance!.data, wanted.variance.data)).toBeLessThan(OUTPUT_TOLERANCE);
});

function* partsOf({ data, shape }: NdArray, sizes: readonly number[]): Generator<NdArray> {
  const width = data.length / shape[0]!;
  let begin = 0;
  for (const size of sizes) {
    yield new NdArray(data.slice(begin * width, (begin + size) * width) as Float32Array, [size, ...shape.slice(1)]);
    begin += size;
  }
}
