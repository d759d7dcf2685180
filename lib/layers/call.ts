// SPDX-License-Identifier: MIT
// One layer by itself: its call is a model of that layer alone, which the engine runs on one batch.
import { checkVocabulary, toTokens, toValues, type ShapedArray } from '../arrays/arrays';
import { joinColumns, splitColumns } from '../arrays/columns';
import { toMask, type MaskInput } from '../arrays/mask';
import { allocate } from '../arrays/nested_arrays';
import { NdArray } from '../ndarray';
import { callEngine, loadBinding } from '../native/engine';
import { predictBatch } from '../native/predict';
import { giveSource } from './weights';
import { ALL_SHORTCUTS } from '../native/shortcuts';
import { withDefaults } from '../util/options';
import { checkBoolean, describe, refusal } from '../util/validate';
import type { NativeDataset, NativeModel } from '../native/binding';
import type { ArrayInput } from '../types';
import type { Layer } from './layer';

/** Options of `layer.call`. */
export interface CallOptions {
  /**
   * States before the first timestep: an array with one [N,H] for each state of the layer (`LSTM`: h, c; `Bidirectional`:
   * the forward ones, then the backward ones). Where there is one state, it may stand alone. Default null: zeros, or
   * what a stateful layer ended with.
   */
  initialState?: readonly ArrayInput[] | ArrayInput | null;
  /** Timesteps that count [N,T]. Default null: all. */
  mask?: MaskInput | null;
  /** Whether dropout and the like act as in training. Default null: they do not. */
  training?: boolean | null;
}

/** Defaults of {@link CallOptions}. */
export const defaults = Object.freeze({ initialState: null, mask: null, training: null });

/** A call whose arguments have been checked. */
interface Job {
  readonly array: ShapedArray<Float32Array | Int32Array>;
  readonly rows: number;
  readonly axes: readonly number[];
  readonly outputShape: readonly number[];
  readonly initialState: Float32Array | null;
  readonly mask: Uint8Array | null;
  readonly training: boolean;
}

/** A model that lives on from call to call. */
interface Kept {
  readonly native: NativeModel;
  readonly key: string;
  readonly rows: number;
  /** Whether a call has it. */
  isInUse: boolean;
}

/** Calls one layer, whose states and random numbers go on from call to call. */
export class LayerCaller {
  #kept: Kept | undefined;

  constructor(private readonly layer: Layer) {}

  /** See `Layer.call`. */
  async call(where: string, x: unknown, options: CallOptions | undefined): Promise<NdArray | NdArray[]> {
    const { layer } = this;
    const job = this.#read(where, x, options);
    const { rows, outputShape, training } = job;
    const outputs = allocate(where, () => new Float32Array(outputShape.reduce((a, b) => a * b, 1)));
    const stateSize = layer.stateSizes.reduce((a, b) => a + b, 0);
    const states = layer.returnsStates ? allocate(where, () => new Float32Array(rows * stateSize)) : null;
    const dataset = this.#makeDataset(where, job);
    const native = this.#open(where, job);
    try {
      // Weights are those of this moment.
      const sources = await layer.shareWeights();
      sources.forEach((source, index) => giveSource(native, index, source));
      await predictBatch(native, dataset, { outputs, states, training });
    } finally {
      dataset.release();
      if (native === this.#kept?.native) this.#kept.isInUse = false;
      else native.dispose();
    }
    const output = new NdArray(outputs, outputShape);
    const parts = layer.outputSizes === undefined ? [output] : splitColumns(output, layer.outputSizes);
    if (states !== null) parts.push(...splitColumns(new NdArray(states, [rows, stateSize]), layer.stateSizes));
    return layer.outputSizes === undefined && states === null ? output : parts;
  }

  /** Lets the states of the next call begin at zero. */
  resetStates(where: string): void {
    if (this.#kept === undefined) return;
    assertIdle(where, this.#kept);
    this.#kept = undefined;
  }

  #read(where: string, x: unknown, options: CallOptions | undefined): Job {
    const { layer } = this;
    const o = withDefaults(where, options, defaults);
    const training = o.training === null ? false : checkBoolean(where, 'training', o.training);
    const isTokens = layer.inputKind === 'tokens';
    const array = isTokens ? toTokens(where, 'x', x) : toValues(where, 'x', x);
    const [rows = 0, ...axes] = array.shape;
    if (isTokens ? axes.length !== 1 : axes.length !== 1 && axes.length !== 2)
      throw refusal(
        'ERR_SHAPE',
        where,
        isTokens ? 'x of shape [N,T]' : 'x of shape [N,C] or [N,T,C]',
        `[${array.shape.join(', ')}]`,
        'A row alone needs a batch axis.',
      );
    const outputShape = layer.computeOutputShape(array.shape) as readonly number[];
    if (o.initialState !== null && layer.stateSizes.length === 0)
      throw refusal('ERR_CONFIG', where, 'initialState for a recurrent layer', 'one for a layer without states');
    if (o.mask !== null && !layer.readsMask)
      throw refusal('ERR_CONFIG', where, 'mask for a layer that reads one', 'one for a layer that does not');
    const initialState = o.initialState === null ? null : readStates(where, o.initialState, rows, layer.stateSizes);
    const mask = o.mask === null ? null : toMask(where, 'mask', o.mask, rows, axes[0]!);
    this.#build([null, ...axes]);
    return { array, rows, axes, outputShape, initialState, mask, training };
  }

  /** The layer of a model keeps the shapes that the model gave it. */
  #build(shape: readonly (number | null)[]): void {
    if (this.layer.isBuilt && this.layer.owner !== undefined) this.layer.checkBuild(shape);
    else this.layer.build(shape);
  }

  #makeDataset(where: string, { array, rows, axes, initialState, mask }: Job): NativeDataset {
    const dataset = callEngine(() => {
      const { NativeDataset } = loadBinding();
      const targets = { targets: null, targetSize: 0, weights: null, weightSize: 0 };
      return new NativeDataset({ rows, inputShape: [...axes], inputs: array.data, ...targets, initialState, mask });
    });
    const { vocabularySize } = this.layer;
    if (vocabularySize !== undefined)
      checkVocabulary(where, 'x', array as ShapedArray<Int32Array>, dataset, vocabularySize);
    return dataset;
  }

