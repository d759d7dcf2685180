// SPDX-License-Identifier: MIT
// What every metric has: the key it reports under, its direction, and its form for the engine, which sums it per batch.
import { checkOptions, checkString } from '../util/validate';
import type { NativeMetric } from '../native/binding';

/** Options that every metric takes. */
export interface MetricOptions {
  /** Key in logs and history. Default: Keras' name in camelCase. */
  name?: string;
}

/** Plain configuration of a metric. */
export type MetricConfig = Readonly<Record<string, string | number | boolean>>;

/** A mean over the rows (and timesteps) of an epoch. */
export abstract class Metric {
  /** Class name as Keras writes it in configurations: `BinaryAccuracy`. */
  abstract readonly className: string;
  /** Whether higher (`up`) or lower (`down`) values are better: what `mode: 'auto'` of callbacks goes by. */
  abstract readonly direction: 'up' | 'down';
  /** Whether it reads class ids, or targets of the output's shape. */
  abstract readonly targets: 'ids' | 'dense';

  protected constructor(
    /** Key in logs and history, camelCase. */
    readonly name: string,
  ) {}

  /** All settings as a plain object. */
  getConfig(): MetricConfig {
    return { name: this.name };
  }

  /** The resolved form that crosses to the engine. */
  abstract toNative(): NativeMetric;
}

/** The name that options give, camelCase, or the default. */
export function metricName(where: string, options: MetricOptions | undefined, defaultName: string): string {
  const { name = defaultName } = checkOptions(where, options, ['name', 'threshold']);
  return toCamelCase(checkString(where, 'name', name));
}

/**
 * The key under which history reports a name that the user gave: `binary_crossentropy` as `binaryCrossentropy`,
 * `BinaryAccuracy` as `binaryAccuracy`; `acc` and `MSE` stay.
 */
export function toCamelCase(name: string): string {
  const camel = name.replace(/([A-Za-z0-9])_+([A-Za-z0-9])/g, (_match, before: string, after: string) => {
    return before + after.toUpperCase();
  });
  return camel.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase());
}

/** The key of a value measured on validation data: `accuracy` as `valAccuracy`. */
export function validationKey(name: string): string {
  return `val${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
