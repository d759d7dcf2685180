// SPDX-License-Identifier: MIT
// What `compile` was given, held until the model is built and the engine can be told.
import { resolveLoss, type Loss } from '../losses';
import { checkMetric, readMetrics, type Metric, type MetricRequest } from '../metrics';
import { toValues } from '../arrays/arrays';
import { resolveOptimizer, type Optimizer } from '../optimizers';
import { normalizeName } from '../util/identifiers';
import { checkOptions, refusal } from '../util/validate';
import { namesWithinLayers } from '../util/weight_names';
import { callEngine } from '../native/engine';
import type { CompileOptions } from './options';
import type { Logs } from '../callbacks/callback';
import type { NativeModel } from '../native/binding';
import type { TrainerHost } from './trainer_host';

const DEFAULTS = Object.freeze({
  optimizer: 'rmsprop',
  metrics: Object.freeze([]),
  weightedMetrics: Object.freeze([]),
});

/** Optimizer, loss and metrics of a model. */
export class Compiled {
  readonly optimizer: Optimizer;
  #loss: Loss | undefined;
  #options: CompileOptions;
  readonly #requests: readonly MetricRequest[];
  #metrics: readonly Metric[] = [];
  #columns = 1;
  #told: NativeModel | undefined;
  #toldLearningRate = 0;

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`, `ERR_TYPE`, `ERR_CONFIG` */
  constructor(where: string, options: CompileOptions) {
    const given = checkOptions(where, options, ['optimizer', 'loss', 'metrics', 'weightedMetrics']);
    this.#options = { ...given };
    if (given.loss === undefined)
      throw refusal('ERR_CONFIG', where, 'a loss', 'none', "For instance { loss: 'binary_crossentropy' }.");
    this.optimizer = resolveOptimizer(where, given.optimizer ?? DEFAULTS.optimizer);
    this.#loss = isCrossentropy(given.loss) ? undefined : resolveLoss(where, given.loss);
    if (this.#loss?.reduction === 'none')
      throw refusal(
        'ERR_CONFIG',
        where,
        'a loss whose reduction leaves one number',
        "reduction 'none'",
        "Use 'sum_over_batch_size'; loss.call(yTrue, yPred) gives one number for each row.",
      );
    const { metrics, weightedMetrics } = given;
    this.#requests = readMetrics(where, metrics ?? DEFAULTS.metrics, weightedMetrics ?? DEFAULTS.weightedMetrics);
    if (this.#loss?.targetRule === 'labels' && this.#requests.length > 0)
      throw refusal(
        'ERR_CONFIG',
        where,
        `no metrics beside ${this.#loss.className}, whose targets are labels of samples`,
        `'${this.#requests[0]!.name}'`,
      );
  }

  /** The loss; undefined where it is chosen by shapes that are not known yet. */
  get loss(): Loss | undefined {
    return this.#loss;
  }

  /** The options as they were given, with the loss that was chosen. */
  get options(): CompileOptions {
    return this.#options;
  }

  /**
   * The loss of targets and outputs. `'crossentropy'` becomes one of the three by the first that the engine is told of: binary for
   * outputs [N,...,1], sparse for targets that lack the last axis (or have 1 there), categorical for others.
   *
   * @see keras/src/trainers/compile_utils.py
   */
  lossOf(where: string, what: string, targets: unknown, outputAxes: readonly number[]): Loss {
    if (this.#loss !== undefined) return this.#loss;
    const { shape } = toValues(where, what, targets);
    const isSparse = shape.length <= outputAxes.length || shape.at(-1) === 1;
    const loss =
      outputAxes.at(-1) === 1
        ? 'binary_crossentropy'
        : isSparse
          ? 'sparse_categorical_crossentropy'
          : 'categorical_crossentropy';
    return resolveLoss(where, loss);
  }

  /** Keys of the metrics, in the order given; the loss is not among them. */
  get metricNames(): readonly string[] {
    return this.#requests.map(({ name }) => name);
  }

  /** The metrics; empty before the shapes are known. */
  get metrics(): readonly Metric[] {
    return this.#metrics;
  }

  /**
   * Tells the engine, once per engine model: telling again would lose the optimizer's slots.
   *
   * @param lastAxis size of the last axis of the outputs
   * @param layers all of the model, in order
   * @param loss that of {@link lossOf}, from now on
   * @throws ConfigError `ERR_CONFIG` where a metric cannot read the targets of the loss, or the loss not the outputs;
   *   StateError `ERR_STATE` where the loss is not chosen yet
   */
  tell(
    where: string,
    native: NativeModel,
    lastAxis: number,
    layers: TrainerHost['layers'],
    loss: Loss | undefined = this.#loss,
  ): void {
    if (this.#told === native) return;
    if (loss === undefined) {
      const hint = "Name it, for instance { loss: 'categorical_crossentropy' }.";
      throw refusal('ERR_STATE', where, 'a loss that is known before the targets are', "'crossentropy'", hint);
    }
    loss.checkColumns(where, lastAxis);
    const context = { lastAxis, idTargets: loss.targetRule === 'ids' };
    const metrics = this.#requests.map((request) => request.resolve(context));
    for (const metric of metrics) checkMetric(where, metric, context);
    callEngine(() =>
      native.compile({
        optimizer: this.optimizer.toNative(namesWithinLayers(layers)),
        loss: loss.toNative(),
        metrics: metrics.map((metric, i) => ({ ...metric.toNative(), weighted: this.#requests[i]!.weighted })),
      }),
    );
    if (this.#loss === undefined) this.#options = { ...this.#options, loss: loss.kind };
    this.#loss = loss;
    this.#metrics = metrics;
    this.#columns = lastAxis;
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

  /** Room for the sums of loss and metrics, once the engine was told. */
  newTotals(): Float64Array {
    return new Float64Array(this.#metrics.reduce((size, metric) => size + metric.stateSize(this.#columns), 2));
  }

  /** Loss and metrics: `[loss, ...metrics]`. */
  values(totals: Float64Array): number[] {
    const values = [totals[0]! / totals[1]!];
    let begin = 2;
    for (const metric of this.#metrics) {
      const end = begin + metric.stateSize(this.#columns);
      values.push(metric.result(totals.subarray(begin, end)) as number);
      begin = end;
    }
    return values;
  }

  /** Loss and metrics by key, in alphabetical order as Keras logs them. */
  logs(totals: Float64Array): Logs {
    const [loss, ...rest] = this.values(totals);
    const entries = this.metricNames.map((name, i): [string, number] => [name, rest[i]!]);
    return Object.fromEntries([...entries, ['loss', loss!] as const].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Whether a name stands for whichever cross-entropy suits the shapes. */
function isCrossentropy(loss: unknown): boolean {
  return typeof loss === 'string' && ['crossentropy', 'ce'].includes(normalizeName(loss).replaceAll('_', ''));
}
