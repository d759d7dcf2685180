// SPDX-License-Identifier: MIT
// Bidirectional: one recurrent layer reads a sequence forwards, another backwards, and their outputs are merged.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkOneOf, describe, refusal } from '../util/validate';
import { layerDefaults, type LayerOptions } from './layer';
import { Recurrent } from './recurrent';
import { configOfLayer, layerFromConfig } from './registry';
import { shapeText } from './shapes';
import { Wrapper } from './wrapper';
import type { MaskPassage } from './step_mask';
import type { EngineGraph, EngineOptions, EngineValue } from '../graph/lowering';
import type { TensorSpec } from '../graph/symbolic_tensor';
import type { Regularizer } from '../regularizers';
import type { ArrayInput, Shape } from '../types';

/** How the outputs of both directions become one; null: they do not. */
export type MergeMode = 'concat' | 'sum' | 'mul' | 'ave' | null;

/** Options of {@link Bidirectional}. */
export interface BidirectionalOptions extends LayerOptions {
  /**
   * `'concat'` (default): side by side, [..., 2H]; `'sum'`, `'mul'` and `'ave'`: element by element, [..., H]; null:
   * `layer.call` returns both, and the layer has no place in a `Sequential`.
   */
  mergeMode?: MergeMode;
  /** Values to begin with: the forward layer's weights, then the backward layer's. Default null. */
  weights?: readonly ArrayInput[] | null;
  /** The layer that reads backwards, with `goBackwards: true`. Default null: one like `layer`. */
  backwardLayer?: Recurrent | null;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link BidirectionalOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...layerDefaults,
  ...NOT_YET,
  mergeMode: 'concat',
  weights: null,
  backwardLayer: null,
} as const);

const MERGES = Object.freeze({ sum: 'add', mul: 'multiply', ave: 'average' } as const);

/** What both directions must have alike. */
const COMMON = ['stateful', 'returnSequences', 'returnState'] as const;

/**
 * Runs a recurrent layer in both directions. The layers given serve as patterns, as `layer` does in Keras: copies of
 * them do the work, with weights of their own, named `forward_...` and `backward_...`.
 *
 * Input [N,T,C]; output [N,2H], or [N,T,2H] where the layer returns sequences, where the outputs of masked timesteps are
 * zero. Weights: those of the forward layer, then those of the backward layer. States: in the same order.
 *
 * Differs from Keras: `backwardLayer` is copied too.
 *
 * @see keras/src/layers/rnn/bidirectional.py; Schuster & Paliwal 1997
 * @example
 * const model = new Sequential([new Embedding(10000, 32), new Bidirectional(new LSTM(32)), new Dense(1)]);
 * model.layers[1].outputShape; // [null, 64]
 */
export class Bidirectional extends Wrapper {
  static readonly className = 'Bidirectional';
  readonly className = Bidirectional.className;
  readonly mergeMode: MergeMode;
  readonly forwardLayer: Recurrent;
  readonly backwardLayer: Recurrent;
  readonly stateful: boolean;
  readonly returnSequences: boolean;
  readonly returnState: boolean;

  /**
   * @param layer a SimpleRNN, LSTM or GRU
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` where the two directions do not go together, `ERR_UNKNOWN_OPTION`
   */
  constructor(layer: Recurrent, options: BidirectionalOptions = {}, ...rest: []) {
    const where = 'Bidirectional';
    refuseMore(where, rest);
    checkRecurrent(where, 'layer', layer);
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const mergeMode =
      o.mergeMode === null ? null : checkOneOf(where, 'mergeMode', o.mergeMode, ['concat', 'sum', 'mul', 'ave']);
    if (o.backwardLayer !== null) checkRecurrent(where, 'backwardLayer', o.backwardLayer);
    if (o.weights !== null && !Array.isArray(o.weights))
      throw refusal('ERR_TYPE', where, 'weights to be an array of weights or null', describe(o.weights));
    const forward = madeOf(layer, renamed(layer, 'forward_'));
    const backward =
      o.backwardLayer === null
        ? copied(layer, { ...renamed(layer, 'backward_'), goBackwards: true })
        : madeOf(o.backwardLayer, {});
    checkPair(where, forward, backward, mergeMode);
    super(where, o);
    this.mergeMode = mergeMode;
    this.forwardLayer = forward;
    this.backwardLayer = backward;
    this.stateful = forward.stateful;
    this.returnSequences = forward.returnSequences;
    this.returnState = forward.returnState;
    this.adopt([forward, backward]);
    if (o.weights !== null) this.beginWith(o.weights);
  }

  /** The penalty of both directions, which is one penalty on both side by side. */
  override get activityRegularizer(): Regularizer | null {
    return this.forwardLayer.activityRegularizer;
  }

  override get stateSizes(): readonly number[] {
    return [...this.forwardLayer.stateSizes, ...this.backwardLayer.stateSizes];
  }

  override get isStateful(): boolean {
    return this.stateful;
  }

  override get returnsStates(): boolean {
    return this.returnState;
  }

  override get outputSizes(): readonly number[] | undefined {
    return this.mergeMode === null ? [this.forwardLayer.units, this.backwardLayer.units] : undefined;
  }

  override get readsMask(): boolean {
    return true;
  }

  override get maskPassage(): MaskPassage {
    return this.forwardLayer.maskPassage;
  }

  /** Where `mergeMode` is null: the shape of both outputs side by side. */
  override computeOutputShape(inputShape: Shape): Shape {
    if (inputShape.length !== 3)
      throw refusal(
        'ERR_SHAPE',
        this.where,
        'input of rank 3 [N,T,C]',
        `rank ${inputShape.length} ${shapeText(inputShape)}`,
      );
    const { units: forward } = this.forwardLayer;
    const { units: backward } = this.backwardLayer;
    const isSideBySide = this.mergeMode === 'concat' || this.mergeMode === null;
    const shape = this.forwardLayer.computeOutputShape(inputShape);
    return [...shape.slice(0, -1), isSideBySide ? forward + backward : forward];
  }