  /** A model of this layer alone; the last one where states or random numbers go on. */
  #open(where: string, { rows, axes, training }: Job): NativeModel {
    const { layer } = this;
    // Recurrent layers take sequences of any length; what others compute may depend on it.
    const inputShape = layer.stateSizes.length > 0 ? [-1, ...axes.slice(1)] : [...axes];
    const config = { input: layer.inputKind, inputShape, layers: [layer.toNative()], shortcuts: ALL_SHORTCUTS };
    const make = (): NativeModel => callEngine(() => new (loadBinding().NativeModel)(config));
    let native: NativeModel;
    if (layer.isStateful || training) {
      const key = JSON.stringify(config);
      if (this.#kept?.key === key) this.#checkKept(where, this.#kept, rows);
      else this.#kept = { native: make(), key, rows, isInUse: false };
      this.#kept.isInUse = true;
      native = this.#kept.native;
    } else {
      native = make();
    }
    return native;
  }

  #checkKept(where: string, kept: Kept, rows: number): void {
    assertIdle(where, kept);
    if (this.layer.isStateful && kept.rows !== rows)
      throw refusal(
        'ERR_SHAPE',
        where,
        `${kept.rows} rows as in the call before, for the layer is stateful`,
        `${rows}`,
        'Call resetStates() first.',
      );
  }
}

function assertIdle(where: string, { isInUse }: Kept): void {
  if (isInUse) throw refusal('ERR_BUSY', where, 'an idle layer', 'a call during another', 'Await the first call.');
}

/** All states side by side, as the engine takes them. */
function readStates(where: string, given: unknown, rows: number, sizes: readonly number[]): Float32Array {
  const isAlone = !Array.isArray(given) && sizes.length === 1;
  const list: unknown = isAlone ? [given] : given;
  const expected = `initialState to be an array of ${sizes.map((size) => `[${rows}, ${size}]`).join(' and ')}`;
  if (!Array.isArray(list)) throw refusal('ERR_TYPE', where, expected, describe(given));
  if (list.length !== sizes.length) throw refusal('ERR_SHAPE', where, expected, describe(given));
  const arrays = list.map((value: unknown, index) => {
    const { data, shape } = toValues(where, `initialState[${index}]`, value);
    if (shape.length !== 2 || shape[0] !== rows || shape[1] !== sizes[index])
      throw refusal(
        'ERR_SHAPE',
        where,
        `initialState[${index}] of shape [N,H] = [${rows}, ${sizes[index]}]`,
        `[${shape.join(', ')}]`,
      );
    return data;
  });
  return joinColumns(arrays, sizes, rows);
}
