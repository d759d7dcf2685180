// SPDX-License-Identifier: MIT
// What layers have in common that only move timesteps: nothing is computed, so ids stay ids.
import { refusal } from '../../util/validate';
import { Layer } from '../layer';
import { shapeText } from '../shapes';
import { selectedOf, type ResolvedRange } from './ranges';
import type { EngineGraph, EngineOptions, EngineValue } from '../../graph/lowering';
import type { TensorSpec } from '../../graph/symbolic_tensor';
import type { NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

/** Which timesteps: a range of them, each `repeats` times, then zeros before and after. */
export interface Selection extends ResolvedRange {
  readonly repeats: number;
  readonly before: number;
  readonly after: number;
}

/** Every timestep, once. */
export const ALL_STEPS: Selection = Object.freeze({
  begin: null,
  end: null,
  stride: 1,
  repeats: 1,
  before: 0,
  after: 0,
});

/** Base class of layers of [N,T,C] that move timesteps; ids [N,T] are moved likewise. */
export abstract class MovingSteps extends Layer {
  /** null where the timesteps stay as they are. */
  protected abstract readonly selection: Selection | null;

  /** Whether masked timesteps stay masked where they go. */
  protected get keepsMask(): boolean {
    return false;
  }

  /** Whether the one timestep that is left is a vector. */
  protected get dropsSteps(): boolean {
    return false;
  }

  override get keepsIds(): boolean {
    return true;
  }

  /** @internal A sequence of rank 2 can only be ids. */
  override readsTokens(): boolean {
    return this.inputShape?.length === 2 && this.selection !== null;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const fits = inputShape.length === 3 || (inputShape.length === 2 && !this.dropsSteps);
    if (!fits) {
      const expected = this.dropsSteps ? 'input [N,T,C]' : 'input [N,T,C], or ids [N,T]';
      throw refusal('ERR_SHAPE', this.where, expected, `rank ${inputShape.length} ${shapeText(inputShape)}`);
    }
    const [batch, steps, ...rest] = inputShape as [number | null, number | null, ...(number | null)[]];
    const moved = this.#stepsOf(inputShape, steps);
    return this.dropsSteps ? [batch, ...rest] : [batch, moved, ...rest];
  }

  #stepsOf(inputShape: Shape, steps: number | null): number | null {
    const { selection } = this;
    if (steps === null || selection === null) return steps;
    const { before, after, repeats } = selection;
    const count = before + selectedOf(selection, steps).count * repeats + after;
    if (count > 0) return count;
    throw refusal('ERR_SHAPE', this.where, 'input of which some timestep is left', shapeText(inputShape));
  }

  /** @internal */
  override buildFor(inputs: readonly TensorSpec[]): void {
    this.#expectSteps(inputs[0]!);
    super.buildFor(inputs);
  }

  /** A vector of numbers has no timesteps to move. */
  #expectSteps({ shape, dtype }: TensorSpec): void {
    if (this.selection === null || shape.length !== 2 || dtype !== 'float32') return;
    const hint = 'An Input of ids has the dtype "int32".';
    throw refusal('ERR_SHAPE', this.where, 'input [N,T,C], or ids [N,T]', `numbers ${shapeText(shape)}`, hint);
  }

  /** @internal */
  override outputSpecs(inputs: readonly TensorSpec[], extra: Readonly<Record<string, unknown>>): TensorSpec[] {
    const isIds = this.selection !== null && inputs[0]!.shape.length === 2;
    return super.outputSpecs(inputs, extra).map(({ shape, dtype }) => ({ shape, dtype: isIds ? 'int32' : dtype }));
  }

  /** @internal */
  override lower(engine: EngineGraph, inputs: readonly EngineValue[], _options: EngineOptions): EngineValue[] {
    this.#expectSteps(inputs[0]!);
    return engine.addPlain(this, this.toNative(inputs[0]!.shape), inputs, this.outputSpecs(inputs, {}));
  }

  override toNative(_inputShape: Shape): NativeLayerConfig {
    const { keepsMask, dropsSteps: dropsAxis } = this;
    const { begin, end, stride, repeats, before, after } = this.selection ?? ALL_STEPS;
    return { kind: 'select_steps', begin, end, stride, repeats, before, after, keepsMask, dropsAxis };
  }
}
