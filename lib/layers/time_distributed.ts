// SPDX-License-Identifier: MIT
// TimeDistributed: a layer applied to every timestep. Layers that compute each position by itself do that already; for
// others the timesteps become rows of the batch.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { describe, refusal } from '../util/validate';
import { fromParts, partOf, toParts } from './folding';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import { configOfLayer, layerFromConfig } from './registry';
import { shapeText } from './shapes';
import { Wrapper } from './wrapper';
import type { NativeActivation } from '../native/binding';
import type { MaskPassage } from './step_mask';
import type { EngineGraph, EngineOptions, EngineValue } from '../graph/lowering';
import type { TensorSpec } from '../graph/symbolic_tensor';
import type { Shape } from '../types';

/** Options of {@link TimeDistributed}. */
export type TimeDistributedOptions = LayerOptions;

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link TimeDistributedOptions}. */
export const defaults = layerDefaults;

/**
 * Applies a layer to every timestep of [N,T,C], or to every part of [N,A,T,C], with the same weights.
 *
 * Any layer or model of one input and one output serves: an `LSTM` or `Conv1D` reads the A parts of each sample as A
 * sequences. Its weights are this layer's, its values stay its own. A mask [N,A,T] of the input is that of the parts.
 *
 * @see keras/src/layers/rnn/time_distributed.py
 * @example
 * new Sequential([new Input([null, 8]), new LSTM(16, { returnSequences: true }), new TimeDistributed(new Dense(4))]);
 * new Sequential([new Input([5, 20, 8]), new TimeDistributed(new LSTM(16)), new LSTM(16)]).outputShape; // [null, 16]
 */
export class TimeDistributed extends Wrapper {
  static readonly className = 'TimeDistributed';
  readonly className = TimeDistributed.className;
  readonly layer: Layer;

  /**
   * @param layer a layer of one input and one output, or a model
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(layer: Layer, options: TimeDistributedOptions = {}, ...rest: []) {
    const where = 'TimeDistributed';
    refuseMore(where, rest);
    if (!(layer instanceof Layer)) throw refusal('ERR_TYPE', where, 'a layer', describe(layer));
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const { className, name } = layer;
    const refuse = (expected: string, received: string): Error =>
      refusal('ERR_CONFIG', where, expected, `${className} "${name}" ${received}`);
    if (layer.inputCount[0] !== 1) throw refuse('a layer of one input', 'with more');
    if (layer.outputCount !== 1) throw refuse('a layer of one output', `with ${layer.outputCount}`);
    if (layer.isStateful) throw refuse('a layer that is not stateful', 'with stateful');
    const mixing = layer.parts.find((part) => part.layer.mixesRows)?.layer;
    if (mixing !== undefined)
      throw refuse('a layer that computes each row of a batch by itself', `with ${mixing.className} "${mixing.name}"`);
    if (layer.activityRegularizer !== null)
      throw refuse('a layer without activityRegularizer, which Keras would not apply here', 'with one');
    super(where, o);
    this.layer = layer;
    this.adopt([layer]);
  }

  override get outputActivation(): NativeActivation {
    return this.layer.outputActivation;
  }

  override readsTokens(index: number): boolean {
    return this.layer.readsTokens(index);
  }

  override get inputKind(): 'tokens' | 'values' {
    return this.layer.inputKind;
  }

  override get vocabularySize(): number | undefined {
    return this.layer.vocabularySize;
  }

  override get keepsIds(): boolean {
    return this.layer.keepsIds;
  }

  /** The layer reads one timestep: [N,C], or one part: [N,T,C]. */
  protected override partShape(inputShape: Shape): Shape {
    return [inputShape[0]!, ...inputShape.slice(2)];
  }

  override get maskPassage(): MaskPassage {
    return 'kept';
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const expect = (holds: boolean, expected: string): void => {
      if (!holds) throw refusal('ERR_SHAPE', this.where, expected, shapeText(inputShape));
    };
    expect(inputShape.length === 3 || inputShape.length === 4, 'input [N,T,C] or [N,A,T,C]');
    const [batch, ...axes] = this.layer.computeOutputShape(this.partShape(inputShape));
    expect(axes.length === 1 || axes.length === 2, `input of which ${this.layer.className} makes [N,C] or [N,T,C]`);
    return [batch!, inputShape[1]!, ...axes];
  }

  /**
   * @internal The layer itself where it computes each position by itself, as the engine's does within any sequence. Else
   * timesteps become rows for it.
   */
  override lower(engine: EngineGraph, [input]: readonly EngineValue[], options: EngineOptions): EngineValue[] {
    const { layer } = this;
    if (layer.isPositionWise) return layer.lower(engine, [input!], options);
    const isOfParts = input!.shape.length === 4 || input!.dtype === 'int32';
    const part: EngineValue = isOfParts ? { ...input!, ...partOf(input!) } : toParts(engine, this, input!);
    const [output] = layer.lower(engine, [part], options);
    const makesMask = output!.shape.length === 3 && layer.parts.some((each) => each.layer.makesMask);
    const unmasked = makesMask ? unmask(engine, this, output!) : output!;
    return [fromParts(engine, this, unmasked, input!.shape[1]!, isOfParts ? null : input!)];
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), layer: configOfLayer(this.layer) };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): TimeDistributed {
    const { layer, ...options } = config;
    return new TimeDistributed(layerFromConfig('TimeDistributed', layer) as Layer, options);
  }
}

/** Keras asks the layer for no mask: an `Embedding` with `maskZero`, or `Masking`, gives none here. */
function unmask(engine: EngineGraph, owner: Layer, value: EngineValue): EngineValue {
  const spec: TensorSpec = value;
  return engine.addPlain(owner, { kind: 'unmask' }, [value], [spec])[0]!;
}
