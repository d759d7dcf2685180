// SPDX-License-Identifier: MIT
// What layers that join several inputs have in common: no weights, and a shape that depends on all of them.
import { refuseNotYet } from '../../util/options';
import { refusal } from '../../util/validate';
import { Layer, type LayerOptions } from '../layer';
import { shapesOf, shapeText } from '../shapes';
import type { TensorSpec } from '../../graph/symbolic_tensor';
import type { Shape } from '../../types';

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Base class of layers that join several inputs. */
export abstract class Joining extends Layer {
  #joined: Shape | undefined;

  /** Takes options over their defaults. */
  protected constructor(className: string, options: LayerOptions) {
    refuseNotYet(className, options, NOT_YET);
    super(className, options);
  }

  override get inputCount(): readonly [number, number] {
    return [1, Infinity];
  }

  /** The output for inputs of these shapes. Throws `ERR_SHAPE` where they do not go together. */
  protected abstract joinShapes(inputs: readonly Shape[]): Shape;

  /**
   * Shape of the output, batch axis first.
   *
   * @param inputShape that of one input, or an array of those of all
   */
  override computeOutputShape(inputShape: Shape | readonly Shape[]): Shape {
    const shapes = shapesOf(inputShape);
    const batches = new Set(shapes.map(([batch]) => batch ?? null).filter((batch) => batch !== null));
    if (batches.size > 1) throw this.refuseShapes('inputs of one number of rows', shapes);
    const [, ...axes] = this.joinShapes(shapes);
    return [[...batches][0] ?? null, ...axes];
  }

  override get outputShape(): Shape | undefined {
    return this.#joined;
  }

  /** @internal */
  override buildFor(inputs: readonly TensorSpec[]): void {
    const { shape } = this.outputSpecs(inputs, {})[0]!;
    super.buildFor(inputs);
    this.#joined = shape;
  }

  /** @internal */
  override outputSpecs(inputs: readonly TensorSpec[], _extra: Readonly<Record<string, unknown>>): TensorSpec[] {
    return [{ shape: this.computeOutputShape(inputs.map(({ shape }) => shape)), dtype: 'float32' }];
  }

  /** The error for shapes that do not go together. */
  protected refuseShapes(expected: string, shapes: readonly Shape[], hint = ''): Error {
    return refusal('ERR_SHAPE', this.where, expected, shapes.map(shapeText).join(' and '), hint);
  }
}
