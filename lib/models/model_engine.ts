// SPDX-License-Identifier: MIT
// The engine's half of a model: made when weights are first needed, given up when the layers change. Between engines,
// the layers hold their values themselves, so that nothing learnt is lost.
import { allocate } from '../arrays/nested_arrays';
import { callEngine, loadBinding } from '../native/engine';
import { ALL_SHORTCUTS } from '../native/shortcuts';
import { activityLayer } from '../layers/activity';
import { refusal } from '../util/validate';
import type { Layer } from '../layers';
import type { WeightOwner } from '../layers/weights';
import type { NativeLayer, NativeModel, NativeShortcuts } from '../native/binding';
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

  /** The layers let go of their values only when the engine has them all. */
  #fill(native: NativeModel, seats: readonly Seat[]): void {
    const released: [Layer, Float32Array[]][] = [];
    try {
      for (const { layer, first } of seats) {
        const values = layer.releaseWeights();
        released.push([layer, values]);
        values.forEach((value, index) => callEngine(() => native.writeWeight(first + index, value)));
      }
    } catch (error) {
      for (const [layer, values] of released) layer.holdWeights(values);
      native.dispose();
      throw error;
    }
  }

  /** Gives every value back to the layers and frees the engine; the next need makes a new one. */
  recall(): void {
    this.#batchRows.count = undefined;
    const native = this.#native;
    if (native === undefined) return;
    const values = this.#seats.map(({ layer }) => this.readLayer(layer)!);
    callEngine(() => native.dispose());
    this.#seats.forEach(({ layer }, index) => layer.holdWeights(values[index]!));
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

  /** What layers hold besides weights. @throws StateError `ERR_BUSY`, `ERR_DISPOSED` */
  layersState(method: string): LayersState {
    this.assertUsable(method);
    this.assertQuiet(method);
    return {
      seeds: this.#drawingLayers().map(({ drawSeed }) => drawSeed!),
      statefulRows: this.#batchRows.count ?? null,
      states: this.#native === undefined ? [] : readStates(`${this.name}.${method}`, this.#native),
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

  dispose(): void {
    const native = this.#native;
    if (native !== undefined) callEngine(() => native.dispose());
    this.#native = undefined;
    this.#seats = [];
    this.#isDisposed = true;
  }
}

/** What stateful layers carry. */
function readStates(where: string, native: NativeModel): Float32Array[] {
  return callEngine(() => native.layerStates()).map((size, index) => {
    const out = allocate(where, () => new Float32Array(size));
    callEngine(() => native.readLayerStates(index, out));
    return out;
  });
}

/** A layer as the engine takes it, and the penalty on its output after it. */
function nativeLayers(layer: Layer): NativeLayer[] {
  const { activityRegularizer } = layer;
  return [layer.toNative(), ...(activityRegularizer === null ? [] : [activityLayer(activityRegularizer)])];
}
