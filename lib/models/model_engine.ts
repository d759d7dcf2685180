// SPDX-License-Identifier: MIT
// The engine's half of a model: made when weights are first needed, given up when the layers change. Between engines,
// the layers know where their values are, so that nothing learnt is lost, and nothing is copied.
import { allocate } from '../arrays/nested_arrays';
import { copyIn, copyOut, prepare } from '../native/copies';
import { callEngine, loadBinding } from '../native/engine';
import { ALL_SHORTCUTS } from '../native/shortcuts';
import { activityLayer } from '../layers/activity';
import { refusal } from '../util/validate';
import type { Layer } from '../layers';
import { giveSource, sizeOf, type WeightOwner, type WeightSpec } from '../layers/weights';
import type { NativeCopy, NativeLayer, NativeModel, NativeShortcuts } from '../native/binding';
import type { LayersState } from '../serialization';
import type { BatchRows, CarriedStates } from '../training/trainer_host';
import type { LayerStack } from './layer_stack';

/** A layer that the engine holds, and the index of its first weight there. */
interface Seat {
  readonly layer: Layer;
  readonly first: number;
}

export class ModelEngine implements WeightOwner {
  #native: NativeModel | undefined;
  #seats: readonly Seat[] = [];
  #isDisposed = false;
  #isStale = false;
  #shortcuts: NativeShortcuts = ALL_SHORTCUTS;
  #batchRows: BatchRows = { count: undefined };

  constructor(
    readonly name: string,
    private readonly stack: LayerStack,
    /** Told when states begin at zero again. */
    private readonly onReset: () => void,
  ) {}

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Bytes that the engine holds; 0 before it is needed. */
  get memoryBytes(): number {
    return this.#native?.memoryBytes ?? 0;
  }

  /** @throws StateError `ERR_DISPOSED` */
  assertUsable(method: string): void {
    if (this.#isDisposed)
      throw refusal('ERR_DISPOSED', `${this.name}.${method}`, 'a model in use', 'one that was disposed');
  }

  /** The engine's model. */
  native(method = 'native'): NativeModel {
    this.assertUsable(method);
    this.#native ??= this.#create(method);
    return this.#native;
  }

  #create(method: string): NativeModel {
    const { layers, inputShape } = this.stack;
    const first = layers[0];
    if (first === undefined || inputShape === undefined || !this.stack.isBuilt)
      throw refusal(
        'ERR_STATE',
        `${this.name}.${method}`,
        'a built model',
        'one whose input shape is not known',
        'Give the first layer an inputShape, add an Input, or call build.',
      );
    const seats: Seat[] = [];
    let next = 0;
    for (const layer of layers) {
      seats.push({ layer, first: next });
      next += layer.weightSpecs.length;
    }
    const native = callEngine(() => {
      const { NativeModel } = loadBinding();
      return new NativeModel({
        input: first.inputKind,
        inputShape: inputShape.slice(1).map((size) => size ?? -1),
        layers: layers.flatMap(nativeLayers),
        shortcuts: this.#shortcuts,
      });
    });
    this.#fill(native, seats);
    this.#seats = seats;
    this.#isStale = false;
    return native;
  }

