// SPDX-License-Identifier: MIT
// Models of the package made from the oracle's description, and the gradients that the engine computed, read from a step.
import {
  Activation,
  ActivityRegularization,
  AveragePooling1D,
  BatchNormalization,
  Bidirectional,
  Conv1D,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  GlobalAveragePooling1D,
  GlobalMaxPooling1D,
  GRU,
  Input,
  L1L2,
  LayerNormalization,
  LSTM,
  Masking,
  MaxPooling1D,
  OrthogonalRegularizer,
  RepeatVector,
  Reshape,
  Sequential,
  SGD,
  SimpleRNN,
  type ArrayInput,
  type Layer,
  type LossIdentifier,
  type Regularizer,
} from '../../../lib';
import type { Model } from '../../../lib/models';
import type { OracleLayer, OraclePenalty, OracleRecurrent } from '../../reference/sequential';

/** A layer of the oracle, or a Dropout, which the oracle leaves out. */
export type LayerRecipe = OracleLayer | { kind: 'dropout'; rate: number };

/** Step size of {@link engineGradients}: a power of two, so that dividing by it is exact. */
const STEP = 1024;

function regularizerOf(penalties: OraclePenalty[] | undefined, index: number): Regularizer | null {
  const penalty = penalties?.[index];
  if (penalty === undefined) return null;
  const { l1, l2, orthogonal, orthogonalByRows = true } = penalty;
  if (!orthogonal) return new L1L2({ l1, l2 });
  return new OrthogonalRegularizer({ factor: orthogonal, mode: orthogonalByRows ? 'rows' : 'columns' });
}

function recurrentOf(recipe: OracleRecurrent): SimpleRNN | LSTM | GRU {
  const { kind, units, recurrentActivation = 'sigmoid', resetAfter = true } = recipe;
  const options = {
    activation: recipe.activation,
    useBias: recipe.useBias,
    trainable: recipe.trainable ?? true,
    returnSequences: recipe.returnSequences,
    goBackwards: recipe.goBackwards ?? false,
    stateful: recipe.stateful ?? false,
    zeroOutputForMask: recipe.zeroOutputForMask ?? false,
    kernelRegularizer: regularizerOf(recipe.penalties, 0),
    recurrentRegularizer: regularizerOf(recipe.penalties, 1),
    biasRegularizer: regularizerOf(recipe.penalties, 2),
  };
  if (kind === 'simple_rnn') return new SimpleRNN(units, options);
  if (kind === 'lstm') return new LSTM(units, { ...options, recurrentActivation });
  return new GRU(units, { ...options, recurrentActivation, resetAfter });
}

export function layerOf(recipe: LayerRecipe): Layer {
  if (recipe.kind === 'dropout') return new Dropout(recipe.rate);
  if (recipe.kind === 'flatten') return new Flatten();
  if (recipe.kind === 'activation') return new Activation(recipe.activation);
  const trainable = recipe.trainable ?? true;
  const penalty = (index: number): Regularizer | null => regularizerOf(recipe.penalties, index);
  if (recipe.kind === 'embedding')
    return new Embedding(recipe.inputDim, recipe.outputDim, {
      trainable,
      maskZero: recipe.maskZero ?? false,
      embeddingsRegularizer: penalty(0),
    });
  if (recipe.kind === 'dense')
    return new Dense(recipe.units, {
      activation: recipe.activation,
      useBias: recipe.useBias,
      trainable,
      kernelRegularizer: penalty(0),
      biasRegularizer: penalty(1),
    });
  if (recipe.kind === 'bidirectional')
    return new Bidirectional(recurrentOf(recipe.forward), {
      mergeMode: recipe.mergeMode,
      backwardLayer: recurrentOf(recipe.backward),
    });
  if (recipe.kind === 'conv1d')
    return new Conv1D(recipe.filters, recipe.kernelSize, {
      strides: recipe.strides,
      padding: recipe.padding,
      dilationRate: recipe.dilationRate,
      groups: recipe.groups,
      activation: recipe.activation,
      useBias: recipe.useBias,
      trainable,
      kernelRegularizer: penalty(0),
      biasRegularizer: penalty(1),
    });
  if (recipe.kind === 'layer_normalization' || recipe.kind === 'batch_normalization') {
    const { epsilon, center, scale } = recipe;
    const options = {
      ...{ epsilon, center, scale, trainable },
      gammaRegularizer: scale ? penalty(0) : null,
      betaRegularizer: penalty(Number(scale)),
    };
    if (recipe.kind === 'layer_normalization') return new LayerNormalization(options);
    return new BatchNormalization({ ...options, momentum: recipe.momentum });
  }
  return weightlessLayerOf(recipe);
}

