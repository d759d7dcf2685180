// SPDX-License-Identifier: MIT
// Oracle: learning rates by step in double, formulas as keras/src/optimizers/schedules/learning_rate_schedule.py has them.
import type { NativeSchedule } from '../../lib/native/binding';

/** A schedule as goldens hold it. */
export interface ScheduleData {
  className: string;
  config: Record<string, unknown>;
}

/** Keras' defaults. */
const DEFAULTS: Record<string, object> = {
  ExponentialDecay: { kind: 'exponential_decay', staircase: false },
  PiecewiseConstantDecay: { kind: 'piecewise_constant_decay' },
  PolynomialDecay: { kind: 'polynomial_decay', endLearningRate: 0.0001, power: 1, cycle: false },
  InverseTimeDecay: { kind: 'inverse_time_decay', staircase: false },
  CosineDecay: { kind: 'cosine_decay', alpha: 0, warmupTarget: null, warmupSteps: 0 },
  CosineDecayRestarts: { kind: 'cosine_decay_restarts', tMul: 2, mMul: 1, alpha: 0 },
};

export function scheduleOptions({ className, config }: ScheduleData): NativeSchedule {
  const { firstDecaySteps, ...rest } = config;
  const length = firstDecaySteps === undefined ? {} : { decaySteps: firstDecaySteps };
  return { ...DEFAULTS[className], ...rest, ...length } as NativeSchedule;
}

const wave = (part: number): number => (1 + Math.cos(Math.PI * part)) / 2;

/** The period that step `at` (in first periods) is in, and the part of it that is done: counted, not solved for. */
function periodOf(at: number, growth: number): { index: number; part: number } {
  let index = 0;
  let length = 1;
  let begin = 0;
  while (at >= begin + length) {
    begin += length;
    length *= growth;
    index++;
  }
  return { index, part: (at - begin) / length };
}

export function scheduledRate(s: NativeSchedule, step: number): number {
  if (s.kind === 'piecewise_constant_decay') {
    const index = s.boundaries.findIndex((boundary) => step <= boundary);
    return index < 0 ? s.values.at(-1)! : s.values[index]!;
  }
  const { initialLearningRate: initial, decaySteps } = s;
  switch (s.kind) {
    case 'exponential_decay':
      return initial * s.decayRate ** (s.staircase ? Math.floor(step / decaySteps) : step / decaySteps);
    case 'inverse_time_decay':
      return initial / (1 + s.decayRate * (s.staircase ? Math.floor(step / decaySteps) : step / decaySteps));
    case 'polynomial_decay': {
      const end = s.cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
      const left = 1 - Math.min(step, end) / end;
      return s.endLearningRate + (initial - s.endLearningRate) * left ** s.power;
    }
    case 'cosine_decay': {
      const { warmupTarget: target } = s;
      if (target === null) return initial * (s.alpha + (1 - s.alpha) * wave(Math.min(1, step / decaySteps)));
      if (step < s.warmupSteps) return initial + ((target - initial) * step) / s.warmupSteps;
      return target * (s.alpha + (1 - s.alpha) * wave(Math.min(1, (step - s.warmupSteps) / decaySteps)));
    }
    case 'cosine_decay_restarts': {
      const { index, part } = periodOf(step / decaySteps, s.tMul);
      return initial * (s.alpha + (1 - s.alpha) * s.mMul ** index * wave(part));
    }
  }
}
