// SPDX-License-Identifier: MIT
// The bias of an LSTM whose forget gate begins open: ones in the part of f, another initializer's values around it.
import { Initializer, Ones } from '../initializers';
import { NdArray } from '../ndarray';
import { nextSeed } from '../util/seeds';
import type { NativeInitializer } from '../native/binding';

/** Fills `[4H]`: [H] values for i, [H] ones for f, [2H] values for c and o. Never seen in a config: `unitForgetBias` says it. */
export class UnitForgetBias extends Initializer {
  readonly className = 'UnitForgetBias';

  constructor(private readonly others: Initializer) {
    super('UnitForgetBias', others.seed);
  }

  override checkShape(where: string, shape: readonly number[]): void {
    this.others.checkShape(where, shape);
  }

  override toNative(): NativeInitializer {
    return this.others.toNative();
  }

  override getConfig(): Record<string, unknown> {
    return { others: this.others.toJSON() };
  }

  /** The parts are initialized one by one, as in Keras: what an initializer does may depend on the size. */
  override initialize(shape: readonly number[], seed: number = nextSeed()): NdArray {
    const units = shape[0]! / 4;
    // Unless the initializer has a seed of its own, c and o must not repeat the values of i.
    const next = seed === 0 ? 1 : seed - 1;
    const bias = new NdArray(new Float32Array(4 * units), shape);
    bias.data.set(this.others.initialize([units], seed).data, 0);
    // Ones draw nothing; without a seed they would take that of another layer.
    bias.data.set(new Ones().initialize([units], 0).data, units);
    bias.data.set(this.others.initialize([2 * units], next).data, 2 * units);
    return bias;
  }
}
