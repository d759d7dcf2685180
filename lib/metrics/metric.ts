// SPDX-License-Identifier: MIT
// What every metric has: the key it reports under, its direction, its form for the engine, which adds each batch to a
// state, and the result of a state.
import { expectKnown } from '../util/families';
import { callEngine, loadBinding } from '../native/engine';
import { readRows } from '../losses/rows';
import { checkOptions, checkString, refusal } from '../util/validate';
import type { TargetRules } from '../losses/targets';
import type { NdArray } from '../ndarray';
import type { NativeMetric } from '../native/binding';
import type { ArrayInput } from '../types';

/** Options that every metric takes. */
export interface MetricOptions {
  /** Key in logs and history. Default: Keras' name in camelCase. */
  name?: string;
}

/** Plain configuration of a metric. */
export type MetricConfig = Readonly<
  Record<
    string,
    string | number | boolean | null | readonly number[] | { readonly className: string; readonly config: object }
  >
>;

/** A number (or several) of all rows, or timesteps, of an epoch. */
export abstract class Metric {
  /** Class name as Keras writes it in configurations: `BinaryAccuracy`. */
  abstract readonly className: string;
  /** Whether higher (`up`) or lower (`down`) values are better: what `mode: 'auto'` of callbacks goes by. Undefined for neither. */
  abstract readonly direction: 'up' | 'down' | undefined;
  /** Whether it reads class ids, targets of the output's shape, or (`none`) no targets at all. */
  abstract readonly targets: 'ids' | 'dense' | 'none';
  /** Key in logs and history, camelCase. */
  readonly name: string;
  /** Whether the result is one number, as logs need it. */
  readonly isScalar: boolean = true;
  /** By itself, outputs of one axis are rows of one output each; else they are one row. */
  protected readonly byElement: boolean = true;
  #state: Float64Array | undefined;

  protected constructor(
    where: string,
    defaultName: string,
    options: MetricOptions | undefined,
    known: readonly string[] = [],
  ) {
    expectKnown(Metric, new.target);
    const { name = defaultName } = checkOptions(where, options, [...known, 'name']);
    this.name = toCamelCase(checkString(where, 'name', name));
  }

  /** The metric that `getConfig` described. */
  static fromConfig<M>(this: new (options?: never) => M, config: MetricConfig): M {
    return new this(config as never);
  }

  /** All settings as a plain object. */
  getConfig(): MetricConfig {
    return { name: this.name };
  }

  /** @internal The resolved form that crosses to the engine. */
  abstract toNative(): NativeMetric;

  /** @internal Size of the state for outputs of `columns` columns. */
  abstract stateSize(columns: number): number;

  /**
   * The result of a state.
   *
   * @param state by default that of {@link updateState}
   * @returns a number, or an NdArray where there are several; of an empty state what Keras gives, mostly 0
   */
  abstract result(state?: Float64Array): number | NdArray;

  /**
   * Adds outputs with their targets.
   *
   * @param yTrue targets of the outputs' shape, or class ids without its last axis
   * @param yPred outputs [N,...,C], or [N]
   * @param sampleWeight [N], or the outputs' shape without its last axis
   * @throws ConfigError, ShapeError, DataError as `fit` does for such targets and weights
   * @example
   * const metric = new BinaryAccuracy();
   * metric.updateState([1, 0, 1], [0.9, 0.2, 0.3]);
   * metric.result(); // 2/3
   */
  updateState(yTrue: ArrayInput, yPred: ArrayInput, sampleWeight?: ArrayInput): void {
    const { native } = readRows(this.className, yTrue, yPred, sampleWeight, this.targetRules(), this.byElement);
    this.checkColumns(this.className, native.columns);
    const state = this.#stateFor(native.columns);
    callEngine(() => loadBinding().updateMetric(this.toNative(), native, state));
  }

  /** Forgets everything that was added. */
  resetState(): void {
    this.#state = undefined;
  }

  /** @internal Refuses outputs that the settings do not fit. Throws ConfigError `ERR_CONFIG`. */
  checkColumns(_where: string, _columns: number): void {}

  /** What targets must look like where the metric is called by itself. */
  protected targetRules(): TargetRules {
    return { kind: this.className, targetRule: this.targets === 'ids' ? 'ids' : 'numbers', ignoreClass: null };
  }

  /** The own state; zeros where nothing was added. */
  protected get state(): Float64Array {
    return this.#state ?? new Float64Array(this.stateSize(1));
  }

  #stateFor(columns: number): Float64Array {
    this.#state ??= new Float64Array(this.stateSize(columns));
    if (this.#state.length !== this.stateSize(columns))
      throw refusal(
        'ERR_SHAPE',
        this.className,
        'as many columns as in the updates before',
        `${columns}`,
        'Call resetState() first.',
      );
    return this.#state;
  }

  /** For metrics that read their arguments themselves. */
  protected ownState(columns: number): Float64Array {
    return this.#stateFor(columns);
  }
}

/** A mean over rows by weight: its state is total and weight. */
export abstract class MeanMetric extends Metric {
  override stateSize(): number {
    return 2;
  }

  override result(state: Float64Array = this.state): number {
    return divideNoNan(state[0]!, state[1]!);
  }
}

/** a / b, or 0 where b is 0. */
export function divideNoNan(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}

/**
 * The key under which history reports a name that the user gave: `binary_crossentropy` as `binaryCrossentropy`,
 * `BinaryAccuracy` as `binaryAccuracy`; `acc` and `MSE` stay.
 *
 * @internal
 */
export function toCamelCase(name: string): string {
  // Parts may be of one character: `dense_1_loss`.
  const camel = name.replace(/(?<=[A-Za-z0-9])_+([A-Za-z0-9])/g, (_match, after: string) => after.toUpperCase());
  return camel.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase());
}

/** @internal The key of a value measured on validation data: `accuracy` as `valAccuracy`. */
export function validationKey(name: string): string {
  return `val${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
