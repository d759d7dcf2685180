// SPDX-License-Identifier: MIT
// What compile was given, as older Keras spells it, in Keras 3's words. Layers are translated by keras_config/legacy.ts.
import { isPlainObject } from '../../serialization';
import { describe, refusal } from '../../util/validate';
import type { Config } from '../keras_config/classes';

/** In Keras 3's words: rates, metrics and losses as older Keras spelt them. */
export function olderCompile(where: string, value: unknown): unknown {
  if (!isPlainObject(value) || !isPlainObject(value['optimizer_config'])) return value;
  const { optimizer_config: optimizer, metrics, weighted_metrics: weighted, loss, ...others } = value;
  return {
    ...others,
    optimizer: olderOptimizer(where, optimizer as Config),
    loss: olderLoss(loss),
    metrics: olderMetrics(metrics),
    weighted_metrics: olderMetrics(weighted),
  };
}

const OPTIMIZERS: ReadonlyMap<string, string> = new Map([
  ['rmsprop', 'RMSprop'],
  ['sgd', 'SGD'],
  ['adam', 'Adam'],
  ['adagrad', 'Adagrad'],
  ['adadelta', 'Adadelta'],
  ['adamax', 'Adamax'],
  ['nadam', 'Nadam'],
]);

function olderOptimizer(where: string, { class_name: className, config, ...others }: Config): Config {
  if (!isPlainObject(config)) return { class_name: className, config, ...others };
  const { lr, decay, learning_rate: given, epsilon, ...rest } = without(config, 'is_legacy_optimizer', 'jit_compile');
  const rate = given ?? lr;
  if (typeof decay === 'number' && decay > 0 && typeof rate !== 'number')
    throw refusal('ERR_CONFIG', where, 'decay of a rate that is a number', describe(rate));
  // lr / (1 + decay * iterations), as it always was.
  const schedule =
    typeof decay === 'number' && decay > 0
      ? {
          class_name: 'InverseTimeDecay',
          config: { initial_learning_rate: rate, decay_steps: 1, decay_rate: decay, staircase: false },
        }
      : rate;
  return {
    class_name: OPTIMIZERS.get(String(className)) ?? className,
    config: {
      ...rest,
      ...(schedule === undefined ? {} : { learning_rate: schedule }),
      ...(epsilon === undefined || epsilon === null ? {} : { epsilon }),
    },
  };
}

function olderLoss(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(olderLoss);
  if (!isPlainObject(value)) return value;
  const { class_name: className, config } = value;
  if (typeof className !== 'string')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, olderLoss(each)]));
  if (!isPlainObject(config)) return value;
  const { reduction, ...rest } = without(config, 'fn');
  return {
    ...value,
    config: { ...rest, reduction: reduction === 'auto' ? 'sum_over_batch_size' : (reduction ?? 'sum_over_batch_size') },
  };
}

/** A mean of a function is that function's metric. One list in a list is that of the one output. */
function olderMetrics(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) {
    const list = value.map(olderMetrics);
    return list.length === 1 && Array.isArray(list[0]) ? list[0] : list;
  }
  if (!isPlainObject(value)) return value;
  const { class_name: className, config } = value;
  if (className === 'MeanMetricWrapper' && isPlainObject(config)) return config['fn'] ?? config['name'];
  if (typeof className !== 'string')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, olderMetrics(each)]));
  return isPlainObject(config) ? { ...value, config: without(config, 'fn') } : value;
}

function without(config: Config, ...keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
}

/**
 * A config in Keras 3's words (keras_config/legacy.ts), whose masked timesteps of a Bidirectional repeat the last output, as
 * tf.keras would have it: zero.
 */
export function asOfTensorflow(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asOfTensorflow);
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).map(([key, each]): [string, unknown] => [key, asOfTensorflow(each)]);
  const made = Object.fromEntries(entries);
  return made['zero_output_for_mask'] === false
    ? { ...made, zero_output_for_mask: made['return_sequences'] === true }
    : made;
}

/** Whether a version is of tf.keras: those of Keras itself, before it became a part of TensorFlow, end with 2.3. */
export function isOfTensorflow(version: string | undefined): boolean {
  const [major = 0, minor = 0] = (version ?? '').split('.').map((part) => Number.parseInt(part, 10));
  return version?.includes('-tf') === true || (major === 2 && minor >= 4);
}
