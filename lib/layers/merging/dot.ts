// SPDX-License-Identifier: MIT
// Dot: the product of two inputs over one axis of each. Options, shapes and config; native/layers/merging/dot computes.
import { refuseMore } from '../../util/arguments';
import { refuseNotYet, withDefaults } from '../../util/options';
import { checkBoolean, describe, refusal } from '../../util/validate';
import { Layer, layerDefaults, type LayerOptions } from '../layer';
import { shapesOf, shapeText } from '../shapes';
import type { EngineGraph, EngineValue } from '../../graph/lowering';
import type { SymbolicTensor, TensorSpec } from '../../graph/symbolic_tensor';
import type { NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

/** Options of {@link Dot}. */
export interface DotOptions extends LayerOptions {
  /** Whether the inputs are divided by their length along the axes first, which makes cosines. Default false. */
  normalize?: boolean;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link DotOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, ...NOT_YET, normalize: false } as const);

/** An axis of both inputs, or one of each; negative ones count from the end. */
export type DotAxes = number | readonly [number, number];

/**
 * The product of two inputs, row by row of the batch: the sum over one axis of each.
 *
 * Two inputs [N,C] or [N,T,C]; output: what is left of the axes of the first input, then of the second: [N,1], [N,A] or
 * [N,A,B]. It has no mask: masked timesteps are taken as they are, as in Keras.
 *
 * @see keras/src/layers/merging/dot.py
 * @example
 * const scores = new Dot([2, 2]).apply([decoded, encoded]); // [N,Tq,Tv]
 * const context = new Dot([2, 1]).apply([new Activation('softmax').apply(scores), encoded]); // [N,Tq,C]
 */
export class Dot extends Layer {
  static readonly className = 'Dot';
  readonly className = Dot.className;
  readonly axes: DotAxes;
  readonly normalize: boolean;

  /**
   * @param axes the axis to sum over, 1 or 2, or one for each input; negative ones count from the end
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` for the batch axis, `ERR_UNKNOWN_OPTION`
   */
  constructor(axes: DotAxes, options: DotOptions = {}, ...rest: []) {
    refuseMore('Dot', rest);
    const where = 'Dot';
    const read = readAxes(where, axes);
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const normalize = checkBoolean(where, 'normalize', o.normalize);
    super(where, o);
    this.axes = read;
    this.normalize = normalize;
  }

  override get inputCount(): readonly [number, number] {
    return [2, 2];
  }

  /** The axes counted from the front, checked against the inputs. */
  #axesOf(shapes: readonly Shape[]): [number, number] {
    const given = typeof this.axes === 'number' ? [this.axes, this.axes] : this.axes;
    const axes = shapes.map((shape, input) => {
      if (shape.length !== 2 && shape.length !== 3)
        throw refusal('ERR_SHAPE', this.where, 'inputs [N,C] or [N,T,C]', shapeText(shape));
      const axis = given[input]! < 0 ? given[input]! + shape.length : given[input]!;
      if (axis >= 1 && axis < shape.length) return axis;
      const expected = `axes between 1 and ${shape.length - 1} of input ${input} ${shapeText(shape)}`;
      throw refusal('ERR_SHAPE', this.where, expected, String(given[input]));
    }) as [number, number];
    const [a, b] = shapes.map((shape, input) => shape[axes[input]!]!);
    if (a !== null && b !== null && a !== b) {
      const received = `${shapeText(shapes[0]!)} and ${shapeText(shapes[1]!)}, ${a} and ${b}`;
      throw refusal('ERR_SHAPE', this.where, `axes ${axes.join(' and ')} of one size`, received);
    }
    return axes;
  }

  #shapeOf(shapes: readonly Shape[]): Shape {
    const axes = this.#axesOf(shapes);
    const left = shapes.flatMap((shape, input) => shape.slice(1).filter((_, axis) => axis + 1 !== axes[input]));
    return [shapes[0]![0]!, ...(left.length === 0 ? [1] : left)];
  }

  /** Shape of the first output where it was first applied; undefined before the layer is built. */
  override get outputShape(): Shape | undefined {
    return this.nodes[0]?.outputs[0]!.shape ?? super.outputShape;
  }

  /**
   * Shape of the output, batch axis first.
   *
   * @param inputShape an array of those of both inputs, or one that both have
   */
  override computeOutputShape(inputShape: Shape | readonly Shape[]): Shape {
    return this.#shapeOf(shapesOf(inputShape, 2));
  }

  /** @internal */
  override outputSpecs(inputs: readonly TensorSpec[]): TensorSpec[] {
    return [{ shape: this.#shapeOf(inputs.map(({ shape }) => shape)), dtype: 'float32' }];
  }

  /** @internal As for two inputs of this shape. */
  override toNative(inputShape: Shape): NativeLayerConfig {
    return this.#toNative([inputShape, inputShape]);
  }

  #toNative(shapes: readonly Shape[]): NativeLayerConfig {
    return { kind: 'dot', axes: this.#axesOf(shapes), normalize: this.normalize };
  }

  /** The inputs differ in shape, and are checked together; there are no weights. */
  override checkBuild(): [] {
    return [];
  }

  /** @internal */
  override buildFor(inputs: readonly TensorSpec[]): void {
    this.#axesOf(inputs.map(({ shape }) => shape));
    super.buildFor(inputs);
  }

  /** @internal */
  override lower(engine: EngineGraph, inputs: readonly EngineValue[]): EngineValue[] {
    return engine.add(this, this.#toNative(inputs.map(({ shape }) => shape)), inputs, this.outputSpecs(inputs));
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), axes: this.axes, normalize: this.normalize };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Dot {
    const { axes, ...options } = config;
    return new Dot(axes as DotAxes, options);
  }
}

/**
 * Applies a {@link Dot}.
 *
 * @param inputs two symbolic tensors
 * @param axes see {@link Dot}; default -1: the last axes
 * @throws as {@link Dot} and `apply`
 * @example
 * const similarity = dot([left, right], -1, { normalize: true }); // [N,1] of [N,C] and [N,C]
 */
export function dot(
  inputs: readonly SymbolicTensor[],
  axes: DotAxes = -1,
  options: DotOptions = {},
  ...rest: []
): SymbolicTensor {
  refuseMore('dot', rest);
  return new Dot(axes, options).apply(inputs);
}

function readAxes(where: string, axes: unknown): DotAxes {
  const expected = 'axes to be an axis, or an axis for each of two inputs';
  const isAxis = (axis: unknown): axis is number => Number.isSafeInteger(axis);
  const fits = isAxis(axes) || (Array.isArray(axes) && axes.length === 2 && axes.every(isAxis));
  if (!fits) throw refusal('ERR_TYPE', where, expected, describe(axes));
  const list = typeof axes === 'number' ? [axes] : (axes as [number, number]);
  if (list.includes(0))
    throw refusal('ERR_CONFIG', where, `${expected}, but the batch axis`, '0', 'Axis 1 is the first after the batch.');
  return typeof axes === 'number' ? axes : (Object.freeze([...list]) as readonly [number, number]);
}
