// SPDX-License-Identifier: MIT
// What `compile` was given, held until the model is built and the engine can be told.
import { readMetrics, toCamelCase, validationKey, type Metric } from '../metrics';
import { resolveOptimizer, type Optimizer } from '../optimizers';
import { checkNumber, checkOptions, describe, refusal } from '../util/validate';
import { namesWithinLayers } from '../util/weight_names';
import { callEngine } from '../native/engine';
import { CompiledHead, type Reported } from './compiled_head';
import { inOrder, isGiven, isPlain } from './structure';
import type { CompileOptions } from './options';
import type { Logs } from '../callbacks/callback';
import { resolveLoss, type Loss, type LossIdentifier } from '../losses';
import type { NativeModel } from '../native/binding';
import type { TrainerHost } from './trainer_host';

/** A value and the key under which it is reported. */
type Entry = readonly [key: string, value: number];

/** Optimizer, losses and metrics of a model. */
export class Compiled {
  readonly optimizer: Optimizer;
  /** One for each output. */
  readonly heads: readonly CompiledHead[];
  readonly #options: CompileOptions;
  /** Keys of the losses of single outputs, where several have one. */
  readonly #lossKeys: readonly string[];
  #told: NativeModel | undefined;
  #toldLearningRate = 0;

  /**
   * @param outputs names of the model's outputs, all different
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(where: string, options: CompileOptions, outputs: readonly string[]) {
    const given = checkOptions(where, options, ['optimizer', 'loss', 'lossWeights', 'metrics', 'weightedMetrics']);
    this.#options = { ...given };
    if (given.loss === undefined)
      throw refusal('ERR_CONFIG', where, 'a loss', 'none', "For instance { loss: 'binary_crossentropy' }.");
    this.optimizer = resolveOptimizer(where, given.optimizer ?? 'rmsprop');
    const losses = readLosses(where, given.loss, outputs);
    const weights = readLossWeights(where, given.lossWeights, outputs);
    const metrics = readByOutput(where, 'metrics', given.metrics, outputs);
    const weighted = readByOutput(where, 'weightedMetrics', given.weightedMetrics, outputs);
    const isOne = outputs.length === 1;
    const keyOf = (index: number, name: string): string => (isOne ? name : toCamelCase(`${outputs[index]!}_${name}`));
    this.heads = outputs.map((output, index) => {
      const names = isOne ? undefined : ([`metrics.${output}`, `weightedMetrics.${output}`] as const);
      const requests = readMetrics(where, metrics[index], weighted[index], names);
      const keys = requests.map(({ name }) => keyOf(index, name));
      const headWhere = isOne ? where : `${where}, output "${output}"`;
      return new CompiledHead(headWhere, losses[index]!, weights[index]!, requests, keys);
    });
    const trained = this.heads.flatMap(({ hasLoss }, index) => (hasLoss ? [index] : []));
    if (trained.length === 0) throw refusal('ERR_CONFIG', where, 'a loss for one output at least', 'none');
    this.#lossKeys = trained.length > 1 ? trained.map((index) => keyOf(index, 'loss')) : [];
    const without = this.heads.findIndex(({ hasLoss, keys }) => !hasLoss && keys.length > 0);
    if (without >= 0)
      throw refusal('ERR_CONFIG', where, 'metrics of outputs that have a loss', `some for "${outputs[without]!}"`);
    checkKeys(where, ['loss', ...this.metricNames]);
  }

  /** The loss of the only output; undefined where it is chosen by shapes that are not known yet. */
  get loss(): Loss | undefined {
    return this.heads[0]!.loss;
  }

