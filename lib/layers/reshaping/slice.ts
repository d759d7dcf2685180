// SPDX-License-Identifier: MIT
// Slice: part of the timesteps and of the features. native/layers/reshaping computes.
import { refuseMore } from '../../util/arguments';
import { refuseNotYet, withDefaults } from '../../util/options';
import { refusal } from '../../util/validate';
import { layerDefaults, type LayerOptions } from '../layer';
import { knownFeatures, shapeText } from '../shapes';
import { ALL_STEPS, MovingSteps, type Selection } from './moving_steps';
import { checkIndex, checkRange, selectedOf, type ResolvedRange, type SliceRange } from './ranges';
import type { EngineGraph, EngineOptions, EngineValue } from '../../graph/lowering';
import type { SymbolicTensor } from '../../graph/symbolic_tensor';
import type { Shape } from '../../types';

/** Options of {@link Slice}. One of them is needed. */
export interface SliceOptions extends LayerOptions {
  /**
   * Timesteps: [begin, end, stride] as numpy slices, negative numbers counting from the end and null standing for the end
   * itself; or one index, whose timestep is a vector [N,C]. Default null: all.
   */
  steps?: SliceRange | number | null;
  /** Features: [begin, end, stride] likewise. Default null: all. */
  features?: SliceRange | null;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link SliceOptions}. */
export const defaults = Object.freeze({ ...layerDefaults, steps: null, features: null } as const);

/**
 * Part of a sequence [N,T,C], of ids [N,T] (which stay ids) or of a vector [N,C].
 *
 * Keras has no such layer: there tensors are sliced, and lose their mask. Here a range of timesteps keeps the mask of what
 * is left.
 *
 * @example
 * const x = new Input([10, 8]);
 * new Slice({ steps: [0, -1] }).apply(x).shape; // [null, 9, 8]: all but the last timestep
 * new Slice({ steps: -1, features: [0, 3] }).apply(x).shape; // [null, 3]: of the last timestep three features
 */
export class Slice extends MovingSteps {
  static readonly className = 'Slice';
  readonly className = Slice.className;
  readonly steps: SliceRange | number | null;
  readonly features: SliceRange | null;
  protected readonly selection: Selection | null;
  readonly #featureRange: ResolvedRange | null;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: SliceOptions, ...rest: []) {
    refuseMore('Slice', rest);
    const o = withDefaults('Slice', options, defaults);
    refuseNotYet('Slice', options, NOT_YET);
    const { steps, features } = o;
    if (steps === null && features === null)
      throw refusal('ERR_CONFIG', 'Slice', 'steps or features', 'neither', 'Give new Slice({ steps: [0, -1] }), say.');
    const isIndex = steps !== null && !Array.isArray(steps);
    const range = steps === null ? null : isIndex ? indexRange(steps) : checkRange('Slice', 'steps', steps);
    const featureRange = features === null ? null : checkRange('Slice', 'features', features);
    super('Slice', o);
    this.selection = range && { ...ALL_STEPS, ...range };
    this.#featureRange = featureRange;
    this.steps = isIndex || range === null ? (steps as number | null) : listOf(range);
    this.features = featureRange && listOf(featureRange);
  }

  protected override get keepsMask(): boolean {
    return true;
  }

  protected override get dropsSteps(): boolean {
    return typeof this.steps === 'number';
  }

  override get keepsIds(): boolean {
    return this.features === null;
  }

  /** Of features alone, each timestep is computed by itself. */
  override get isPositionWise(): boolean {
    return this.selection === null;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const isBoth = this.selection !== null && this.#featureRange !== null;
    if (inputShape.length === 2 && isBoth)
      throw refusal('ERR_SHAPE', this.where, 'input [N,T,C]', shapeText(inputShape), 'Ids and vectors have one axis.');
    const { length } = inputShape;
    if (this.dropsSteps) this.#checkStep(inputShape);
    const moved = this.selection !== null || length !== 2 ? super.computeOutputShape(inputShape) : inputShape;
    if (this.#featureRange === null) return moved;
    return [...moved.slice(0, -1), this.#featuresOf(inputShape).count];
  }

  #checkStep(inputShape: Shape): void {
    const steps = inputShape[1] ?? null;
    const index = this.steps as number;
    if (steps === null || (index < steps && index >= -steps)) return;
    throw refusal('ERR_SHAPE', this.where, `input that has timestep ${index}`, shapeText(inputShape));
  }

  #featuresOf(inputShape: Shape): { first: number; count: number } {
    const selected = selectedOf(this.#featureRange!, knownFeatures(this.where, inputShape));
    if (selected.count > 0) return selected;
    throw refusal('ERR_SHAPE', this.where, 'input of which some feature is left', shapeText(inputShape));
  }

  /** @internal Timesteps first, then features. */
  override lower(engine: EngineGraph, inputs: readonly EngineValue[], options: EngineOptions): EngineValue[] {
    const given = inputs[0]!;
    const moved = this.selection === null ? given : super.lower(engine, inputs, options)[0]!;
    if (this.#featureRange === null) return [moved];
    const { first: begin, count } = this.#featuresOf(given.shape);
    const { stride } = this.#featureRange;
    const shape = this.computeOutputShape(given.shape);
    return engine.addPlain(
      this,
      { kind: 'slice_features', begin, count, stride },
      [moved],
      [{ shape, dtype: 'float32' }],
    );
  }

  override getConfig(): Record<string, unknown> {
    const { steps, features } = this;
    return { ...super.getConfig(), steps: copyOf(steps), features: copyOf(features) };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Slice {
    return new Slice(config);
  }
}

/** The range of one index alone: the last has no index after it. */
function indexRange(value: unknown): ResolvedRange {
  const begin = checkIndex('Slice', 'steps', value);
  return { begin, end: begin === -1 ? null : begin + 1, stride: 1 };
}

function listOf({ begin, end, stride }: ResolvedRange): SliceRange {
  return Object.freeze([begin, end, stride] as const);
}

function copyOf<T>(value: T): T {
  return Array.isArray(value) ? ([...(value as unknown[])] as T) : value;
}

/**
 * Part of a tensor: a {@link Slice} applied to it.
 *
 * @param x a sequence [N,T,C], ids [N,T] or a vector [N,C]
 * @throws as the layer
 * @example
 * const words = new Input([12], { dtype: 'int32' });
 * const [before, after] = [slice(words, { steps: [0, -1] }), slice(words, { steps: [1] })]; // [null, 11] each
 */
export function slice(x: SymbolicTensor, options: SliceOptions, ...rest: []): SymbolicTensor {
  refuseMore('slice', rest);
  return new Slice(options).apply(x);
}
