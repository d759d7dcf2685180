// SPDX-License-Identifier: MIT
// Intersection over union of classes, by the confusion matrix of native/metrics/class_matrix.cc.
import { readIgnoreClass } from '../losses/crossentropy';
import { checkLastAxis } from '../losses/loss';
import { refuseMore } from '../util/arguments';
import { checkBoolean, checkInteger, checkNumber, describe, refusal } from '../util/validate';
import { Metric, type MetricConfig, type MetricOptions } from './metric';
import type { TargetRules } from '../losses/targets';
import type { NativeMetric } from '../native/binding';

/** Options of {@link MeanIoU}. */
export interface MeanIoUOptions extends MetricOptions {
  /** Targets of this class do not count. Default null. */
  ignoreClass?: number | null;
  /** Targets are class ids, not one-hot rows. Default true. */
  sparseYTrue?: boolean;
  /** Outputs are class ids, not scores. Default true. */
  sparseYPred?: boolean;
  /** -1, the last one. */
  axis?: number;
}

/** Options of {@link BinaryIoU}. */
export interface BinaryIoUOptions extends MetricOptions {
  /** Which of the classes 0 and 1 count. Default [0, 1]. */
  targetClassIds?: readonly number[];
  /** Outputs of at least this are of class 1. Default 0.5. */
  threshold?: number;
}

const EPSILON = 1e-7; // keras.config.epsilon()

abstract class IntersectionOverUnion extends Metric {
  readonly direction = 'up';
  readonly targets: 'ids' | 'dense';
  protected override readonly byElement: boolean;
  readonly numClasses: number;
  readonly targetClassIds: readonly number[];
  readonly ignoreClass: number | null;
  readonly sparseYTrue: boolean;
  readonly sparseYPred: boolean;
  protected readonly cut: number | null;

  protected constructor(
    where: string,
    name: string,
    numClasses: unknown,
    targetClassIds: unknown,
    options: (MeanIoUOptions & { targetClassIds?: readonly number[] }) | undefined,
    known: readonly string[],
    cut: number | null = null,
  ) {
    super(where, name, options, known);
    const { ignoreClass = null, sparseYTrue = true, sparseYPred = true, axis = -1 } = options ?? {};
    this.numClasses = checkInteger(where, 'numClasses', numClasses, 1, 32767);
    this.targetClassIds = readIds(where, targetClassIds, this.numClasses);
    this.ignoreClass = readIgnoreClass(where, ignoreClass);
    this.sparseYTrue = checkBoolean(where, 'sparseYTrue', sparseYTrue);
    this.sparseYPred = checkBoolean(where, 'sparseYPred', sparseYPred);
    checkLastAxis(where, axis);
    if (this.sparseYPred && !this.sparseYTrue)
      throw refusal(
        'ERR_CONFIG',
        where,
        'sparseYPred false where sparseYTrue is',
        'true',
        'Give the ids of the targets.',
      );
    // Ids of targets lack the axis that scores of outputs have; otherwise both have one shape.
    this.targets = this.sparseYTrue && !this.sparseYPred ? 'ids' : 'dense';
    this.byElement = this.sparseYPred;
    this.cut = cut;
  }

  override toNative(): NativeMetric {
    return {
      kind: 'class_matrix',
      classes: this.numClasses,
      ignoreClass: this.ignoreClass,
      sparseTargets: this.sparseYTrue,
      sparsePredictions: this.sparseYPred,
      threshold: this.cut,
    };
  }

  override stateSize(): number {
    return this.numClasses ** 2;
  }

  /** Ids outside the classes are left out, as in Keras. */
  protected override targetRules(): TargetRules {
    return { ...super.targetRules(), ignoreClass: this.ignoreClass, classes: this.numClasses };
  }

  override result(state: Float64Array = this.state): number {
    const n = this.numClasses;
    const line = (first: number, step: number): number => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += state[first + i * step]!;
      return sum;
    };
    let total = 0;
    let present = 0;
    for (const id of this.targetClassIds) {
      const both = state[id * n + id]!;
      const union = line(id * n, 1) + line(id, n) - both;
      if (union <= 1e-9) continue; // an absent class counts nothing
      total += both / (union + EPSILON);
      present++;
    }
    return total / (present + EPSILON);
  }
}