  /** The options as they were given, with the losses that were chosen. */
  get options(): CompileOptions {
    const identifiers = this.heads.map(({ identifier }) => identifier);
    return { ...this.#options, loss: identifiers.length === 1 ? identifiers[0]! : identifiers };
  }

  /** Keys besides `loss`, as `evaluate` returns their values. */
  get metricNames(): readonly string[] {
    const keys = this.heads.flatMap((head) => head.keys);
    return [...this.#lossKeys, ...(this.heads.length === 1 ? keys : keys.sort())];
  }

  /** The metrics of all outputs; empty before the shapes are known. */
  get metrics(): readonly Metric[] {
    return this.heads.flatMap(({ metrics }) => metrics);
  }

  /** What is reported besides `loss`; without metrics before the shapes are known. */
  get reported(): readonly Reported[] {
    const losses = this.#lossKeys.map((name): Reported => ({ name, direction: 'down' }));
    return [...losses, ...this.heads.flatMap(({ reported }) => reported)];
  }

  /**
   * Tells the engine, once per engine model: telling again would lose the optimizer's slots.
   *
   * @param lastAxes size of the last axis of each output
   * @param model its layers and weights, in order
   * @param losses those of `lossOf` from now on; undefined where an output has none
   * @throws ConfigError `ERR_CONFIG` where a metric cannot read the targets of its loss, or a loss not its outputs;
   *   StateError `ERR_STATE` where a loss is not chosen yet
   */
  tell(
    where: string,
    native: NativeModel,
    lastAxes: readonly number[],
    { layers, parts, weights }: Pick<TrainerHost, 'layers' | 'parts' | 'weights'>,
    losses: readonly (Loss | undefined)[] = this.heads.map(({ loss }) => loss),
  ): void {
    if (this.#told === native) return;
    if (this.heads.some(({ hasLoss }, index) => hasLoss && losses[index] === undefined)) {
      const hint = "Name it, for instance { loss: 'categorical_crossentropy' }.";
      throw refusal('ERR_STATE', where, 'a loss that is known before the targets are', "'crossentropy'", hint);
    }
    const resolved = this.heads.map((head, index) => head.resolve(where, lastAxes[index]!, losses[index]));
    callEngine(() =>
      native.compile({
        optimizer: this.optimizer.toNative(namesWithinLayers(layers)),
        trainable: weights.map(({ trainable }) => trainable),
        layerTrainable: parts.flatMap(({ layer, trainable }) =>
          layer.weightSpecs.map(() => trainable && layer.trainable),
        ),
        heads: resolved.map((head) => head.native),
      }),
    );
    for (const { take } of resolved) take();
    this.#told = native;
    this.optimizer.follow(native);
    this.#toldLearningRate = this.optimizer.learningRate;
  }

  /** Whether this engine has been told, and so holds the optimizer's state. */
  isToldTo(native: () => NativeModel): boolean {
    return this.#told !== undefined && this.#told === native();
  }

  /** Passes on a learning rate that was set since the last run. */
  tellLearningRate(native: NativeModel): void {
    if (this.optimizer.schedule !== undefined) return;
    const { learningRate } = this.optimizer;
    if (native !== this.#told || learningRate === this.#toldLearningRate) return;
    callEngine(() => native.setLearningRate(learningRate));
    this.#toldLearningRate = learningRate;
  }

  /** Room for the sums of losses and metrics, once the engine was told. */
  newTotals(): Float64Array {
    return new Float64Array(this.heads.reduce((size, head) => size + head.stateSize, 2 + this.#lossKeys.length));
  }

  /** The loss, then those of single outputs where several have one, then the metrics, output by output. */
  #entries(totals: Float64Array): Entry[] {
    const [sum, rows] = totals as unknown as [number, number];
    let begin = 2 + this.#lossKeys.length;
    const metrics = this.heads.flatMap((head) => {
      const end = begin + head.stateSize;
      const values = head.values(totals.subarray(begin, end));
      begin = end;
      return values.map((value, index): Entry => [head.keys[index]!, value]);
    });
    const losses = this.#lossKeys.map((key, index): Entry => [key, totals[2 + index]! / rows]);
    return [['loss', sum / rows], ...losses, ...metrics];
  }

  /** Loss and metrics: `[loss, ...metrics]`, in the order of {@link metricNames}. */
  values(totals: Float64Array): number[] {
    const entries = this.#entries(totals);
    if (this.heads.length === 1) return entries.map(([, value]) => value);
    const byKey = new Map(entries);
    return ['loss', ...this.metricNames].map((key) => byKey.get(key)!);
  }

  /** Loss and metrics by key, in alphabetical order as Keras logs them. */
  logs(totals: Float64Array): Logs {
    return Object.fromEntries(this.#entries(totals).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** One loss for all outputs, or one for each. An output whose loss is null is for `predict` alone. */
function readLosses(where: string, given: unknown, outputs: readonly string[]): readonly (LossIdentifier | null)[] {
  // null by itself is no loss, rather than none for each output.
  if (given === null) resolveLoss(where, given);
  if (!isStructure(given)) return outputs.map(() => given as LossIdentifier);
  const read = inOrder(where, 'loss', alone(given, outputs), outputs, () => false);
  return read.map(({ value }) => (isGiven(value) ? (value as LossIdentifier) : null));
}

/** @see keras/src/trainers/compile_utils.py, CompileLoss */
function readLossWeights(where: string, given: unknown, outputs: readonly string[]): readonly number[] {
  if (!isGiven(given)) return outputs.map(() => 1);
  if (typeof given === 'number') return outputs.map(() => checkNumber(where, 'lossWeights', given));
  if (!isStructure(given))
    throw refusal('ERR_TYPE', where, 'lossWeights to be a number, a list or numbers by output', describe(given));
  return inOrder(where, 'lossWeights', alone(given, outputs), outputs, () => false).map(({ what, value }) =>
    isGiven(value) ? checkNumber(where, what, value) : 1,
  );
}

/**
 * Metrics of each output: of one output a list; of several a name or metric for all of them, a list with one or a list for
 * each, or an object by name. A list of one that is for all is taken as such.
 */
function readByOutput(where: string, what: string, given: unknown, outputs: readonly string[]): readonly unknown[] {
  const asList = (value: unknown): unknown => (!isGiven(value) ? [] : Array.isArray(value) ? value : [value]);
  if (!isGiven(given)) return outputs.map(() => []);
  if (outputs.length === 1) {
    if (!isPlain(given)) return [given];
    return [asList(inOrder(where, what, given, outputs, () => false)[0]!.value)];
  }
  if (!isStructure(given)) return outputs.map(() => [given]);
  if (Array.isArray(given) && given.length === 0) return outputs.map(() => []);
  if (Array.isArray(given) && given.length === 1) return outputs.map(() => asList(given[0]));
  return inOrder(where, what, given, outputs, () => false).map(({ value }) => asList(value));
}

/** What a list of one holds for the only output. */
function alone(given: unknown, outputs: readonly string[]): unknown {
  return outputs.length === 1 && Array.isArray(given) && given.length === 1 ? given[0] : given;
}

/** Names of outputs and metrics may come to one key: `a_b` and `c`, `a` and `b_c`. */
function checkKeys(where: string, keys: readonly string[]): void {
  const seen = new Set<string>();
  for (const key of [...keys, ...keys.map(validationKey)]) {
    if (seen.has(key))
      throw refusal(
        'ERR_CONFIG',
        where,
        'losses and metrics with keys of their own',
        `'${key}' twice`,
        'Give the metric, or the layer of the output, another name.',
      );
    seen.add(key);
  }
}

/** Whether a value is a list or an object by name, rather than one thing for all outputs. */
function isStructure(value: unknown): boolean {
  return Array.isArray(value) || isPlain(value);
}
