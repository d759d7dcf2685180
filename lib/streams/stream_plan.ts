// SPDX-License-Identifier: MIT
// Whether a model can go on one timestep at a time, and what a stream of it takes, gives and keeps.
import { shapeText } from '../layers/shapes';
import { crypto } from '../util/crypto';
import { refusal } from '../util/validate';
import type { EngineNode, EngineValue } from '../graph/lowering';
import type { SymbolicTensor } from '../graph/symbolic_tensor';
import type { NativeLayerConfig, NativeModel } from '../native/binding';
import type { StreamInput, StreamOutput } from './ports';

/** What streams need to know of a model. */
export interface StreamHost {
  readonly name: string;
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Whether input `index` is ids, and below what they lie. */
  readsTokens(index: number): boolean;
  vocabularyFor(index: number): number | undefined;
  /** The engine's model. Throws `ERR_STATE` before it is built, `ERR_DISPOSED` after `dispose()`. */
  nativeModel(): NativeModel;
  /** The nodes of that. Its values are the inputs, then what the nodes give. */
  streamNodes(): readonly EngineNode[];
}

/** A model as its streams see it. */
export interface StreamPlan {
  /** Inputs that come a timestep at a time, in order. */
  readonly inputs: readonly StreamInput[];
  /** Inputs that are vectors, in order: they stay the same as long as a stream does. */
  readonly constants: readonly StreamInput[];
  readonly outputs: readonly StreamOutput[];
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
  const ports = host.inputs.map(({ shape }, index): StreamInput & { isSequence: boolean } => {
    const name = host.inputNames[index]!;
    const isIds = host.readsTokens(index);
    if (shape.length > (isIds ? 2 : 3))
      throw refusal(
        'ERR_CONFIG',
        where,
        isIds ? 'inputs [N,T] of ids' : 'inputs [N,T,C] and [N,C]',
        `${shapeText(shape)} of "${name}"`,
        'Call predict on whole sequences instead.',
      );
    return {
      name,
      vocabularySize: isIds ? (host.vocabularyFor(index) ?? 0) : undefined,
      features: isIds ? 1 : shape.at(-1)!,
      isSequence: isIds || shape.length === 3,
    };
  });
  if (!ports.some(({ isSequence }) => isSequence))
    throw refusal('ERR_CONFIG', where, 'a model of sequences [N,T,C]', 'one of vectors', 'Call predict for each.');
  const nodes = host.streamNodes();
  new Passage(
    where,
    ports.map(({ isSequence }) => (isSequence ? 'step' : 'constant')),
  ).checkAll(nodes);
  const outputs = host.outputs.map(({ shape }, index) => ({ name: host.outputNames[index]!, units: shape.at(-1)! }));
  const kept = [
    ports.map(({ features, isSequence }) => [features, isSequence]),
    outputs.map(({ units }) => units),
    nodes.map(({ config, inputs }) => [...kind(config), inputs.map(({ value }) => value)]),
  ];
  return {
    inputs: ports.filter(({ isSequence }) => isSequence),
    constants: ports.filter(({ isSequence }) => !isSequence),
    outputs,
    signature: crypto().createHash('sha256').update(JSON.stringify(kept)).digest().subarray(0, 8),
  };
}

/**
 * How a value goes on with the timesteps: not at all; by one more timestep, those before it as they were; as a vector that
 * is another after each; or as a sequence whose earlier timesteps change too, for such a vector went into all of them.
 */
type Course = 'constant' | 'step' | 'vector' | 'revised';

/** Follows the values of a graph through its nodes. */
class Passage {
  readonly #courses: Course[];

  /** @param inputs courses of the graph's inputs */
  constructor(
    private readonly where: string,
    inputs: readonly Course[],
  ) {
    this.#courses = [...inputs];
  }

  /** @throws ConfigError `ERR_CONFIG` where a node needs more than the timesteps so far */
  checkAll(nodes: readonly EngineNode[]): void {
    for (const node of nodes) {
      const reads = node.inputs.map(({ value }) => this.#courses[value]!);
      const reason = obstacle(node.config) ?? obstacleOf(node.config, reads);
      if (reason !== undefined) throw this.#refuse(node, reason);
      for (const output of node.outputs) this.#courses[output.value] = courseOf(node.config, output, reads);
    }
  }

  #refuse({ owner: { className, name } }: EngineNode, reason: string): Error {
    const hint = 'Call predict on whole sequences instead.';
    return refusal(
      'ERR_CONFIG',
      this.where,
      'layers that go on by timesteps',
      `${className} "${name}", which ${reason}`,
      hint,
    );
  }
}

/** Why a node cannot go on by timesteps that reads values of these courses; undefined where it can. */
function obstacleOf(layer: NativeLayerConfig, [read, ...states]: readonly Course[]): string | undefined {
  if (!looksBack(layer)) return undefined;
  if (read === 'revised') return 'reads earlier timesteps again, which the later ones change';
  return states.some((state) => state !== 'constant') ? 'begins in states that the timesteps change' : undefined;
}

/** Whether what a layer gives at a timestep depends on those before it. */
function looksBack({ kind: name }: NativeLayerConfig): boolean {
  return name === 'simple_rnn' || name === 'lstm' || name === 'gru' || name === 'conv1d';
}

function courseOf(layer: NativeLayerConfig, { shape }: EngineValue, reads: readonly Course[]): Course {
  if (reads.every((course) => course === 'constant')) return 'constant';
  if (shape.length === 2) return 'vector';
  if (looksBack(layer)) return 'step';
  return reads.some((course) => course === 'vector' || course === 'revised') ? 'revised' : 'step';
}

/** Why a layer cannot go on by timesteps, whatever it reads; undefined where it can. */
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
    case 'fold':
    case 'unfold':
      return 'makes rows of timesteps';
    case 'unmask':
    case 'repeat_vector':
    case 'permute':
    case 'reshape':
    case 'flatten':
      return 'needs the whole sequence';
    default:
      return layer satisfies never;
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