function weightlessLayerOf(recipe: OracleLayer): Layer {
  if (recipe.kind === 'pool1d') {
    const { pool, poolSize, strides, padding } = recipe;
    return pool === 'max'
      ? new MaxPooling1D(poolSize, { strides, padding })
      : new AveragePooling1D(poolSize, { strides, padding });
  }
  if (recipe.kind === 'global_pool1d') {
    const { pool, keepdims } = recipe;
    return pool === 'max' ? new GlobalMaxPooling1D({ keepdims }) : new GlobalAveragePooling1D({ keepdims });
  }
  if (recipe.kind === 'reshape') return new Reshape(recipe.targetShape);
  if (recipe.kind === 'activity_regularization') return new ActivityRegularization({ l1: recipe.l1, l2: recipe.l2 });
  if (recipe.kind === 'masking') return new Masking({ maskValue: recipe.maskValue });
  if (recipe.kind === 'repeat_vector') return new RepeatVector(recipe.n);
  if (recipe.kind === 'simple_rnn' || recipe.kind === 'lstm' || recipe.kind === 'gru') return recurrentOf(recipe);
  throw new Error(`layerOf: expected a layer that the package has, received ${recipe.kind}`);
}

/** A built model with these weights. */
export function engineModel(
  inputShape: readonly number[],
  layers: readonly LayerRecipe[],
  weights: readonly ArrayLike<number>[],
): Sequential {
  const model = new Sequential([new Input([...inputShape]), ...layers.map(layerOf)]);
  model.setWeights(weights.map((values) => Float32Array.from(values)));
  return model;
}

export interface EngineGradients {
  /** What trainOnBatch returned. */
  loss: number;
  /** One per weight; zeros where the weight is frozen. */
  weights: Float64Array[];
}

/**
 * One plain SGD step: what the weights lost, over the step size, is the gradient.
 *
 * The step is large: beside it the weights are small, and the float that a weight becomes holds the gradient to a
 * part in 2^24 of itself, not of the weight.
 */
export async function engineGradients(
  model: Model,
  loss: LossIdentifier,
  x: ArrayInput,
  y: ArrayInput,
): Promise<EngineGradients> {
  model.compile({ optimizer: new SGD(STEP), loss });
  const before = model.getWeights();
  const value = await model.trainOnBatch<number>(x, y);
  const after = model.getWeights();
  model.setWeights(before);
  const weights = before.map(({ data }, index) =>
    Float64Array.from(data, (old, i) => (old - after[index]!.data[i]!) / STEP),
  );
  return { loss: value, weights };
}

/** The largest difference of two arrays, relative to the largest entry of the second; NaN counts as infinite. */
export function worstError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let largest = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    const error = Math.abs(actual[i]! - expected[i]!);
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }
  return worst === 0 ? 0 : worst / Math.max(largest, 1e-30);
}

export function floats(data: ArrayLike<number>, shape: readonly number[]): { data: Float32Array; shape: number[] } {
  return { data: Float32Array.from(data), shape: [...shape] };
}

export function ids(data: ArrayLike<number>, shape: readonly number[]): { data: Int32Array; shape: number[] } {
  return { data: Int32Array.from(data), shape: [...shape] };
}
