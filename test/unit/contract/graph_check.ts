// SPDX-License-Identifier: MIT
// Any graph of layers against the oracle in double precision: outputs, loss, and gradients by finite differences.
import { runGraph, type GraphRecipe, type InputRecipe, type LayerRecipe } from '../../reference/graph';
import { drawFrom, type Draw } from '../../reference/random';
import { graphModel, setWeightsOf } from '../../support/graph_models';
import { engineGradients, floats, ids, worstError } from './engine_model';

const OUTPUT_TOLERANCE = 1e-5;
// As in model_check.ts.
const TOLERANCE = 1e-4;
const RESOLUTION = 2 ** -24 / 1024;
/** What cancels leaves the rounding of what it is made of. */
const CANCELLED = 5e-2;
/** Elements of a weight whose gradients are compared at most: each takes two forward passes of the oracle. */
const elementsOf = (rows: number): number => (rows > 10 ? 2 : 8);
/** Small, for rectifiers have kinks, and large enough for the rounding of a loss. */
const DIFFERENCE = 1e-6;
export const VOCABULARY = 11;

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Adds a layer to a graph; gives its name. */
export type AddLayer = (
  className: string,
  config: Record<string, unknown>,
  of: string | string[],
  mask?: string,
) => string;

/** A graph of one input `x`, which `build` describes: it gives the name of the output. */
export function graphOf(shape: number[], build: (layer: AddLayer) => string, areIds = false): GraphRecipe {
  const layers: LayerRecipe[] = [];
  const output = build((className, config, of, mask) => {
    const name = `${className.toLowerCase()}_${layers.length}`;
    layers.push({
      name,
      className,
      config,
      of: Array.isArray(of) ? of : [of],
      ...(mask === undefined ? {} : { mask }),
    });
    return name;
  });
  return { inputs: [{ name: 'x', shape, ids: areIds }], layers, output };
}

/** Rows that are full, begin late, end early, have holes or nothing. */
function drawMask(draw: Draw, rows: number, steps: number): Uint8Array {
  const mask = new Uint8Array(rows * steps).fill(1);
  for (let row = 0; row < rows; row++) {
    const kind = draw.integers(1, 0, 5)[0]!;
    const cut = draw.integers(1, 0, steps + 1)[0]!;
    for (let t = 0; t < steps; t++) {
      const hides = [false, t < cut, t >= cut, draw.integers(1, 0, 2)[0] === 1, true][kind]!;
      if (hides) mask[row * steps + t] = 0;
    }
  }
  return mask;
}

/** Numbers some of whose timesteps are zero, each group of `group` features by itself; or ids some of which are 0. */
function drawInput(draw: Draw, { shape, ids: areIds }: InputRecipe, rows: number, group: number): Float64Array {
  const size = product(shape);
  if (areIds) {
    const mask = drawMask(draw, rows, size);
    return Float64Array.from(draw.integers(rows * size, 1, VOCABULARY), (id, i) => (mask[i] ? id : 0));
  }
  const x = Float64Array.from(draw.normal(rows * size), Math.fround);
  if (shape.length === 1) return x;
  const [steps, columns] = shape as [number, number];
  for (let first = 0; first < columns; first += group)
    drawMask(draw, rows, steps).forEach((counts, i) => {
      if (!counts) x.fill(0, i * columns + first, i * columns + Math.min(columns, first + group));
    });
  return x;
}

/** Weights for all that a recipe declares: some positive where they must be. */
export function drawWeights(
  draw: Draw,
  specs: readonly { readonly layer: string; readonly name: string; readonly shape: readonly number[] }[],
): Map<string, Float64Array> {
  return new Map(
    specs.map(({ layer, name, shape }) => {
      const values = draw.normal(product(shape), name === 'variance' ? 1 : 0.6);
      const positive = name === 'variance' || name === 'count';
      return [`${layer}/${name}`, values.map((value) => Math.fround(positive ? 0.2 + Math.abs(value) : value))];
    }),
  );
}

/**
 * Compares the engine with the oracle on a graph of one input and an output [N,K].
 *
 * @param group features of the input that are masked together
 */
export async function checkGraph(recipe: GraphRecipe, seed: number, rows = 5, group = 3): Promise<void> {
  const draw = drawFrom(seed);
  const { model } = graphModel(recipe);
  const [input] = recipe.inputs as [InputRecipe];
  const weights = drawWeights(draw, model.weights);
  setWeightsOf(model, weights);
  const x = drawInput(draw, input, rows, group);
  const shape = [rows, ...input.shape];
  const run = (): Float64Array =>
    runGraph(recipe, new Map([[input.name, { shape, data: x }]]), weights).get(recipe.output)!.data;
  const outputs = run();
  const given = input.ids ? ids(x, shape) : floats(x, shape);
  const predicted = await model.predict(given);
  expect(worstError(predicted.data, outputs)).toBeLessThan(OUTPUT_TOLERANCE);

  const y = Float32Array.from(draw.normal(outputs.length));
  const lossOf = (): number => run().reduce((total, value, i) => total + (value - y[i]!) ** 2, 0) / outputs.length;
  const got = await engineGradients(model, 'mse', given, floats(y, predicted.shape as number[]));
  const loss = lossOf();
  expect(Math.abs(got.loss - loss)).toBeLessThan(1e-5 * Math.max(1, loss));
  const compared = model.weights.map(({ layer, name, trainable }, index) => {
    const values = weights.get(`${layer}/${name}`)!;
    const places = [...new Set(draw.integers(elementsOf(rows), 0, values.length))];
    const wanted = places.map((place) => (trainable ? slope(lossOf, values, place) : 0));
    return { places, wanted, got: places.map((place) => got.weights[index]![place]!), values };
  });
  const largest = Math.max(0, ...compared.flatMap(({ wanted }) => wanted.map(Math.abs)));
  for (const { wanted, got: received, values } of compared) {
    const size = Math.max(CANCELLED * largest, ...wanted.map(Math.abs));
    const resolution = RESOLUTION * values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const apart = Math.max(...wanted.map((value, i) => Math.abs(value - received[i]!)));
    expect(apart).toBeLessThanOrEqual(TOLERANCE * size + resolution + 1e-8);
  }
  model.dispose();
}

function slope(f: () => number, x: Float64Array, place: number): number {
  const value = x[place]!;
  x[place] = value + DIFFERENCE;
  const above = f();
  x[place] = value - DIFFERENCE;
  const below = f();
  x[place] = value;
  return (above - below) / (2 * DIFFERENCE);
}
