// SPDX-License-Identifier: MIT
// Layers made of layers: their weights are those of the parts, one part's after another's.
import { assignParts, Layer, partsOf, specsOf, type Part, type WeightDeclaration } from './layer';
import type { Shape } from '../types';
import type { WeightSpec } from './weights';

/** Base class of layers that are made of other layers. */
export abstract class Wrapper extends Layer {
  #parts: readonly Layer[] = [];

  /** Takes the parts in the order of their weights; the constructor of a subclass calls it once. */
  protected adopt(parts: readonly Layer[]): void {
    this.#parts = parts;
    for (const part of parts) part.becomePart();
  }

  /** The shape that a part reads, where it is not the wrapper's own. */
  protected partShape(inputShape: Shape, _part: Layer): Shape {
    return inputShape;
  }

  /** @internal */
  override get sublayers(): readonly Layer[] {
    return this.#parts;
  }

  /** @internal */
  override get parts(): readonly Part[] {
    return partsOf(this.#parts).map((part) => ({ ...part, trainable: this.trainable && part.trainable }));
  }

  override get batchInputShape(): Shape | undefined {
    return super.batchInputShape ?? this.#parts[0]?.batchInputShape;
  }

  override checkBuild(inputShape: Shape): readonly WeightDeclaration[] {
    super.checkBuild(inputShape);
    const declared = this.#parts.flatMap((part) =>
      part
        .checkBuild(this.partShape(inputShape, part))
        .map((weight) => ({ ...weight, name: `${part.name}/${weight.name}` })),
    );
    if (!this.isBuilt && this.initialWeights !== undefined) this.checkInitialWeights(declared);
    return declared;
  }

  override build(inputShape: Shape): void {
    const isFirst = !this.isBuilt;
    super.build(inputShape);
    for (const part of this.#parts) part.build(this.partShape(this.inputShape!, part));
    if (isFirst && this.initialWeights !== undefined) this.assignWeights(this.checkInitialWeights(this.weightSpecs));
  }

  override get weightSpecs(): readonly WeightSpec[] {
    return this.isBuilt ? specsOf(this.parts) : [];
  }

  override countParams(): number {
    super.countParams();
    return this.#parts.reduce((sum, part) => sum + part.countParams(), 0);
  }

  override getWeights(): ReturnType<Layer['getWeights']> {
    return this.isBuilt ? this.#parts.flatMap((part) => part.getWeights()) : [];
  }

  /** @internal */
  override assignWeights(values: readonly Float32Array[]): void {
    assignParts(this.parts, values);
  }

  /** @internal */
  override assertAtRest(method: string): void {
    for (const part of this.#parts) part.assertAtRest(method);
  }

  override resetStates(): void {
    super.resetStates();
    for (const part of this.#parts) part.resetStates();
  }

  /** Whether training changes the weights; setting it sets the parts' flags too, as in Keras. */
  override get trainable(): boolean {
    return super.trainable;
  }

  override set trainable(value: boolean) {
    super.trainable = value;
    for (const part of this.#parts) part.trainable = value;
  }
}