  /** @internal The output or both, and with `returnState` the states of the forward, then the backward layer. */
  override outputSpecs(inputs: readonly TensorSpec[]): TensorSpec[] {
    const { shape } = inputs[0]!;
    const whole = this.computeOutputShape(shape);
    const sizes = this.outputSizes ?? [whole.at(-1)!];
    const states = this.returnState ? this.stateSizes : [];
    return [
      ...sizes.map((size): TensorSpec => ({ shape: [...whole.slice(0, -1), size], dtype: 'float32' })),
      ...states.map((size): TensorSpec => ({ shape: [shape[0]!, size], dtype: 'float32' })),
    ];
  }

  /** @internal Two layers over one input, and what merges their outputs. */
  override lower(engine: EngineGraph, inputs: readonly EngineValue[], options: EngineOptions): EngineValue[] {
    const { forwardLayer, backwardLayer, mergeMode } = this;
    const half = forwardLayer.stateSizes.length;
    const direction = (layer: Recurrent, initialState: readonly EngineValue[]): EngineValue[] =>
      layer.lowerPart(engine, inputs, { ...options, initialState }, layer === backwardLayer);
    const forward = direction(forwardLayer, options.initialState.slice(0, half));
    const backward = direction(backwardLayer, options.initialState.slice(half));
    const outputs = [forward[0]!, backward[0]!];
    const states = this.returnState ? [...forward.slice(1), ...backward.slice(1)] : [];
    if (mergeMode === null) return [...outputs, ...states].map((output) => this.penalized(engine, output));
    const merged = engine.addPlain(
      this,
      mergeMode === 'concat' ? { kind: 'concatenate', alongSteps: false } : { kind: 'merge', merge: MERGES[mergeMode] },
      outputs,
      [{ shape: this.computeOutputShape(inputs[0]!.shape), dtype: 'float32' }],
    );
    return [merged[0]!, ...states].map((output) => this.penalized(engine, output));
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      mergeMode: this.mergeMode,
      layer: configOfLayer(this.forwardLayer),
      backwardLayer: configOfLayer(this.backwardLayer),
    };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Bidirectional {
    const { layer, backwardLayer, ...options } = config;
    const made = (value: unknown) => layerFromConfig('Bidirectional', value) as Recurrent;
    const forward = made(layer);
    const backward = backwardLayer === null || backwardLayer === undefined ? null : made(backwardLayer);
    adoptsLayers = true;
    try {
      return new Bidirectional(forward, { ...options, backwardLayer: backward });
    } finally {
      adoptsLayers = false;
    }
  }
}

function checkRecurrent(where: string, what: string, layer: unknown): void {
  if (layer instanceof Recurrent) return;
  throw refusal('ERR_TYPE', where, `${what} to be a SimpleRNN, LSTM or GRU`, describe(layer));
}

/** `forward_lstm_1` for `lstm_1`, and for itself; automatic where that is. */
function renamed(layer: Recurrent, prefix: 'forward_' | 'backward_'): Pick<LayerOptions, 'name' | 'automaticName'> {
  const name = layer.name.startsWith(prefix) ? layer.name : prefix + layer.name;
  return { name, automaticName: layer.hasAutomaticName ? name : null };
}

/** Whether the layers given were made of a config: they are the directions then, and may be shared, no patterns. */
let adoptsLayers = false;

function madeOf(layer: Recurrent, changes: Pick<LayerOptions, 'name' | 'automaticName'>): Recurrent {
  // A config may be of a program whose masked timesteps repeat the last output.
  return adoptsLayers && (changes.name ?? layer.name) === layer.name ? layer : copied(layer, changes);
}

/** A masked timestep must not carry the output of another into the merge. */
function copied(layer: Recurrent, changes: Record<string, unknown>): Recurrent {
  return layer.copyWith({ ...changes, zeroOutputForMask: layer.returnSequences });
}

function checkPair(where: string, forward: Recurrent, backward: Recurrent, mergeMode: MergeMode): void {
  if (forward.name === backward.name)
    throw refusal(
      'ERR_CONFIG',
      where,
      'forward and backward layer to have different names',
      `"${forward.name}" for both`,
    );
  if (forward.goBackwards === backward.goBackwards)
    throw refusal(
      'ERR_CONFIG',
      where,
      'forward and backward layer to differ in goBackwards',
      `${forward.goBackwards} for both`,
    );
  for (const option of COMMON) {
    if (forward[option] === backward[option]) continue;
    throw refusal(
      'ERR_CONFIG',
      where,
      `forward and backward layer to have one ${option}`,
      `${forward[option]} and ${backward[option]}`,
    );
  }
  if (mergeMode !== null && mergeMode !== 'concat' && forward.units !== backward.units)
    throw refusal(
      'ERR_CONFIG',
      where,
      `as many units in both directions for mergeMode '${mergeMode}'`,
      `${forward.units} and ${backward.units}`,
    );
  const [one, other] = [forward, backward].map((layer) => layer.activityRegularizer?.toJSON() ?? null);
  if (JSON.stringify(one) !== JSON.stringify(other) || (one !== null && mergeMode !== null && mergeMode !== 'concat'))
    throw refusal(
      'ERR_CONFIG',
      where,
      "one activityRegularizer for both directions, and mergeMode 'concat' with it",
      `${JSON.stringify(one)} and ${JSON.stringify(other)} with mergeMode ${describe(mergeMode)}`,
      'Other penalties on one direction alone are not supported yet.',
    );
}
