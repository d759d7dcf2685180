// SPDX-License-Identifier: MIT
// Replays what tools/differential/graph_side.py wrote: makes the graph through the public API and compares outputs, loss,
// gradients, and what training makes of the weights. As in differential.ts, the package is an argument.
import {
  Comparison,
  decode,
  layerOf,
  STEP,
  TOLERANCES,
  type Difference,
  type Encoded,
  type LayerRecipe,
} from './differential';
import type * as ostinato from '../../lib';

type Package = typeof ostinato;

/** A graph, in the words of tools/golden/graph_models.py. */
export interface GraphRecipe {
  inputs: { name: string; shape: (number | null)[]; dtype: 'float32' | 'int32' }[];
  /** By name; a graph is a model that is used as a layer. */
  layers: Record<string, LayerRecipe | GraphRecipe>;
  calls: {
    layer: string;
    inputs: string[];
    initialState?: string[];
    mask?: string;
    options?: Record<string, unknown>;
    gives: string[];
  }[];
  outputs: string[];
}

/** What belongs to each weight of each layer, by the layer's path: `l1`, or `l3/l1` within a model. */
type ByLayer = Record<string, (Encoded | null)[]>;

/** A case with what Keras computed, in the words of graph_cases.py. */
export interface GraphCase {
  seed: number;
  index: number;
  kind: 'graph';
  rows: number;
  graph: GraphRecipe;
  lossWeights: number[] | null;
  weights: Record<string, Encoded[]>;
  inputs: Encoded[];
  outputs: Encoded[];
  targets: Encoded[];
  loss: number;
  /** Null where a weight is not trained. */
  gradients: ByLayer;
  /** Weights that a training step moves without a gradient: moving averages. */
  after?: ByLayer;
  /** Steps on the one batch. */
  trajectory?: { optimizer: LayerRecipe; losses: number[]; weights: ByLayer };
  /** Why Keras would not compute the case. */
  refused?: string;
}

/** Twenty steps magnify what the first one rounds. */
const TRAJECTORY_TOLERANCE = 1e-3;

type Arrays = ostinato.ArrayInput | ostinato.ArrayInput[];

/** Several arrays as a list, one by itself. */
function arraysOf(encoded: Encoded[]): Arrays {
  const arrays = encoded.map(decode);
  return arrays.length > 1 ? arrays : arrays[0]!;
}

interface Made {
  model: ostinato.Model;
  /** By path. */
  layers: Map<string, ostinato.Layer>;
}

/** The model of a recipe, and the layers in it that are no models. */
export function modelOf(lib: Package, recipe: GraphRecipe, layers = new Map<string, ostinato.Layer>(), at = ''): Made {
  const inputs = recipe.inputs.map(({ shape, dtype }) => new lib.Input(shape, { dtype }));
  const tensors = new Map<string, ostinato.SymbolicTensor>(inputs.map((input, i) => [recipe.inputs[i]!.name, input]));
  const find = (name: string): ostinato.SymbolicTensor => tensors.get(name)!;
  const made = new Map<string, ostinato.Layer>();
  for (const [name, each] of Object.entries(recipe.layers)) {
    if ('calls' in each) made.set(name, modelOf(lib, each, layers, `${at}${name}/`).model);
    else layers.set(at + name, made.set(name, layerOf(lib, each)).get(name)!);
  }
  for (const { layer, inputs: read, initialState, mask, options, gives } of recipe.calls) {
    const given = made.get(layer)!.apply<ostinato.SymbolicTensor | ostinato.SymbolicTensor[]>(read.map(find), {
      ...options,
      ...(initialState && { initialState: initialState.map(find) }),
      ...(mask !== undefined && { mask: find(mask) }),
    });
    (Array.isArray(given) ? given : [given]).forEach((tensor, i) => tensors.set(gives[i]!, tensor));
  }
  return { model: new lib.Model(inputs, recipe.outputs.map(find)), layers };
}

