// SPDX-License-Identifier: MIT
// Layers of several inputs for tests of graphs: a sum and a concatenation, as plain as can be.
import { Layer } from '../../lib';
import { registerLayers } from '../../lib/layers/registry';
import type { TensorSpec } from '../../lib/graph/symbolic_tensor';
import type { SymbolicTensor, Shape } from '../../lib';
import type { NativeLayerConfig } from '../../lib/native/binding';

type Options = { name?: string | null };

abstract class Joining extends Layer {
  override get inputCount(): readonly [number, number] {
    return [2, Infinity];
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return inputShape;
  }

  protected abstract join(shapes: readonly Shape[]): Shape;

  override outputSpecs(inputs: readonly TensorSpec[]): TensorSpec[] {
    return [{ shape: this.join(inputs.map(({ shape }) => shape)), dtype: 'float32' }];
  }
}

/** The sum of its inputs; vectors are added to every timestep. */
export class Add extends Joining {
  readonly className = 'Add';

  constructor(options: Options = {}) {
    super('Add', options);
  }

  protected join(shapes: readonly Shape[]): Shape {
    return shapes.reduce((widest, shape) => (shape.length > widest.length ? shape : widest));
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'merge', merge: 'add' };
  }

  static fromConfig(config: Options): Add {
    return new Add({ name: config.name ?? null });
  }
}

/** Its inputs side by side. */
export class Concatenate extends Joining {
  readonly className = 'Concatenate';

  constructor(options: Options = {}) {
    super('Concatenate', options);
  }

  protected join(shapes: readonly Shape[]): Shape {
    return [...shapes[0]!.slice(0, -1), shapes.reduce((sum, shape) => sum + shape.at(-1)!, 0)];
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'concatenate', alongSteps: false };
  }

  static fromConfig(config: Options): Concatenate {
    return new Concatenate({ name: config.name ?? null });
  }
}

registerLayers([Add, Concatenate]);

export const add = (tensors: readonly SymbolicTensor[], options?: Options): SymbolicTensor =>
  new Add(options).apply(tensors);

export const concatenate = (tensors: readonly SymbolicTensor[], options?: Options): SymbolicTensor =>
  new Concatenate(options).apply(tensors);
