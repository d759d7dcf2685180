// SPDX-License-Identifier: MIT
// Lowers the learning rate when a value no longer improves.
import { refuseMore } from '../util/arguments';
import { checkInteger, checkNumber } from '../util/validate';
import { logLearningRate, optimizerOf } from './learning_rates';
import { MonitorCallback, monitorDefaults, monitorFirst, type MonitorOptions } from './monitor';
import { isCount, isNumber, isOptional, readState } from './state';
import type { Logs } from './callback';

/** Options of {@link ReduceLROnPlateau}. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the rate is multiplied by, below 1. Default 0.1. */
  factor?: number;
  /** Epochs without improvement after which it is lowered, from 0. Default 10. */
  patience?: number;
  /** Smaller changes count as none; its sign is dropped. Default 1e-4. */
  minDelta?: number;
  /** Epochs after a reduction in which none is counted, from 0. Default 0. */
  cooldown?: number;
  /** The rate does not fall below it. Default 0. */
  minLr?: number;
}

const DEFAULTS = Object.freeze({
  ...monitorDefaults,
  factor: 0.1,
  patience: 10,
  minDelta: 1e-4,
  cooldown: 0,
  minLr: 0,
});
const WHERE = 'ReduceLROnPlateau';

/**
 * Lowers the learning rate when the watched value has stopped improving, and logs it as `learningRate`.
 *
 * Source: keras/src/callbacks/reduce_lr_on_plateau.py (3.15), same semantics.
 * Differs from Keras: NaN is worse than any number.
 *
 * @example
 * const reduce = new ReduceLROnPlateau({ monitor: 'valLoss', factor: 0.5, patience: 3 });
 * await model.fit(x, y, { epochs: 50, validationSplit: 0.2, callbacks: [reduce] });
 */
export class ReduceLROnPlateau extends MonitorCallback {
  override readonly className = WHERE;
  readonly factor: number;
  readonly patience: number;
  readonly cooldown: number;
  readonly minLr: number;
  /** Epochs since the last improvement. */
  wait = 0;
  /** Epochs of cooldown that are left. */
  cooldownCounter = 0;
  /** Best value so far; undefined before the first. */
  best: number | undefined;

  /**
   * @param monitor key of the value in the logs; default 'valLoss'
   * @param options see {@link ReduceLROnPlateauOptions}; may stand first, with `monitor` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(
    monitor?: string | ReduceLROnPlateauOptions,
    options?: Omit<ReduceLROnPlateauOptions, 'monitor'>,
    ...rest: []
  ) {
    refuseMore('ReduceLROnPlateau', rest);
    const o = monitorFirst(WHERE, DEFAULTS, monitor, options);
    super(WHERE, o);
    this.factor = checkNumber(WHERE, 'factor', o.factor, { min: 0, max: 1, belowMax: true });
    this.patience = checkInteger(WHERE, 'patience', o.patience, 0);
    this.cooldown = checkInteger(WHERE, 'cooldown', o.cooldown, 0);
    this.minLr = checkNumber(WHERE, 'minLr', o.minLr, { min: 0 });
  }

  override onTrainBegin(): void {
    this.wait = 0;
    this.cooldownCounter = 0;
    this.best = undefined;
  }

  override onEpochEnd(epoch: number, logs: Logs): void {
    const optimizer = optimizerOf(WHERE, this);
    logLearningRate(logs, optimizer);
    if (this.isUnvalidated(logs)) return;
    const current = this.watched(logs, 'The learning rate stays.');
    if (current === undefined) return;
    if (this.cooldownCounter > 0) {
      this.cooldownCounter--;
      this.wait = 0;
    }
    if (this.improves(current, this.best)) {
      this.best = current;
      this.wait = 0;
      return;
    }
    if (this.cooldownCounter > 0 || ++this.wait < this.patience || optimizer.learningRate <= this.minLr) return;
    optimizer.learningRate = Math.max(optimizer.learningRate * this.factor, this.minLr);
    this.tell(`\nEpoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${optimizer.learningRate}.`);
    this.cooldownCounter = this.cooldown;
    this.wait = 0;
  }

  override getState(): unknown {
    const { wait, cooldownCounter, best } = this;
    return { wait, cooldownCounter, best };
  }

  override setState(given: unknown): void {
    const checks = { wait: isCount, cooldownCounter: isCount, best: isOptional(isNumber) };
    const { wait, cooldownCounter, best } = readState(WHERE, given, checks);
    this.wait = wait;
    this.cooldownCounter = cooldownCounter;
    this.best = best;
  }
}
