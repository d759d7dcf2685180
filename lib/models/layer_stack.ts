// SPDX-License-Identifier: MIT
// The layers of a Sequential in order, and the shapes that run through them. Every change is checked whole before it is made.
import { Input, Layer } from '../layers';
import { areCompatible, checkShape, shapeText } from '../layers/shapes';
import { describe, refusal } from '../util/validate';
import type { WeightOwner } from '../layers/weights';
import type { Shape } from '../types';

export class LayerStack {
  readonly #layers: Layer[] = [];
  #input: Input | undefined;
  #inputShape: Shape | undefined;

  get layers(): readonly Layer[] {
    return this.#layers;
  }

  /** The Input given, if one was. */
  get input(): Input | undefined {
    return this.#input;
  }

  /** Batch axis first; undefined while unknown. */
  get inputShape(): Shape | undefined {
    return this.#inputShape;
  }

  /** Whether there are layers and the shapes of all are known. */
  get isBuilt(): boolean {
    return this.#inputShape !== undefined && this.#layers.length > 0 && this.#layers.every((layer) => layer.isBuilt);
  }

  get outputShape(): Shape | undefined {
    return this.isBuilt ? this.#layers.at(-1)!.outputShape : undefined;
  }

  /** Appends a layer, and builds it where its input is known; or takes the shape of the input. */
  add(where: string, item: unknown, owner: WeightOwner): void {
    if (item instanceof Input) return this.#addInput(where, item);
    if (!(item instanceof Layer)) {
      const hint = typeof item === 'function' ? 'Make one with new.' : '';
      throw refusal('ERR_TYPE', where, 'a layer or an Input', describe(item), hint);
    }
    this.#checkNew(where, item);
    const isFirst = this.#layers.length === 0;
    const shape = isFirst ? (this.#inputShape ?? item.batchInputShape) : this.#layers.at(-1)!.outputShape;
    if (shape !== undefined) {
      if (isFirst) checkModelInput(where, item, shape);
      checkGivenShape(where, item, shape);
      item.build(shape);
    }
    if (isFirst) this.#inputShape = shape;
    this.#giveWay(item);
    item.attach(owner);
    this.#layers.push(item);
  }

  /** Where a name is taken, the layer whose name is automatic takes another. */
  #giveWay(item: Layer): void {
    const other = this.#layers.find(({ name }) => name === item.name);
    if (other === undefined) return;
    const taken = new Set(this.#layers.map(({ name }) => name));
    (item.hasAutomaticName ? item : other).renumber(taken);
  }

  #addInput(where: string, input: Input): void {
    if (this.#input !== undefined || this.#layers.length > 0)
      throw refusal('ERR_CONFIG', where, 'Input as the first item, once', `one after ${this.#describeEnd()}`);
    this.#input = input;
    this.#inputShape = input.batchShape;
  }

  #checkNew(where: string, layer: Layer): void {
    if (layer.outputSizes !== undefined || layer.returnsStates)
      throw refusal(
        'ERR_CONFIG',
        where,
        'layers of one output',
        `${layer.className} "${layer.name}" with ${layer.returnsStates ? 'returnState: true' : 'mergeMode: null'}`,
        'Call such a layer by itself: await layer.call(x).',
      );
    if (layer.owner !== undefined)
      throw refusal(
        'ERR_CONFIG',
        where,
        'a layer of no model',
        `"${layer.name}" of "${layer.owner.name}"`,
        'Shared layers are not supported yet; make a new one.',
      );
    const isTaken = this.#layers.some(({ name, hasAutomaticName }) => name === layer.name && !hasAutomaticName);
    if (isTaken && !layer.hasAutomaticName)
      throw refusal('ERR_CONFIG', where, 'layers of different names', `"${layer.name}" twice`, 'Give it another name.');
    if (layer.inputKind === 'tokens' && this.#layers.length > 0)
      throw refusal(
        'ERR_CONFIG',
        where,
        `${layer.className} as the first layer, for it reads token ids`,
        `one after ${this.#describeEnd()}`,
      );
  }

  #describeEnd(): string {
    const last = this.#layers.at(-1);
    return last === undefined ? 'another Input' : `${last.className} "${last.name}"`;
  }

  /** Removes and returns the last layer. */
  pop(where: string): Layer {
    const layer = this.#layers.pop();
    if (layer === undefined) throw refusal('ERR_STATE', where, 'at least one layer', 'a model without layers');
    layer.attach(undefined);
    if (this.#layers.length === 0) this.#inputShape = this.#input?.batchShape;
    return layer;
  }

  /** Builds all layers for an input of this shape, batch axis first. */
  build(where: string, given: unknown): void {
    const shape: Shape = [null, ...checkShape(where, 'inputShape', given).slice(1)];
    const first = this.#layers[0];
    if (first === undefined) throw refusal('ERR_STATE', where, 'at least one layer', 'a model without layers');
    if (this.#inputShape !== undefined) {
      if (areCompatible(this.#inputShape, shape)) return;
      throw refusal('ERR_SHAPE', where, `input ${shapeText(this.#inputShape)}`, shapeText(shape));
    }
    checkModelInput(where, first, shape);
    // Nothing is built unless everything fits.
    this.#layers.reduce((running, layer) => {
      checkGivenShape(where, layer, running);
      layer.checkBuild(running);
      return layer.computeOutputShape(running);
    }, shape);
    let running = shape;
    for (const layer of this.#layers) {
      layer.build(running);
      running = layer.outputShape!;
    }
    this.#inputShape = shape;
  }

  /** Shape of the output for an input of this shape. Throws `ERR_SHAPE` where a layer does not take its own. */
  computeOutputShape(shape: Shape): Shape {
    return this.#layers.reduce((running, layer) => layer.computeOutputShape(running), shape);
  }

  /** Whether the layers, not built yet, would take an input of this shape. */
  accepts(shape: Shape): boolean {
    try {
      this.computeOutputShape(shape);
      return true;
    } catch {
      return false;
    }
  }
}

/** What a layer was told of its input must be true of what it gets. */
function checkGivenShape(where: string, layer: Layer, shape: Shape): void {
  const given = layer.givenInputShape;
  if (given === undefined || areCompatible(given, shape)) return;
  const expected = `input ${shapeText(given)} for "${layer.name}", as its inputShape says`;
  throw refusal('ERR_SHAPE', where, expected, shapeText(shape));
}

/** The engine reads [N,T] of ids, and [N,C] or [N,T,C] of numbers, where only T may be unknown. */
function checkModelInput(where: string, first: Layer, shape: Shape): void {
  const isTokens = first.inputKind === 'tokens';
  const fits = isTokens ? shape.length === 2 : shape.length === 2 || shape.length === 3;
  if (!fits || (!isTokens && shape.at(-1) === null))
    throw refusal(
      'ERR_SHAPE',
      where,
      isTokens ? 'input [N,T] of token ids' : 'input [N,C] or [N,T,C] with C known',
      shapeText(shape),
    );
}
