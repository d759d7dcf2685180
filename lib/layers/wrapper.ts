// SPDX-License-Identifier: MIT
// Layers made of layers. The wrapper holds the weights, one part's after another's, as a model wants them of any layer;
// each part sees its own through it.
import { Layer, type WeightDeclaration } from './layer';
import type { Shape } from '../types';
import type { WeightOwner, WeightSpec } from './weights';

/** Base class of layers that are made of other layers. */
export abstract class Wrapper extends Layer {
  #parts: readonly Layer[] = [];

  /** Takes the parts in the order of their weights; the constructor of a subclass calls it once. */
  protected adopt(parts: readonly Layer[]): void {
    this.#parts = parts;
    for (const part of parts) part.attach(new PartOwner(this, parts));
  }

  /** @internal */
  override get parts(): readonly Layer[] {
    return this.#parts;
  }

  /** The shape that the parts read, where it is not the wrapper's own. */
  protected partShape(inputShape: Shape): Shape {
    return inputShape;
  }

  override get batchInputShape(): Shape | undefined {
    return super.batchInputShape ?? this.#parts[0]?.batchInputShape;
  }

  protected override declareWeights(inputShape: Shape): WeightDeclaration[] {
    const shape = this.partShape(inputShape);
    return this.#parts.flatMap((part) =>
      part.checkBuild(shape).map((weight) => ({ ...weight, name: `${part.name}/${weight.name}` })),
    );
  }

  override build(inputShape: Shape): void {
    const isFirst = !this.isBuilt;
    const isCarried = this.#parts.every((part) => part.isBuilt);
    super.build(inputShape);
    for (const part of this.#parts) part.build(this.partShape(this.inputShape!));
    // What the parts were given or have learnt before they came here.
    if (isFirst && isCarried) this.holdWeights(this.#parts.flatMap((part) => part.releaseWeights()));
  }

  override get weightSpecs(): readonly WeightSpec[] {
    if (!this.isBuilt) return [];
    return this.#parts.flatMap((part) =>
      part.weightSpecs.map((spec) => ({
        ...spec,
        name: `${part.name}/${spec.name}`,
        trainable: this.trainable && spec.trainable,
      })),
    );
  }

  /** @internal */
  override get drawingLayers(): readonly Layer[] {
    return this.#parts.flatMap((part) => part.drawingLayers);
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

/** The wrapper as a part of it sees it. */
class PartOwner implements WeightOwner {
  constructor(
    private readonly wrapper: Wrapper,
    private readonly parts: readonly Layer[],
  ) {}

  get name(): string {
    return this.wrapper.name;
  }

  readLayer(part: Layer): Float32Array[] | undefined {
    if (!this.wrapper.isBuilt) return undefined;
    const [begin, end] = this.#range(part);
    return this.wrapper
      .getWeights()
      .slice(begin, end)
      .map(({ data }) => data);
  }

  copyLayer(part: Layer): Promise<Float32Array[]> | undefined {
    if (!this.wrapper.isBuilt) return undefined;
    const [begin, end] = this.#range(part);
    return this.wrapper.copyWeights().then((all) => all.slice(begin, end));
  }

  writeLayer(part: Layer, values: readonly Float32Array[]): boolean {
    if (!this.wrapper.isBuilt) return false;
    const [begin, end] = this.#range(part);
    const all = this.wrapper.getWeights().map(({ data }) => data);
    this.wrapper.setWeights([...all.slice(0, begin), ...values, ...all.slice(end)]);
    return true;
  }

  trainableChanged(): void {
    this.wrapper.owner?.trainableChanged();
  }

  resetStates(): void {
    this.wrapper.resetStates();
  }

  #range(part: Layer): [number, number] {
    const before = this.parts.slice(0, this.parts.indexOf(part));
    const begin = before.reduce((sum, { weightSpecs }) => sum + weightSpecs.length, 0);
    return [begin, begin + part.weightSpecs.length];
  }
}
