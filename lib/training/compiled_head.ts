// SPDX-License-Identifier: MIT
// What `compile` said of one output of a model: its loss, what that counts in the total, and its metrics.
import { resolveLoss, type Loss } from '../losses';
import { checkMetric, type Metric, type MetricRequest } from '../metrics';
import { toValues } from '../arrays/arrays';
import { normalizeName } from '../util/identifiers';
import { refusal } from '../util/validate';
import type { NativeHead } from '../native/binding';
import type { LossIdentifier } from '../losses';

/** A value that is reported: its key in logs and history, and whether more of it, or less, is better. */
export interface Reported extends Pick<Metric, 'direction'> {
  readonly name: string;
}

export class CompiledHead {
  readonly #given: LossIdentifier | null;
  #loss: Loss | undefined;
  #metrics: readonly Metric[] = [];
  #columns = 1;

  /**
   * @param given its loss; null for none: the output is for `predict` alone
   * @param weight what the loss counts in the total
   * @param keys of the metrics in logs and history
   * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`, `ERR_CONFIG`
   */
  constructor(
    where: string,
    given: LossIdentifier | null,
    readonly weight: number,
    private readonly requests: readonly MetricRequest[],
    readonly keys: readonly string[],
  ) {
    this.#given = given;
    this.#loss = given === null || isCrossentropy(given) ? undefined : resolveLoss(where, given);
    if (this.#loss?.reduction === 'none')
      throw refusal(
        'ERR_CONFIG',
        where,
        'a loss whose reduction leaves one number',
        "reduction 'none'",
        "Use 'sum_over_batch_size'; loss.call(yTrue, yPred) gives one number for each row.",
      );
    if (this.#loss?.targetRule === 'labels' && requests.length > 0)
      throw refusal(
        'ERR_CONFIG',
        where,
        `no metrics beside ${this.#loss.className}, whose targets are labels of samples`,
        `'${requests[0]!.name}'`,
      );
  }

  get hasLoss(): boolean {
    return this.#given !== null;
  }

  /** The loss; undefined where it is chosen by shapes that are not known yet, and where there is none. */
  get loss(): Loss | undefined {
    return this.#loss;
  }

  /** The loss as it was given, or as it was chosen. */
  get identifier(): LossIdentifier | null {
    return this.#given !== null && isCrossentropy(this.#given) ? (this.#loss?.kind ?? this.#given) : this.#given;
  }

  /** The metrics; empty before the shapes are known. */
  get metrics(): readonly Metric[] {
    return this.#metrics;
  }

  /** The metrics under their keys. */
  get reported(): readonly Reported[] {
    return this.#metrics.map(({ direction }, index) => ({ name: this.keys[index]!, direction }));
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

  /**
   * What the engine is told of this output; nothing has changed yet.
   *
   * @param lastAxis size of the last axis of the output
   * @param loss that of {@link lossOf}; undefined where the output has none
   * @throws ConfigError `ERR_CONFIG` where a metric cannot read the targets of the loss, or the loss not the outputs
   */
  resolve(where: string, lastAxis: number, loss: Loss | undefined): ResolvedHead {
    loss?.checkColumns(where, lastAxis);
    const context = { lastAxis, idTargets: loss?.targetRule === 'ids' };
    const metrics = this.requests.map((request) => request.resolve(context));
    for (const metric of metrics) checkMetric(where, metric, context);
    const native = {
      loss: loss?.toNative() ?? null,
      weight: this.weight,
      metrics: metrics.map((metric, i) => ({ ...metric.toNative(), weighted: this.requests[i]!.weighted })),
    };
    return {
      native,
      take: () => {
        this.#loss = loss;
        this.#metrics = metrics;
        this.#columns = lastAxis;
      },
    };
  }

  /** Size of the states of the metrics. */
  get stateSize(): number {
    return this.#metrics.reduce((size, metric) => size + metric.stateSize(this.#columns), 0);
  }

  /** Values of the metrics, of their states one after another. */
  values(states: Float64Array): number[] {
    let begin = 0;
    return this.#metrics.map((metric) => {
      const end = begin + metric.stateSize(this.#columns);
      const value = metric.result(states.subarray(begin, end)) as number;
      begin = end;
      return value;
    });
  }
}

/** A head for outputs whose shape is known. */
export interface ResolvedHead {
  readonly native: NativeHead;
  /** The engine has been told. */
  readonly take: () => void;
}

/** Whether a name stands for whichever cross-entropy suits the shapes. */
function isCrossentropy(loss: unknown): boolean {
  return typeof loss === 'string' && ['crossentropy', 'ce'].includes(normalizeName(loss).replaceAll('_', ''));
}
