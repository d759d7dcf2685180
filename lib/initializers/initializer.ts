// SPDX-License-Identifier: MIT
// What all initializers have in common. None draws a number itself: each describes a distribution, and the engine fills it in.
import { allocate } from '../arrays/nested_arrays';
import { expectKnown } from '../util/families';
import { loadBinding } from '../native/engine';
import type { NativeInitializer } from '../native/binding';
import { NdArray } from '../ndarray';
import { nextSeed } from '../util/seeds';
import { checkInteger, describe, refusal } from '../util/validate';

/** An initializer as plain data, as `getConfig` of a layer writes it. */
export interface InitializerConfig {
  className: string;
  config: Record<string, unknown>;
}

/** The option that all random initializers share. */
export interface SeedOptions {
  /** Integer from 0 to 2^53 - 1: the same seed and shape give the same values. Default null: drawn from {@link setRandomSeed}'s. */
  seed?: number | null;
}

/** Base class of all initializers. */
export abstract class Initializer {
  /** The class name, as in Keras: it is written into configs. */
  abstract readonly className: string;
  /** The seed given, or null where each weight draws its own from the global seed. */
  readonly seed: number | null;

  protected constructor(where: string, seed: number | null | undefined) {
    expectKnown(Initializer, new.target);
    this.seed =
      seed === null || seed === undefined ? null : checkInteger(where, 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
  }

  /** @internal The distribution as the engine takes it. */
  abstract toNative(): NativeInitializer;

  /** The constructor's arguments by name; a plain object. */
  abstract getConfig(): Record<string, unknown>;

  /**
   * Refuses shapes that this initializer cannot fill (a vector for {@link Orthogonal}).
   *
   * @throws ShapeError `ERR_SHAPE`
   *
   * @internal
   */
  checkShape(_where: string, _shape: readonly number[]): void {}

  /** `{ className, config }`, which every `...Initializer` option takes as well. */
  toJSON(): InitializerConfig {
    return { className: this.className, config: this.getConfig() };
  }

  /**
   * @internal Where the values of a weight come from: the engine draws them when they are needed, as {@link initialize}
   * would, unless a subclass has a way of its own to make them.
   */
  source(
    shape: readonly number[],
    seed: number,
  ): { readonly initializer: NativeInitializer; readonly seed: number } | { readonly draw: () => Float32Array } {
    if (this.initialize !== Initializer.prototype.initialize) return { draw: () => this.initialize(shape, seed).data };
    return { initializer: this.toNative(), seed: this.seed ?? seed };
  }

  /**
   * Fills a new array of `shape`.
   *
   * @param shape sizes of the axes; none for a single number
   * @param seed the stream to draw from where this initializer was given none; default: the next of the global seed's
   * @throws ShapeError `ERR_SHAPE` where the shape does not suit; ConfigError `ERR_TYPE`, `ERR_CONFIG` for a seed that is none
   * @example
   * new GlorotUniform({ seed: 1 }).initialize([32, 64]).shape; // [32, 64]
   */
  initialize(shape: readonly number[], seed?: number): NdArray {
    if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size > 0))
      throw refusal('ERR_SHAPE', this.className, 'a shape of positive sizes', describe(shape));
    this.checkShape(this.className, shape);
    const given =
      seed === undefined ? undefined : checkInteger(this.className, 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
    const out = allocate(this.className, () => new Float32Array(shape.reduce((product, size) => product * size, 1)));
    loadBinding().initialize(this.toNative(), [...shape], this.seed ?? given ?? nextSeed(), out);
    return new NdArray(out, shape);
  }
}