  /** Weights that lie in another engine come last: they are gone from there, and nothing can go wrong after that. */
  #fill(native: NativeModel, seats: readonly Seat[]): void {
    const weights = seats.flatMap(({ layer, first }) =>
      layer.releaseWeights().map((source, index) => ({ source, index: first + index })),
    );
    const lies = ({ source }: (typeof weights)[number]): boolean => 'native' in source;
    try {
      for (const { source, index } of [...weights.filter((each) => !lies(each)), ...weights.filter(lies)])
        giveSource(native, index, source);
    } catch (error) {
      native.dispose();
      throw error;
    }
    for (const { layer } of seats) layer.holdWeights([]);
  }

  /** Tells the layers where their values are, and frees the rest of the engine; the next need makes a new one. */
  recall(): void {
    this.#batchRows.count = undefined;
    const native = this.#native;
    if (native === undefined) return;
    callEngine(() => native.retire());
    for (const { layer, first } of this.#seats)
      layer.holdWeights(layer.weightSpecs.map((_, index) => ({ native, index: first + index })));
    this.#native = undefined;
    this.#seats = [];
  }

  /** Makes way for an engine that knows the present `trainable` flags. */
  refresh(): void {
    if (this.#isStale) this.recall();
    this.#isStale = false;
  }

  useShortcuts(shortcuts: NativeShortcuts): void {
    this.recall();
    this.#shortcuts = shortcuts;
  }

  readLayer(layer: Layer): Float32Array[] | undefined {
    this.assertUsable('getWeights');
    const seat = this.#seatOf(layer);
    if (seat === undefined) return undefined;
    return layer.weightSpecs.map(({ shape }, index) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const out = allocate(`${this.name}.getWeights`, () => new Float32Array(length));
      callEngine(() => this.#native!.readWeight(seat.first + index, out));
      return out;
    });
  }

  copyLayer(layer: Layer): Promise<Float32Array[]> | undefined {
    this.assertUsable('getWeights');
    const seat = this.#seatOf(layer);
    return seat && this.#copyWeights(layer.weightSpecs, seat.first);
  }

  /** Copies of all weights as they are now; they are drawn where they are not yet. */
  copyWeights(): Promise<Float32Array[]> {
    this.native('getWeights');
    return this.#copyWeights(
      this.stack.layers.flatMap((layer) => layer.weightSpecs),
      0,
    );
  }

  async #copyWeights(specs: readonly Pick<WeightSpec, 'shape'>[], first: number): Promise<Float32Array[]> {
    const copies = specs.map(({ shape }, index) => ({
      kind: 'weight' as const,
      index: first + index,
      values: allocate(`${this.name}.getWeights`, () => new Float32Array(sizeOf(shape))),
    }));
    await copyOut(this.#native!, copies);
    return copies.map(({ values }) => values);
  }

  /** Sets all weights to arrays that nobody else has. */
  async adoptWeights(values: readonly Float32Array[]): Promise<void> {
    const native = this.#native;
    if (native !== undefined)
      return copyIn(
        native,
        values.map((each, index) => ({ kind: 'weight', index, values: each })),
      );
    let next = 0;
    for (const layer of this.stack.layers) {
      const count = layer.weightSpecs.length;
      layer.holdWeights(values.slice(next, next + count).map((each) => ({ values: each })));
      next += count;
    }
  }

  /** See `Sequential.prepare`. */
  async prepare(): Promise<void> {
    await prepare(this.native('prepare'));
  }

  writeLayer(layer: Layer, values: readonly Float32Array[]): boolean {
    this.assertUsable('setWeights');
    this.assertQuiet('setWeights');
    const seat = this.#seatOf(layer);
    if (seat === undefined) return false;
    values.forEach((value, index) => callEngine(() => this.#native!.writeWeight(seat.first + index, value)));
    return true;
  }

  /** @throws StateError `ERR_BUSY` while the compute threads work on this model */
  assertQuiet(method: string): void {
    if (this.#native?.busy === true)
      throw refusal('ERR_BUSY', `${this.name}.${method}`, 'an idle model', 'a call while it computes');
  }

  #seatOf(layer: Layer): Seat | undefined {
    return this.#native && this.#seats.find((seat) => seat.layer === layer);
  }

  get batchRows(): BatchRows {
    return this.#batchRows;
  }

  /** See `TrainerHost`. @throws StateError `ERR_BUSY`, `ERR_DISPOSED` */
  exchangeStates(next: CarriedStates | undefined): CarriedStates {
    const native = this.native('exchangeStates');
    const present = { batchRows: this.#batchRows, states: readStates(this.name, native) };
    if (next === undefined) callEngine(() => native.resetStates());
    else this.#writeStates(this.name, native, next.states);
    this.#batchRows = next?.batchRows ?? { count: undefined };
    return present;
  }

  /** @throws StateError `ERR_STATE` where another layer would lose its states too, `ERR_BUSY`, `ERR_DISPOSED` */
  resetStates(layer?: Layer): void {
    this.assertUsable('resetStates');
    this.assertQuiet('resetStates');
    if (layer !== undefined && this.stack.layers.some((other) => other.isStateful && other !== layer))
      throw refusal(
        'ERR_STATE',
        `${layer.className} "${layer.name}".resetStates`,
        'a model of one stateful layer',
        `several in "${this.name}"`,
        'Reset all of them with model.resetStates().',
      );
    this.#batchRows.count = undefined;
    const native = this.#native;
    if (native !== undefined) callEngine(() => native.resetStates());
    this.onReset();
  }

  /**
   * What layers hold besides weights.
   *
   * @param copies arrays of the state that are yet to be filled are added to these
   * @throws StateError `ERR_BUSY`, `ERR_DISPOSED`
   */
  layersState(method: string, copies: NativeCopy[]): LayersState {
    this.assertUsable(method);
    this.assertQuiet(method);
    return {
      seeds: this.#drawingLayers().map(({ drawSeed }) => drawSeed!),
      statefulRows: this.#batchRows.count ?? null,
      states: this.#native === undefined ? [] : stateCopies(`${this.name}.${method}`, this.#native, copies),
    };
  }

  /**
   * Lets the layers go on from a state. A new engine is made where they shall draw by other seeds.
   *
   * @throws DataError `ERR_DATA` where the state is of other layers; StateError `ERR_BUSY`, `ERR_DISPOSED`
   */
  setLayersState(method: string, { seeds, statefulRows, states }: LayersState): void {
    this.assertUsable(method);
    this.assertQuiet(method);
    const where = `${this.name}.${method}`;
    const drawing = this.#drawingLayers();
    if (seeds.length !== drawing.length)
      throw refusal('ERR_DATA', where, `seeds of ${drawing.length} layers that draw`, `${seeds.length}`);
    if (seeds.some((seed, index) => seed !== drawing[index]!.drawSeed)) {
      this.recall();
      drawing.forEach((layer, index) => (layer.drawSeed = seeds[index]!));
    }
    if (states.length > 0) this.#writeStates(where, this.native(method), states);
    this.#batchRows.count = statefulRows ?? undefined;
  }

  #writeStates(where: string, native: NativeModel, states: readonly Float32Array[]): void {
    const expected = callEngine(() => native.layerStates()).length;
    if (states.length !== expected)
      throw refusal('ERR_DATA', where, `states of ${expected} stateful layers`, `${states.length}`);
    try {
      states.forEach((values, index) => callEngine(() => native.writeLayerStates(index, values)));
    } catch {
      native.resetStates();
      throw refusal('ERR_DATA', where, "states of these layers' sizes", 'others');
    }
  }

  #drawingLayers(): readonly Layer[] {
    return this.stack.layers.flatMap((layer) => layer.drawingLayers);
  }

  trainableChanged(): void {
    this.#isStale = true;
  }

  /** Gives back what no call needs at present. */
  trim(): void {
    const native = this.#native;
    if (native !== undefined) callEngine(() => native.trim());
  }

  dispose(): void {
    const native = this.#native;
    if (native !== undefined) callEngine(() => native.dispose());
    this.#native = undefined;
    this.#seats = [];
    this.#isDisposed = true;
  }
}

/** Arrays for what stateful layers carry, which `copies` are to fill. */
function stateCopies(where: string, native: NativeModel, copies: NativeCopy[]): Float32Array[] {
  return callEngine(() => native.layerStates()).map((size, index) => {
    const values = allocate(where, () => new Float32Array(size));
    copies.push({ kind: 'states', index, values });
    return values;
  });
}

/** What stateful layers carry. */
function readStates(where: string, native: NativeModel): Float32Array[] {
  const copies: NativeCopy[] = [];
  const states = stateCopies(where, native, copies);
  for (const { index, values } of copies) callEngine(() => native.readLayerStates(index, values));
  return states;
}

/** A layer as the engine takes it, and the penalty on its output after it. */
function nativeLayers(layer: Layer): NativeLayer[] {
  const { activityRegularizer } = layer;
  return [layer.toNative(), ...(activityRegularizer === null ? [] : [activityLayer(activityRegularizer)])];
}
