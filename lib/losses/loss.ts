// SPDX-License-Identifier: MIT
// What every loss has: a name, a configuration, its form for the engine, and the rule that its targets obey.
import { checkBoolean, checkOptions, checkString, refusal } from '../util/validate';
import type { NativeLoss, NativeLossKind } from '../native/binding';

/**
 * What the targets of a loss are: class `ids` (one where the output has an axis of classes), `probabilities` in
 * [0, 1] of the output's shape, or any finite `numbers` of the output's shape.
 */
export type TargetRule = 'ids' | 'probabilities' | 'numbers';

/** Options of the cross-entropy losses. */
export interface CrossentropyOptions {
  /** The outputs are logits, not probabilities. Default false. */
  fromLogits?: boolean;
  /** Default: Keras' name of the loss. */
  name?: string;
}

/** Options of the losses without settings of their own. */
export interface LossOptions {
  /** Default: Keras' name of the loss. */
  name?: string;
}

/** Plain configuration of a loss. */
export type LossConfig = Readonly<Record<string, string | boolean>>;

/** A loss: the mean over rows (and timesteps) of a batch, `sum_over_batch_size` in Keras' words. */
export abstract class Loss {
  /** Class name as Keras writes it in configurations: `BinaryCrossentropy`. */
  abstract readonly className: string;
  /** Name of the computation, in Keras' spelling. */
  abstract readonly kind: NativeLossKind;
  /** What targets must look like. */
  abstract readonly targetRule: TargetRule;
  /** Whether the outputs are logits; false where a loss knows no logits. */
  readonly fromLogits: boolean = false;

  protected constructor(
    /** Name of the loss, snake case by default. */
    readonly name: string,
  ) {}

  /** All settings as a plain object; `fromConfig` of the class makes the same loss from it. */
  getConfig(): LossConfig {
    return { name: this.name };
  }

  /** The resolved form that crosses to the engine. */
  toNative(): NativeLoss {
    return { kind: this.kind, fromLogits: this.fromLogits };
  }
}

/** A cross-entropy: a loss that can take logits. */
export abstract class Crossentropy extends Loss {
  override readonly fromLogits: boolean;

  protected constructor(where: string, defaultName: string, options: CrossentropyOptions | undefined) {
    const o = checkOptions<CrossentropyOptions & Record<string, unknown>>(
      where,
      options as CrossentropyOptions & Record<string, unknown>,
      ['fromLogits', 'name', ...LATER.keys()],
    );
    super(checkString(where, 'name', o.name ?? defaultName));
    this.fromLogits = checkBoolean(where, 'fromLogits', o.fromLogits ?? false);
    for (const [key, off] of LATER)
      if (o[key] !== undefined && o[key] !== off)
        throw refusal(
          'ERR_CONFIG',
          where,
          `${key} to be left at ${off}`,
          String(o[key]),
          `ostinato does not have ${key} yet.`,
        );
  }

  override getConfig(): LossConfig {
    return { name: this.name, fromLogits: this.fromLogits };
  }
}

/** Options of Keras that the engine does not compute yet, with the value that switches each off. */
const LATER: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['labelSmoothing', 0],
  ['ignoreClass', null],
  ['axis', -1],
  ['reduction', 'sum_over_batch_size'],
]);

/** A loss without settings of its own. */
export abstract class PlainLoss extends Loss {
  protected constructor(where: string, defaultName: string, options: LossOptions | undefined) {
    super(checkString(where, 'name', checkOptions(where, options, ['name']).name ?? defaultName));
  }
}
