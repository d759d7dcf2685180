// SPDX-License-Identifier: MIT
// What every loss has: a name, a reduction, a configuration, its form for the engine, and the rule that its targets obey.
import { expectKnown } from '../util/families';
import { NdArray } from '../ndarray';
import { allocate } from '../arrays/nested_arrays';
import { callEngine, loadBinding } from '../native/engine';
import { checkNumber, checkOptions, checkString, describe, refusal } from '../util/validate';
import { nearest } from '../util/did_you_mean';
import { normalizeName } from '../util/identifiers';
import { readRows } from './rows';
import type { NativeLoss, NativeLossKind, NativeReduction } from '../native/binding';
import type { ArrayInput } from '../types';

/**
 * What the targets of a loss are: class `ids` (one where the output has an axis of classes), `probabilities` in
 * [0, 1] of the output's shape, any finite `numbers` of the output's shape, or `labels`: ids from 1 for each sample, of
 * outputs with timesteps.
 */
export type TargetRule = 'ids' | 'probabilities' | 'numbers' | 'labels';

/**
 * How one number is made of the values of all rows (samples, or timesteps): their mean (`sum_over_batch_size` and `mean`),
 * their sum, or the mean by weights (`mean_with_sample_weight`); masked rows never count. `none` or null leaves one number
 * for each row, and is for `call` alone.
 */
export type Reduction = 'sum_over_batch_size' | 'mean' | 'sum' | 'mean_with_sample_weight' | 'none' | null;

/** Options that every loss takes. */
export interface LossOptions {
  /** Default 'sum_over_batch_size'. */
  reduction?: Reduction;
  /** Default: Keras' name of the loss. */
  name?: string;
}

/** Options of {@link Loss.call}. */
export interface LossCallOptions {
  /** One weight for each sample [N], or for each row of the outputs (the outputs' shape without its last axis). */
  sampleWeight?: ArrayInput;
}

/** Plain configuration of a loss. */
export type LossConfig = Readonly<Record<string, string | number | boolean | null | readonly number[]>>;

const REDUCTIONS = ['sum_over_batch_size', 'sum', 'mean', 'mean_with_sample_weight', 'none'] as const;

/** A number for each row of a batch (sample, or timestep), reduced to one. */
export abstract class Loss {
  /** Class name as Keras writes it in configurations: `BinaryCrossentropy`. */
  abstract readonly className: string;
  /** Name of the computation, in Keras' spelling. */
  abstract readonly kind: NativeLossKind;
  /** What targets must look like. */
  abstract readonly targetRule: TargetRule;
  /** Name of the loss, snake case by default. */
  readonly name: string;
  readonly reduction: NativeReduction;
  /** Whether the outputs are logits; false where a loss knows no logits. */
  readonly fromLogits: boolean = false;
  /** The id of targets that count nothing; null where there is none. */
  readonly ignoreClass: number | null = null;

  protected constructor(
    where: string,
    defaultName: string,
    options: LossOptions | undefined,
    known: readonly string[] = [],
  ) {
    expectKnown(Loss, new.target);
    const o = checkOptions(where, options, [...known, 'reduction', 'name']);
    const { name = defaultName } = o;
    this.name = checkString(where, 'name', name);
    this.reduction = readReduction(where, o.reduction);
  }

  /** The loss that `getConfig` described. */
  static fromConfig<L>(this: new (options?: never) => L, config: LossConfig): L {
    return new this(config as never);
  }

  /** All settings as a plain object; `fromConfig` of the class makes the same loss from it. */
  getConfig(): LossConfig {
    return { name: this.name, reduction: this.reduction };
  }

  /**
   * The loss of outputs, by itself.
   *
   * @param yTrue targets of the outputs' shape, or class ids without its last axis
   * @param yPred outputs [N,...,C]; [C] is one row
   * @returns a number; with reduction 'none' an {@link NdArray} of the outputs' shape without its last axis, or of one
   *   number for each sample
   * @throws ConfigError, ShapeError, DataError as `fit` does for such targets and weights
   * @example
   * new MeanSquaredError().call([[0], [1]], [[0.5], [1]]); // 0.125
   */
  call(yTrue: ArrayInput, yPred: ArrayInput, options?: LossCallOptions): number | NdArray {
    const { sampleWeight } = checkOptions(this.className, options, ['sampleWeight']);
    const { native, shape } = readRows(this.className, yTrue, yPred, sampleWeight, this);
    this.checkColumns(this.className, native.columns);
    const make = () => new Float32Array(shape.reduce((a, b) => a * b, 1));
    const values = this.reduction === 'none' ? allocate(this.className, make) : null;
    const value = callEngine(() => loadBinding().computeLoss(this.toNative(), native, values));
    return values === null ? value : new NdArray(values, shape);
  }

  /** @internal Refuses outputs of so many columns where the settings do not fit them. @throws ConfigError `ERR_CONFIG` */
  checkColumns(_where: string, _columns: number): void {}

  /** @internal The resolved form that crosses to the engine. */
  abstract toNative(): NativeLoss;
}

function readReduction(where: string, value: unknown): NativeReduction {
  if (value === undefined) return 'sum_over_batch_size';
  if (value === null) return 'none';
  const name = typeof value === 'string' ? normalizeName(value) : '';
  const found = REDUCTIONS.find((known) => known === name);
  if (found !== undefined) return found === 'mean' ? 'sum_over_batch_size' : found;
  const hint = name === '' ? undefined : nearest(name, REDUCTIONS);
  throw refusal(
    typeof value === 'string' ? 'ERR_CONFIG' : 'ERR_TYPE',
    where,
    `reduction to be null or one of ${REDUCTIONS.map((known) => `'${known}'`).join(', ')}`,
    describe(value),
    hint === undefined ? '' : `Did you mean '${hint}'?`,
  );
}

/** The last axis, in whichever option names it: the engine reduces no other. */
export function checkLastAxis(where: string, value: unknown): void {
  if (value === -1) return;
  throw refusal('ERR_CONFIG', where, 'axis to be -1, the last one', describe(value), 'Move that axis to the end.');
}

export function checkLabelSmoothing(where: string, value: unknown): number {
  return checkNumber(where, 'labelSmoothing', value, { min: 0, max: 1 });
}

/** A loss without settings of its own. */
export abstract class PlainLoss extends Loss {
  abstract override readonly kind: Exclude<
    NativeLoss,
    { fromLogits: boolean } | { delta: number } | { byRow: boolean }
  >['kind'];

  override toNative(): NativeLoss {
    return { kind: this.kind, reduction: this.reduction };
  }
}