/**
 * Mean intersection over union, `tp / (tp + fp + fn)`, of some classes.
 *
 * Source: keras/src/metrics/iou_metrics.py.
 *
 * @example
 * const iou = new IoU(3, [0, 2]);
 * iou.updateState([0, 1, 2], [0, 2, 2]);
 * iou.result(); // 0.75
 */
export class IoU extends IntersectionOverUnion {
  readonly className = 'IoU';

  /**
   * @param numClasses how many classes there are
   * @param targetClassIds those that count
   * @param options see {@link MeanIoUOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(numClasses: number, targetClassIds: readonly number[], options?: MeanIoUOptions, ...rest: []) {
    refuseMore('IoU', rest);
    const known = ['ignoreClass', 'sparseYTrue', 'sparseYPred', 'axis'];
    super('IoU', 'iou', numClasses, targetClassIds, options, known);
  }

  static override fromConfig<M>(this: new (...args: never) => M, config: MetricConfig): M {
    const { numClasses, targetClassIds, ...options } = config;
    return new (this as unknown as new (...args: unknown[]) => M)(numClasses, targetClassIds, options);
  }

  override getConfig(): MetricConfig {
    const { name, numClasses, targetClassIds, ignoreClass, sparseYTrue, sparseYPred } = this;
    return { name, numClasses, targetClassIds, ignoreClass, sparseYTrue, sparseYPred };
  }
}

/**
 * Mean intersection over union, `tp / (tp + fp + fn)`, of all classes that occur.
 *
 * Source: keras/src/metrics/iou_metrics.py.
 *
 * @example
 * model.compile({ loss: 'sparse_categorical_crossentropy', metrics: [new MeanIoU(3, { sparseYPred: false })] });
 */
export class MeanIoU extends IntersectionOverUnion {
  readonly className = 'MeanIoU';

  /**
   * @param numClasses how many classes there are
   * @param options see {@link MeanIoUOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(numClasses: number, options?: MeanIoUOptions, ...rest: []) {
    refuseMore('MeanIoU', rest);
    const known = ['ignoreClass', 'sparseYTrue', 'sparseYPred', 'axis'];
    super('MeanIoU', 'meanIou', numClasses, undefined, options, known);
  }

  static override fromConfig<M>(this: new (...args: never) => M, config: MetricConfig): M {
    const { numClasses, ...options } = config;
    return new (this as unknown as new (...args: unknown[]) => M)(numClasses, options);
  }

  override getConfig(): MetricConfig {
    const { name, numClasses, ignoreClass, sparseYTrue, sparseYPred } = this;
    return { name, numClasses, ignoreClass, sparseYTrue, sparseYPred };
  }
}

/**
 * Intersection over union of the classes 0 and 1, which a threshold tells apart.
 *
 * Source: keras/src/metrics/iou_metrics.py.
 *
 * @example
 * model.compile({ loss: 'bce', metrics: [new BinaryIoU({ targetClassIds: [1] })] });
 */
export class BinaryIoU extends IntersectionOverUnion {
  readonly className = 'BinaryIoU';
  readonly threshold: number;

  /**
   * @param options see {@link BinaryIoUOptions}
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(options?: BinaryIoUOptions, ...rest: []) {
    refuseMore('BinaryIoU', rest);
    const { targetClassIds = [0, 1], threshold = 0.5 } = options ?? {};
    const cut = checkNumber('BinaryIoU', 'threshold', threshold);
    super('BinaryIoU', 'binaryIou', 2, targetClassIds, options, ['targetClassIds', 'threshold'], cut);
    this.threshold = cut;
  }

  override getConfig(): MetricConfig {
    return { name: this.name, targetClassIds: this.targetClassIds, threshold: this.threshold };
  }
}

function readIds(where: string, value: unknown, classes: number): readonly number[] {
  if (value === undefined) return Array.from({ length: classes }, (_, id) => id);
  if (!Array.isArray(value) || value.length === 0)
    throw refusal('ERR_TYPE', where, 'targetClassIds to be an array of class ids', describe(value));
  return value.map((id: unknown, i) => checkInteger(where, `targetClassIds[${i}]`, id, 0, classes - 1));
}
