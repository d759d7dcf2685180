// SPDX-License-Identifier: MIT
// The model for a recipe: the default one, that of `--layers`, or that of a config; and how it is compiled.
import {
  internal,
  Adam,
  Bidirectional,
  concatenate,
  Dense,
  Dropout,
  Embedding,
  GlobalAveragePooling1D,
  GRU,
  Input,
  Model,
  modelFromJson,
  Normalization,
  SpatialDropout1D,
} from '../../index';
import { INPUT_NAMES, type Inputs } from './encoder';
import { readLayers } from './layers';
import type { SymbolicTensor } from '../../graph/symbolic_tensor';
import type { Layer } from '../../layers';
import type { NdArray } from '../../ndarray';
import type { Recipe, Task } from './recipe';

const { describe, refusal } = internal;

/** What is asked for. */
export interface NetworkSettings {
  /** As `--layers` has it. */
  readonly layers: string | undefined;
  /** JSON of a model, as `model.toJson` gives it. */
  readonly config: string | undefined;
  readonly learningRate: number;
}

/** Arrays that normalizations learn from. */
export interface TrainingArrays {
  readonly x: Inputs;
  readonly y: Float32Array;
}

/** Numbers that a model gives for a row. */
export function outputsOf({ task, labels }: Recipe): number {
  return task === 'classes' ? labels.length : 1;
}

/** Makes and compiles the model. @throws ConfigError, ShapeError */
export async function makeNetwork(recipe: Recipe, arrays: TrainingArrays, settings: NetworkSettings): Promise<Model> {
  const model =
    settings.config === undefined
      ? await madeModel(recipe, arrays, settings.layers)
      : checkModel(recipe, modelFromJson(settings.config));
  model.compile({ optimizer: new Adam({ learningRate: settings.learningRate }), ...COMPILED[recipe.task] });
  return model;
}

const COMPILED: Readonly<Record<Task, { loss: string; metrics: string[] }>> = {
  binary: { loss: 'binary_crossentropy', metrics: ['accuracy'] },
  classes: { loss: 'sparse_categorical_crossentropy', metrics: ['accuracy'] },
  regression: { loss: 'mean_squared_error', metrics: ['mae'] },
};

async function madeModel(recipe: Recipe, { x, y }: TrainingArrays, chain: string | undefined): Promise<Model> {
  const { vectorizer, numbers, series, task } = recipe;
  if (chain !== undefined && vectorizer !== null && numbers.length > 0) {
    const hint = 'Pass --model with a config of two inputs, text and numbers.';
    throw refusal('ERR_CONFIG', '--layers', 'a text or numbers alone', 'both', hint);
  }
  const inputs: Input[] = [];
  const features: SymbolicTensor[] = [];
  const words = vectorizer?.getVocabulary().length ?? 0;
  if (vectorizer !== null) {
    const input = new Input([vectorizer.outputSequenceLength], { dtype: 'int32', name: INPUT_NAMES.text });
    inputs.push(input);
    features.push(
      ...(chain === undefined
        ? readText(input, words)
        : [follow(input, readLayers(chain, 'words', words, outputsOf(recipe)))]),
    );
  }
  if (numbers.length > 0) {
    const window = series === null ? [] : [series.window];
    const input = new Input([...window, numbers.length], { name: INPUT_NAMES.numbers });
    const normalize = new Normalization();
    await normalize.adapt(numbersOf(x));
    inputs.push(input);
    const begin = series === null ? 'row' : 'steps';
    const read =
      chain !== undefined
        ? readLayers(chain, begin, words, outputsOf(recipe))
        : series === null
          ? [new Dense(32, { activation: 'relu' }), new Dense(32, { activation: 'relu' })]
          : [new GRU(32)];
    features.push(follow(normalize.apply(input), read));
  }
  const joined = features.length === 1 ? features[0]! : concatenate(features);
  return new Model(inputs, await head(task, outputsOf(recipe), joined, y));
}

/**
 * The default reader of texts: what a recurrent layer makes of the words, and the mean of their embeddings, which learns
 * from few texts.
 */
function readText(input: Input, words: number): SymbolicTensor[] {
  const embedded = new Embedding(words, 16, { maskZero: true }).apply(input);
  const recurrent = new Bidirectional(new GRU(16, { returnSequences: true }));
  const steps = recurrent.apply(new SpatialDropout1D(0.5).apply(embedded));
  const means = [steps, embedded].map((tensor) => new GlobalAveragePooling1D().apply(tensor));
  return [new Dropout(0.5).apply(concatenate(means))];
}

/** The layer that gives predictions. Numbers are learnt at mean 0 and variance 1, and given as the labels are. */
async function head(task: Task, outputs: number, features: SymbolicTensor, y: Float32Array) {
  if (task === 'binary') return new Dense(1, { activation: 'sigmoid' }).apply(features);
  if (task === 'classes') return new Dense(outputs, { activation: 'softmax' }).apply(features);
  const scale = new Normalization({ invert: true });
  await scale.adapt(y);
  return scale.apply(new Dense(1).apply(features));
}

function follow(input: SymbolicTensor, chain: readonly Layer[]): SymbolicTensor {
  return chain.reduce((tensor, layer) => layer.apply(tensor), input);
}

function numbersOf(x: Inputs): NdArray {
  return 'data' in x ? (x as NdArray) : (x[INPUT_NAMES.numbers] as NdArray);
}

/** A model of a config must read what the recipe gives, and give what it asks for. */
function checkModel(recipe: Recipe, model: Model): Model {
  const isBoth = recipe.text !== null && recipe.numbers.length > 0;
  const names = [...model.inputNames].sort().join(' and ');
  if (isBoth ? names !== 'numbers and text' : model.inputNames.length !== 1) {
    const expected = isBoth ? 'a model with the inputs text and numbers' : 'a model with one input';
    throw refusal('ERR_CONFIG', '--model', expected, names);
  }
  const [output, ...more] = model.outputs;
  const size = output?.shape.length === 2 ? output.shape[1] : undefined;
  if (more.length === 0 && size === outputsOf(recipe)) return model;
  const received = `[${output?.shape.join(', ') ?? ''}]${more.length > 0 ? ' and others' : ''}`;
  throw refusal('ERR_CONFIG', '--model', `a model with one output [N, ${outputsOf(recipe)}]`, describe(received));
}