function largestOf(of: ByLayer): number {
  const all = Object.values(of).flatMap((list) =>
    list.flatMap((each) => (each === null ? [] : [...decode(each).data])),
  );
  return all.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

const scalar = (value: number): Encoded => ({
  shape: [],
  floats: Buffer.from(Float32Array.of(value).buffer).toString('base64'),
});

/** A replay of one case. */
class Replay {
  readonly comparison = new Comparison();
  readonly #made: Made;
  readonly #x: Arrays;
  readonly #y: Arrays;

  constructor(
    private readonly lib: Package,
    private readonly golden: GraphCase,
  ) {
    this.#made = modelOf(lib, golden.graph);
    this.#x = arraysOf(golden.inputs);
    this.#y = arraysOf(golden.targets);
  }

  async run(): Promise<void> {
    const { golden, comparison } = this;
    this.#reset();
    const { model } = this.#made;
    const got = await model.predict<ostinato.NdArray | ostinato.NdArray[]>(this.#x, { batchSize: golden.rows });
    const outputs = Array.isArray(got) ? got : [got];
    if (outputs.length !== golden.outputs.length) {
      const note = `${outputs.length} arrays, Keras has ${golden.outputs.length}`;
      comparison.differences.push({ what: 'outputs', error: Infinity, note });
      return;
    }
    outputs.forEach((array, i) => comparison.check(`output ${i}`, array, golden.outputs[i]!, TOLERANCES.outputs, 1e-2));
    await this.#compareGradients();
    if (golden.trajectory !== undefined) await this.#compareTrajectory(golden.trajectory);
  }

  #reset(): void {
    for (const [path, weights] of Object.entries(this.golden.weights))
      this.#made.layers.get(path)!.setWeights(weights.map(decode));
  }

  #compile(optimizer: ostinato.Optimizer): void {
    const { lossWeights } = this.golden;
    this.#made.model.compile({ optimizer, loss: 'mse', ...(lossWeights && { lossWeights }) });
  }

  async #step(): Promise<number> {
    const losses = await this.#made.model.trainOnBatch<number | number[]>(this.#x, this.#y);
    return Array.isArray(losses) ? losses[0]! : losses;
  }

  /** `compare` for each weight of each layer. */
  #eachWeight(compare: (path: string, index: number, weight: ostinato.NdArray) => void): void {
    for (const path of Object.keys(this.golden.weights))
      this.#made.layers
        .get(path)!
        .getWeights()
        .forEach((weight, index) => compare(path, index, weight));
  }

  async #compareGradients(): Promise<void> {
    const { weights, gradients, after, loss } = this.golden;
    this.#compile(new this.lib.SGD(STEP));
    this.comparison.check('loss', { data: [await this.#step()], shape: [] }, scalar(loss), TOLERANCES.outputs, 1e-3);
    // A gradient that vanishes is what terms of about one leave when they cancel.
    const floor = Math.max(1e-2 * largestOf(gradients), 1e-2);
    this.#eachWeight((path, index, { data, shape }) => {
      const gradient = gradients[path]![index]!;
      const what = `${path} weight ${index}`;
      if (gradient === null) {
        const expected = after?.[path]![index] ?? weights[path]![index]!;
        this.comparison.check(`${what} after a step`, { data, shape }, expected, TOLERANCES.outputs, 1e-2);
        return;
      }
      const old = decode(weights[path]![index]!).data;
      const lost = Float64Array.from(data, (value, i) => (old[i]! - value) / STEP);
      this.comparison.check(`gradient of ${what}`, { data: lost, shape }, gradient, TOLERANCES.gradients, floor);
    });
  }

  async #compareTrajectory({ optimizer, losses, weights }: NonNullable<GraphCase['trajectory']>): Promise<void> {
    this.#reset();
    const classes = this.lib as unknown as Record<string, new (options: object) => ostinato.Optimizer>;
    this.#compile(new classes[optimizer.className]!(optimizer.config));
    for (const [step, loss] of losses.entries()) {
      const got = { data: [await this.#step()], shape: [] };
      this.comparison.check(`loss of step ${step}`, got, scalar(loss), TRAJECTORY_TOLERANCE, 1e-3);
    }
    this.#eachWeight((path, index, weight) => {
      const wanted = weights[path]![index]!;
      this.comparison.check(`${path} weight ${index} after training`, weight, wanted, TRAJECTORY_TOLERANCE, 0.1);
    });
  }
}

/** Replays a case; what it returns is empty where the package does what Keras does. */
export async function graphDifferences(lib: Package, golden: GraphCase): Promise<Difference[]> {
  if (golden.refused !== undefined) return [{ what: 'the case', error: Infinity, note: `Keras: ${golden.refused}` }];
  try {
    const replay = new Replay(lib, golden);
    await replay.run();
    return replay.comparison.differences;
  } catch (error) {
    return [{ what: 'the case', error: Infinity, note: String(error) }];
  }
}

/** A case without its numbers: what there is to read in it. */
export function graphSummary({ seed, index, rows, graph, lossWeights, trajectory }: GraphCase): string {
  return JSON.stringify({ seed, index, rows, graph, lossWeights, optimizer: trajectory?.optimizer.className });
}
