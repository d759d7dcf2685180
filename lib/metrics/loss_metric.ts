// SPDX-License-Identifier: MIT
// Losses reported as metrics: without the penalties that regularizers add to the loss itself.
import {
  BinaryCrossentropy as BinaryCrossentropyLoss,
  CategoricalCrossentropy as CategoricalCrossentropyLoss,
  CategoricalHinge as CategoricalHingeLoss,
  resolveLoss,
  Hinge as HingeLoss,
  KLDivergence as KLDivergenceLoss,
  LogCosh,
  lossFromConfig,
  MeanAbsoluteError as MeanAbsoluteErrorLoss,
  MeanAbsolutePercentageError as MeanAbsolutePercentageErrorLoss,
  MeanSquaredError as MeanSquaredErrorLoss,
  MeanSquaredLogarithmicError as MeanSquaredLogarithmicErrorLoss,
  Poisson as PoissonLoss,
  SparseCategoricalCrossentropy as SparseCategoricalCrossentropyLoss,
  SquaredHinge as SquaredHingeLoss,
  type CrossentropyOptions,
  type Loss,
  type LossConfig,
  type LossIdentifier,
  type SparseCategoricalCrossentropyOptions,
} from '../losses';
import { refuseMore } from '../util/arguments';
import { refusal } from '../util/validate';
import { MeanMetric, type MetricConfig, type MetricOptions } from './metric';
import type { TargetRules } from '../losses/targets';
import type { NativeMetric } from '../native/binding';

abstract class MeanLoss extends MeanMetric {
  readonly direction = 'down';
  readonly targets: 'ids' | 'dense';
  protected override readonly byElement = false;

  protected constructor(
    where: string,
    defaultName: string,
    protected readonly loss: Loss,
    options: MetricOptions | undefined,
    known: readonly string[] = [],
  ) {
    super(where, defaultName, options, known);
    this.targets = loss.targetRule === 'ids' ? 'ids' : 'dense';
  }

  override toNative(): NativeMetric {
    return { kind: 'loss', loss: this.loss.toNative() };
  }

  override checkColumns(where: string, columns: number): void {
    this.loss.checkColumns(where, columns);
  }

  protected override targetRules(): TargetRules {
    return this.loss;
  }
}

/**
 * Any loss as a metric, for instance the Huber loss of a model trained on squares: its weighted mean over rows.
 *
 * Source: keras/src/metrics/reduction_metrics.py (`MeanMetricWrapper`).
 *
 * @example
 * model.compile({ loss: 'mse', metrics: [new LossMetric(new Huber({ delta: 2 }))] }); // history.huberLoss
 */
export class LossMetric extends MeanLoss {
  readonly className = 'LossMetric';

  /**
   * @param loss a name or a loss
   * @param options `name`: key in history, by default that of the loss in camelCase
   * @throws ConfigError `ERR_UNKNOWN_NAME`, `ERR_UNKNOWN_OPTION`, `ERR_TYPE`; `ERR_CONFIG` for a loss of a whole batch
   */
  constructor(loss: LossIdentifier, options?: MetricOptions, ...rest: []) {
    refuseMore('LossMetric', rest);
    const found = resolveLoss('LossMetric', loss);
    const native = found.toNative();
    if ('byRow' in native && !native.byRow)
      throw refusal(
        'ERR_CONFIG',
        'LossMetric',
        'a loss of each row',
        `${found.className}, which takes the batch as a whole`,
        'Give it { axis: -1 }.',
      );
    if (found.targetRule === 'labels')
      throw refusal('ERR_CONFIG', 'LossMetric', 'a loss of each row', `${found.className}, which is one of samples`);
    super('LossMetric', found.name, found, options);
  }

  static override fromConfig<M>(this: new (...args: never) => M, config: MetricConfig): M {
    const { className, config: settings } = config['loss'] as { className: string; config: LossConfig };
    const Class = this as unknown as new (loss: Loss, options: MetricOptions) => M;
    return new Class(lossFromConfig(className, settings), { name: config['name'] as string });
  }

  override getConfig(): MetricConfig {
    return { name: this.name, loss: { className: this.loss.className, config: this.loss.getConfig() } };
  }
}

