// SPDX-License-Identifier: MIT
// Whether a model can go on one timestep at a time, and what a stream of it takes, gives and keeps.
import { createHash } from 'node:crypto';
import { refusal } from '../util/validate';
import type { Layer } from '../layers';
import type { NativeLayerConfig, NativeModel } from '../native/binding';
import type { Shape } from '../types';

/** A node of the engine's model and the layer that it stands for. */
export interface StreamNode {
  readonly owner: Layer;
  readonly config: NativeLayerConfig;
}

/** What streams need to know of a model. */
export interface StreamHost {
  readonly name: string;
  readonly inputKind: 'tokens' | 'values';
  readonly vocabularySize: number | undefined;
  readonly inputShape: Shape | undefined;
  readonly outputShape: Shape | undefined;
  /** The engine's model. Throws `ERR_STATE` before it is built, `ERR_DISPOSED` after `dispose()`. */
  nativeModel(): NativeModel;
  /** The nodes of that. */
  streamNodes(): readonly StreamNode[];
}

/** A model as its streams see it. */
export interface StreamPlan {
  /** Ids lie below it; undefined where numbers are read. */
  readonly vocabularySize: number | undefined;
  /** Numbers of a timestep; 1 for tokens. */
  readonly features: number;
  /** Numbers of a prediction. */
  readonly units: number;
  /** Tells layers that keep other states apart: 8 bytes. */
  readonly signature: Uint8Array;
}

/**
 * The plan of a model's streams.
 *
 * @throws ConfigError `ERR_CONFIG` where a layer needs more than the timesteps so far; StateError `ERR_STATE` before the
 *   model is built, `ERR_DISPOSED`
 */
export function planStreams(where: string, host: StreamHost): StreamPlan {
  host.nativeModel(); // says what is missing before the model is built, and after it was disposed
  const { inputKind, inputShape, outputShape, vocabularySize } = host;
  if (inputKind === 'values' && inputShape!.length !== 3)
    throw refusal('ERR_CONFIG', where, 'a model of sequences [N,T,C]', 'one of vectors', 'Call predict for each.');
  const kept = host.streamNodes().map(({ owner, config }) => {
    const reason = obstacle(config);
    if (reason === undefined) return kind(config);
    const { className, name } = owner;
    const hint = 'Call predict on whole sequences instead.';
    throw refusal(
      'ERR_CONFIG',
      where,
      'layers that go on by timesteps',
      `${className} "${name}", which ${reason}`,
      hint,
    );
  });
  const features = inputKind === 'tokens' ? 1 : inputShape!.at(-1)!;
  const units = outputShape!.at(-1)!;
  const signature = createHash('sha256')
    .update(JSON.stringify([features, units, kept]))
    .digest()
    .subarray(0, 8);
  return { vocabularySize, features, units, signature };
}

/** Why a layer cannot go on by timesteps; undefined where it can. */
function obstacle(layer: NativeLayerConfig): string | undefined {
  switch (layer.kind) {
    case 'embedding':
    case 'dense':
    case 'einsum_dense':
    case 'activation':
    case 'dropout':
    case 'spatial_dropout1d':
    case 'gaussian_noise':
    case 'activity_regularization':
    case 'layer_normalization':
    case 'batch_normalization':
    case 'masking':
    case 'merge':
    case 'slice_features':
    case 'rectifier':
    case 'elu':
    case 'unit_normalization':
    case 'rescaling':
      return undefined;
    case 'prelu':
    case 'normalization':
      return layer.shape.length === 2 && layer.shape[0]! > 1 ? 'has weights for each timestep' : undefined;
    case 'concatenate':
      return layer.alongSteps ? 'joins timesteps' : undefined;
    case 'attention':
      return 'attends to a whole sequence';
    case 'dot':
      return 'multiplies whole sequences';
    case 'set_mask':
      return 'needs the whole mask';
    case 'simple_rnn':
    case 'lstm':
    case 'gru':
      return layer.goBackwards ? 'reads the timesteps from the last to the first' : undefined;
    case 'conv1d':
      if (layer.padding !== 'causal') return `reads timesteps to come (padding '${layer.padding}', not 'causal')`;
      if (layer.strides !== 1) return 'gives no output at some timesteps (strides above 1)';
      return layer.groups === 1 ? undefined : 'has groups';
    case 'pool1d':
    case 'global_pool1d':
      return 'pools several timesteps';
    case 'select_steps':
      return 'moves timesteps';
    case 'masked_softmax':
      return 'has a mask of its own';
    case 'repeat_vector':
    case 'permute':
    case 'reshape':
    case 'flatten':
      return 'needs the whole sequence';
  }
}

/** What tells the states of one layer from another's. */
function kind(layer: NativeLayerConfig): unknown[] {
  switch (layer.kind) {
    case 'simple_rnn':
    case 'lstm':
    case 'gru':
      return [layer.kind, layer.units];
    case 'conv1d':
      return [layer.kind, layer.filters, layer.kernelSize, layer.dilationRate];
    case 'embedding':
      return [layer.kind, layer.inputDim, layer.outputDim];
    case 'dense':
      return [layer.kind, layer.units];
    case 'einsum_dense':
      return [layer.kind, layer.unitShape];
    default:
      return [layer.kind];
  }
}
