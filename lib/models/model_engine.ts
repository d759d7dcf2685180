// SPDX-License-Identifier: MIT
// The engine's half of a model: made when it is first needed, given up when the layers change. Weights are the layers' own.
import { allocate } from '../arrays/nested_arrays';
import { callEngine, loadBinding } from '../native/engine';
import { lowerGraph, modelConfig, type EngineGraph } from '../graph/lowering';
import { ALL_SHORTCUTS } from '../native/shortcuts';
import { refusal } from '../util/validate';
import type { Graph } from '../graph/graph';
import type { Layer, StatefulUser } from '../layers/layer';
import type { NativeModel, NativeShortcuts } from '../native/binding';
import type { FloatStore } from '../native/float_store';
import type { LayersState } from '../serialization';
import type { BatchRows, CarriedStates } from '../training/trainer_host';

/** What the engine's half knows of a model. */
export interface EngineHost {
  readonly name: string;
  /** undefined before the shapes are known. */
  readonly graph: Graph | undefined;
}

export class ModelEngine implements StatefulUser {
  #native: NativeModel | undefined;
  #lowered: EngineGraph | undefined;
  #isDisposed = false;
  #shortcuts: NativeShortcuts = ALL_SHORTCUTS;
  #batchRows: BatchRows = { count: undefined };

  constructor(
    private readonly host: EngineHost,
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
      throw refusal('ERR_DISPOSED', `${this.host.name}.${method}`, 'a model in use', 'one that was disposed');
  }

  /** The engine's model. */
  native(method = 'native'): NativeModel {
    this.assertUsable(method);
    this.#native ??= this.#create(`${this.host.name}.${method}`);
    return this.#native;
  }

  #create(where: string): NativeModel {
    const { graph } = this.host;
    if (graph === undefined)
      throw refusal(
        'ERR_STATE',
        where,
        'a built model',
        'one whose input shape is not known',
        'Give the first layer an inputShape, add an Input, or call build.',
      );
    const { engine, outputs } = lowerGraph(where, graph);
    const native = callEngine(() => new (loadBinding().NativeModel)(modelConfig(engine, outputs, this.#shortcuts)));
    for (const layer of new Set(engine.stateful)) layer.addUser(this);
    this.#lowered = engine;
    return native;
  }

  /** The nodes of the engine's model, each with the layer that it stands for. */
  nodes(): EngineGraph['entries'] {
    this.native();
    return this.#lowered!.entries;
  }

  /** Frees the engine's model: the next need makes a new one. */
  recall(): void {
    this.#batchRows.count = undefined;
    const native = this.#native;
    if (native !== undefined) callEngine(() => native.dispose());
    this.#native = undefined;
    this.#lowered = undefined;
  }

  useShortcuts(shortcuts: NativeShortcuts): void {
    this.recall();
    this.#shortcuts = shortcuts;
  }

  /** @throws StateError `ERR_BUSY` while the compute threads work on this model */
  assertQuiet(method: string): void {
    if (this.#native?.busy === true)
      throw refusal('ERR_BUSY', `${this.host.name}.${method}`, 'an idle model', 'a call while it computes');
  }

  get batchRows(): BatchRows {
    return this.#batchRows;
  }

  /** See `TrainerHost`. @throws StateError `ERR_BUSY`, `ERR_DISPOSED` */
  exchangeStates(next: CarriedStates | undefined): CarriedStates {
    const native = this.native('exchangeStates');
    const present = { batchRows: this.#batchRows, states: readStates(this.host.name, native) };
    if (next === undefined) callEngine(() => native.resetStates(null));
    else this.#writeStates(this.host.name, native, next.states);
    this.#batchRows = next?.batchRows ?? { count: undefined };
    return present;
  }

  /** All stateful layers begin at zero again, or one. @throws StateError `ERR_BUSY`, `ERR_DISPOSED` */
  resetStates(layer?: Layer): void {
    if (layer !== undefined && this.#isDisposed) return;
    this.assertUsable('resetStates');
    this.assertQuiet('resetStates');
    const others = this.#lowered?.stateful.some((other) => other !== layer) ?? false;
    if (layer === undefined || !others) this.#batchRows.count = undefined;
    this.onReset();
    const native = this.#native;
    if (native === undefined) return;
    const number = layer === undefined ? null : (this.#lowered!.numberOf(layer) ?? null);
    callEngine(() => native.resetStates(number));
  }

  /**
   * What layers hold besides weights.
   *
   * @param store has arrays of the state added to it, which are yet to be filled
   * @throws StateError `ERR_BUSY`, `ERR_DISPOSED`
   */
  layersState(method: string, store: FloatStore): LayersState {
    this.assertUsable(method);
    this.assertQuiet(method);
    return {
      seeds: this.#drawingLayers().map(({ drawSeed }) => drawSeed!),
      statefulRows: this.#batchRows.count ?? null,
      states: stateSizes(this.#native).map((size, index) => store.add('states', index, size)),
    };
  }

  /**
   * Lets the layers go on from a state.
   *
   * @param states the values of those of the state
   * @throws DataError `ERR_DATA` where the state is of other layers; StateError `ERR_BUSY`, `ERR_DISPOSED`
   */
  setLayersState(method: string, { seeds, statefulRows }: LayersState, states: readonly Float32Array[]): void {
    this.assertUsable(method);
    this.assertQuiet(method);
    const where = `${this.host.name}.${method}`;
    const drawing = this.#drawingLayers();
    if (seeds.length !== drawing.length)
      throw refusal('ERR_DATA', where, `seeds of ${drawing.length} layers that draw`, `${seeds.length}`);
    drawing.forEach((layer, index) => (layer.drawSeed = seeds[index]!));
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
      native.resetStates(null);
      throw refusal('ERR_DATA', where, "states of these layers' sizes", 'others');
    }
  }

  #drawingLayers(): readonly Layer[] {
    const parts = this.host.graph?.layers.flatMap((layer) => layer.parts) ?? [];
    return [...new Set(parts.map(({ layer }) => layer))].filter(({ drawSeed }) => drawSeed !== undefined);
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
    this.#lowered = undefined;
    this.#isDisposed = true;
  }
}

/** Elements of what each stateful layer carries. */
function stateSizes(native: NativeModel | undefined): number[] {
  return native === undefined ? [] : callEngine(() => native.layerStates());
}

/** What stateful layers carry. */
function readStates(where: string, native: NativeModel): Float32Array[] {
  return stateSizes(native).map((size, index) => {
    const values = allocate(where, () => new Float32Array(size));
    callEngine(() => native.readLayerStates(index, values));
    return values;
  });
}