/** Options of {@link BinaryCrossentropy} and {@link CategoricalCrossentropy} as metrics. */
export type CrossentropyMetricOptions = MetricOptions &
  Pick<CrossentropyOptions, 'fromLogits' | 'labelSmoothing' | 'axis'>;

/** Options of {@link SparseCategoricalCrossentropy} as a metric. */
export type SparseCrossentropyMetricOptions = MetricOptions &
  Pick<SparseCategoricalCrossentropyOptions, 'fromLogits' | 'ignoreClass' | 'axis'>;

abstract class Crossentropy extends MeanLoss {
  override getConfig(): MetricConfig {
    const settings = Object.entries(this.loss.getConfig()).filter(([key]) => key !== 'reduction');
    return { ...Object.fromEntries(settings), name: this.name };
  }
}

/**
 * Mean squared error, as a metric: the weighted mean over rows.
 *
 * Source: keras/src/metrics.
 *
 * @example
 * model.compile({ loss: 'mae', metrics: [new metrics.MeanSquaredError()] });
 */
export class MeanSquaredError extends MeanLoss {
  readonly className = 'MeanSquaredError';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('MeanSquaredError', rest);
    super('MeanSquaredError', 'meanSquaredError', new MeanSquaredErrorLoss(), options);
  }
}

/**
 * Mean absolute error, as a metric: the weighted mean over rows.
 *
 * Source: keras/src/metrics.
 *
 * @example
 * model.compile({ loss: 'mae', metrics: [new metrics.MeanAbsoluteError()] });
 */
export class MeanAbsoluteError extends MeanLoss {
  readonly className = 'MeanAbsoluteError';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('MeanAbsoluteError', rest);
    super('MeanAbsoluteError', 'meanAbsoluteError', new MeanAbsoluteErrorLoss(), options);
  }
}

/**
 * Mean absolute percentage error, as a metric: the weighted mean over rows.
 *
 * Source: keras/src/metrics.
 *
 * @example
 * model.compile({ loss: 'mae', metrics: [new metrics.MeanAbsolutePercentageError()] });
 */
export class MeanAbsolutePercentageError extends MeanLoss {
  readonly className = 'MeanAbsolutePercentageError';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('MeanAbsolutePercentageError', rest);
    super('MeanAbsolutePercentageError', 'meanAbsolutePercentageError', new MeanAbsolutePercentageErrorLoss(), options);
  }
}

/**
 * Mean squared logarithmic error, as a metric: the weighted mean over rows.
 *
 * Source: keras/src/metrics.
 *
 * @example
 * model.compile({ loss: 'mae', metrics: [new metrics.MeanSquaredLogarithmicError()] });
 */
export class MeanSquaredLogarithmicError extends MeanLoss {
  readonly className = 'MeanSquaredLogarithmicError';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('MeanSquaredLogarithmicError', rest);
    super('MeanSquaredLogarithmicError', 'meanSquaredLogarithmicError', new MeanSquaredLogarithmicErrorLoss(), options);
  }
}

/**
 * Logarithm of the hyperbolic cosine of the error, as a metric: the weighted mean over rows.
 *
 * Source: keras/src/metrics.
 *
 * @example
 * model.compile({ loss: 'mae', metrics: [new metrics.LogCoshError()] });
 */
export class LogCoshError extends MeanLoss {
  readonly className = 'LogCoshError';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('LogCoshError', rest);
    super('LogCoshError', 'logcosh', new LogCosh(), options);
  }
}

/**
 * Hinge loss, as a metric: the weighted mean over rows.
 *
 * Source: keras/src/metrics.
 *
 * @example
 * model.compile({ loss: 'mae', metrics: [new metrics.Hinge()] });
 */
export class Hinge extends MeanLoss {
  readonly className = 'Hinge';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('Hinge', rest);
    super('Hinge', 'hinge', new HingeLoss(), options);
  }
}

/**
 * Squared hinge loss, as a metric: the weighted mean over rows.
 *
 * Source: keras/src/metrics.
 *
 * @example
 * model.compile({ loss: 'mae', metrics: [new metrics.SquaredHinge()] });
 */
