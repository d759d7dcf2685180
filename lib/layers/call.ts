// SPDX-License-Identifier: MIT
// One layer by itself: its call is a graph of that layer alone, which the engine runs on one batch.
import { checkVocabulary, toTokens, toValues, type ShapedArray } from '../arrays/arrays';
import { toMask, type MaskInput } from '../arrays/mask';
import { makeBatch, makeNative, runBatch, type BatchInput } from '../graph/executor';
import { Graph } from '../graph/graph';
import { SymbolicTensor } from '../graph/symbolic_tensor';
import { withDefaults } from '../util/options';
import { checkBoolean, describe, refusal } from '../util/validate';
import type { NdArray } from '../ndarray';
import type { NativeModel } from '../native/binding';
import type { ArrayInput, Shape } from '../types';
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
  readonly rows: number;
  readonly x: BatchInput;
  readonly initialState: readonly BatchInput[];
  readonly mask: BatchInput | null;
  readonly training: boolean;
}

/** An engine's model that lives on from call to call. */
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
    const { rows, training } = job;
    const graph = this.#graph(where, job);
    const given = [job.x, ...job.initialState, ...(job.mask === null ? [] : [job.mask])];
    const dataset = makeBatch(rows, given);
    const { vocabularySize } = layer;
    if (vocabularySize !== undefined)
      checkVocabulary(
        where,
        'x',
        job.x as { data: Int32Array; shape: number[] },
        dataset.tokenRanges[0]!,
        vocabularySize,
      );
    const shapes = layer.outputSpecs([{ shape: [rows, ...job.x.shape], dtype: null }], layer.applyDefaults);
    const native = this.#open(where, job, graph);
    try {
      const outputs = await runBatch(
        where,
        native,
        dataset,
        shapes.map(({ shape }) => shape as number[]),
        training,
      );
      return outputs.length === 1 ? outputs[0]! : outputs;
    } finally {
      dataset.release();
      if (native === this.#kept?.native) this.#kept.isInUse = false;
      else native.dispose();
    }
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
    const isTokens = layer.readsTokens(0);
    const { data, shape }: ShapedArray<Float32Array | Int32Array> = isTokens
      ? toTokens(where, 'x', x)
      : toValues(where, 'x', x);
    const [rows = 0, ...axes] = shape;
    if (axes.length < 1 || axes.length > (isTokens ? 2 : 3))
      throw refusal(
        'ERR_SHAPE',
        where,
        isTokens ? 'x of shape [N,T] or [N,A,T]' : 'x of shape [N,C], [N,T,C] or [N,A,T,C]',
        `[${shape.join(', ')}]`,
        'A row alone needs a batch axis.',
      );
    layer.computeOutputShape(shape);
    if (o.initialState !== null && layer.stateSizes.length === 0)
      throw refusal('ERR_CONFIG', where, 'initialState for a recurrent layer', 'one for a layer without states');
    if (o.mask !== null && !layer.readsMask)
      throw refusal('ERR_CONFIG', where, 'mask for a layer that reads one', 'one for a layer that does not');
    const initialState = o.initialState === null ? [] : readStates(where, o.initialState, rows, layer.stateSizes);
    const mask = o.mask === null ? null : toMask(where, 'mask', o.mask, rows, axes[0]!);
    return {
      rows,
      x: { data, shape: axes },
      initialState,
      mask: mask === null ? null : { data: Float32Array.from(mask), shape: [axes[0]!] },
      training,
    };
  }

  /** The layer alone. Where it is built already, it stays as it is. */
  #graph(where: string, { x, initialState, mask }: Job): Graph {
    const { layer } = this;
    const isTokens = layer.readsTokens(0);
    // Recurrent layers take sequences of any length; what others compute may depend on it.
    const open: Shape = layer.stateSizes.length > 0 ? [null, null, ...x.shape.slice(1)] : [null, ...x.shape];
    const input = new SymbolicTensor('x', { shape: open, dtype: isTokens ? 'int32' : 'float32' });
    const tensor = (name: string, shape: readonly number[]): SymbolicTensor =>
      new SymbolicTensor(name, { shape: [null, ...shape] as Shape, dtype: 'float32' });
    const states = initialState.map(({ shape }, index) => tensor(`initialState[${index}]`, shape));
    const masked = mask === null ? null : tensor('mask', mask.shape);
    const node = layer.makeNode(where, input, {
      ...(states.length === 0 ? {} : { initialState: states }),
      ...(masked === null ? {} : { mask: masked }),
    });
    return new Graph(where, [input, ...states, ...(masked === null ? [] : [masked])], node.outputs);
  }

  /** The engine's model; the last one where states or random numbers go on. */
  #open(where: string, { rows, x, initialState, mask, training }: Job, graph: Graph): NativeModel {
    const { layer } = this;
    if (!layer.isStateful && !training) return makeNative(where, graph);
    const axes = layer.stateSizes.length > 0 ? x.shape.slice(1) : x.shape;
    const key = JSON.stringify([axes, initialState.length, mask === null ? 0 : mask.shape]);
    if (this.#kept?.key === key) this.#checkKept(where, this.#kept, rows);
    else this.#kept = { native: makeNative(where, graph), key, rows, isInUse: false };
    this.#kept.isInUse = true;
    return this.#kept.native;
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

/** The states, each [N,H]. */
function readStates(where: string, given: unknown, rows: number, sizes: readonly number[]): BatchInput[] {
  const isAlone = !Array.isArray(given) && sizes.length === 1;
  const list: unknown = isAlone ? [given] : given;
  const expected = `initialState to be an array of ${sizes.map((size) => `[${rows}, ${size}]`).join(' and ')}`;
  if (!Array.isArray(list)) throw refusal('ERR_TYPE', where, expected, describe(given));
  if (list.length !== sizes.length) throw refusal('ERR_SHAPE', where, expected, describe(given));
  return list.map((value: unknown, index) => {
    const { data, shape } = toValues(where, `initialState[${index}]`, value);
    if (shape.length !== 2 || shape[0] !== rows || shape[1] !== sizes[index])
      throw refusal(
        'ERR_SHAPE',
        where,
        `initialState[${index}] of shape [N,H] = [${rows}, ${sizes[index]}]`,
        `[${shape.join(', ')}]`,
      );
    return { data, shape: [sizes[index]!] };
  });
}