export class SquaredHinge extends MeanLoss {
  readonly className = 'SquaredHinge';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('SquaredHinge', rest);
    super('SquaredHinge', 'squaredHinge', new SquaredHingeLoss(), options);
  }
}

/**
 * Categorical hinge loss, as a metric: the weighted mean over rows.
 *
 * Source: keras/src/metrics.
 *
 * @example
 * model.compile({ loss: 'mae', metrics: [new metrics.CategoricalHinge()] });
 */
export class CategoricalHinge extends MeanLoss {
  readonly className = 'CategoricalHinge';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('CategoricalHinge', rest);
    super('CategoricalHinge', 'categoricalHinge', new CategoricalHingeLoss(), options);
  }
}

/**
 * Kullback-Leibler divergence, as a metric: the weighted mean over rows.
 *
 * Source: keras/src/metrics.
 *
 * @example
 * model.compile({ loss: 'mae', metrics: [new metrics.KLDivergence()] });
 */
export class KLDivergence extends MeanLoss {
  readonly className = 'KLDivergence';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('KLDivergence', rest);
    super('KLDivergence', 'klDivergence', new KLDivergenceLoss(), options);
  }
}

/**
 * Poisson loss, as a metric: the weighted mean over rows.
 *
 * Source: keras/src/metrics.
 *
 * @example
 * model.compile({ loss: 'mae', metrics: [new metrics.Poisson()] });
 */
export class Poisson extends MeanLoss {
  readonly className = 'Poisson';

  /** @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE` */
  constructor(options?: MetricOptions, ...rest: []) {
    refuseMore('Poisson', rest);
    super('Poisson', 'poisson', new PoissonLoss(), options);
  }
}

/**
 * The loss of this name as a metric: the weighted mean over rows.
 *
 * Source: keras/src/metrics/probabilistic_metrics.py.
 *
 * @example
 * model.compile({ loss: 'mse', metrics: [new metrics.BinaryCrossentropy({ fromLogits: true })] });
 */
export class BinaryCrossentropy extends Crossentropy {
  readonly className = 'BinaryCrossentropy';

  /**
   * @param options see {@link CrossentropyMetricOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: CrossentropyMetricOptions, ...rest: []) {
    refuseMore('BinaryCrossentropy', rest);
    super('BinaryCrossentropy', 'binaryCrossentropy', new BinaryCrossentropyLoss(options), options, [
      'fromLogits',
      'labelSmoothing',
      'axis',
    ]);
  }
}

/**
 * The loss of this name as a metric: the weighted mean over rows.
 *
 * Source: keras/src/metrics/probabilistic_metrics.py.
 *
 * @example
 * model.compile({ loss: 'mse', metrics: [new metrics.CategoricalCrossentropy({ fromLogits: true })] });
 */
export class CategoricalCrossentropy extends Crossentropy {
  readonly className = 'CategoricalCrossentropy';

  /**
   * @param options see {@link CrossentropyMetricOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: CrossentropyMetricOptions, ...rest: []) {
    refuseMore('CategoricalCrossentropy', rest);
    super('CategoricalCrossentropy', 'categoricalCrossentropy', new CategoricalCrossentropyLoss(options), options, [
      'fromLogits',
      'labelSmoothing',
      'axis',
    ]);
  }
}

/**
 * The loss of this name as a metric: the weighted mean over rows that are not of `ignoreClass`.
 *
 * Source: keras/src/metrics/probabilistic_metrics.py.
 *
 * @example
 * model.compile({ loss: 'mse', metrics: [new metrics.SparseCategoricalCrossentropy({ fromLogits: true })] });
 */
export class SparseCategoricalCrossentropy extends Crossentropy {
  readonly className = 'SparseCategoricalCrossentropy';

  /**
   * @param options see {@link SparseCrossentropyMetricOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: SparseCrossentropyMetricOptions, ...rest: []) {
    refuseMore('SparseCategoricalCrossentropy', rest);
    super(
      'SparseCategoricalCrossentropy',
      'sparseCategoricalCrossentropy',
      new SparseCategoricalCrossentropyLoss(options),
      options,
      ['fromLogits', 'ignoreClass', 'axis'],
    );
  }
}
