// SPDX-License-Identifier: MIT
// Schedules: both calling styles, refusals, and rates against the oracle at every step.
import {
  CosineDecay,
  CosineDecayRestarts,
  ExponentialDecay,
  InverseTimeDecay,
  LearningRateSchedule,
  PiecewiseConstantDecay,
  PolynomialDecay,
  scheduleFromConfig,
} from '../../../lib/schedules';
import { scheduledRate } from '../../reference/schedules';

const code = (code: string) => expect.objectContaining({ code });

describe('misuse', () => {
  test.each([
    ['an unknown option', () => new ExponentialDecay(1, 1, 1, { stairCase: true } as never), 'ERR_UNKNOWN_OPTION'],
    ['a missing argument', () => new ExponentialDecay(1, 1, undefined as never), 'ERR_TYPE'],
    ['no arguments', () => Reflect.construct(CosineDecay, []) as unknown, 'ERR_TYPE'],
    ['too many arguments', () => Reflect.construct(CosineDecay, [1, 2, 3]) as unknown, 'ERR_TYPE'],
    ['two option objects', () => Reflect.construct(CosineDecay, [1, 2, {}, {}]) as unknown, 'ERR_TYPE'],
    ['a rate that is a string', () => new PolynomialDecay('1' as never, 10), 'ERR_TYPE'],
    ['a negative rate', () => new PolynomialDecay(-1, 10), 'ERR_CONFIG'],
    ['a rate of NaN', () => new InverseTimeDecay(NaN, 10, 1), 'ERR_CONFIG'],
    ['no steps', () => new InverseTimeDecay(1, 0, 1), 'ERR_CONFIG'],
    ['a negative decay', () => new ExponentialDecay(1, 10, -0.5), 'ERR_CONFIG'],
    ['an alpha above 1', () => new CosineDecay(1, 10, { alpha: 1.5 }), 'ERR_CONFIG'],
    ['a warm-up that is a string', () => new CosineDecay(1, 10, { warmupTarget: 'high' as never }), 'ERR_TYPE'],
    ['periods that shrink', () => new CosineDecayRestarts(1, 10, { tMul: 0.5 }), 'ERR_CONFIG'],
    ['no boundary', () => new PiecewiseConstantDecay([], [1]), 'ERR_CONFIG'],
    ['boundaries that fall', () => new PiecewiseConstantDecay([20, 10], [1, 2, 3]), 'ERR_CONFIG'],
    ['boundaries that are equal', () => new PiecewiseConstantDecay([10, 10], [1, 2, 3]), 'ERR_CONFIG'],
    ['a boundary between two steps', () => new PiecewiseConstantDecay([1.5], [1, 2]), 'ERR_CONFIG'],
    ['a list with a hole', () => new PiecewiseConstantDecay(new Array<number>(3), [1, 2, 3, 4]), 'ERR_TYPE'],
    ['as many values as boundaries', () => new PiecewiseConstantDecay([10, 20], [1, 2]), 'ERR_CONFIG'],
    ['values that are no list', () => new PiecewiseConstantDecay([10], 3 as never), 'ERR_TYPE'],
    ['an unknown class', () => scheduleFromConfig('CosinDecay', {}), 'ERR_UNKNOWN_NAME'],
    ['a step below 0', () => new CosineDecay(1, 10).call(-1), 'ERR_CONFIG'],
    ['a step between two', () => new CosineDecay(1, 10).call(0.5), 'ERR_CONFIG'],
    ['a step that is no number', () => new CosineDecay(1, 10).call('1' as never), 'ERR_TYPE'],
  ])('refuses %s', (_title, make, expected) => {
    expect(make).toThrow(code(expected));
  });

  test('says which option and which class was meant', () => {
    expect(() => new ExponentialDecay(1, 1, 1, { stairCase: true } as never)).toThrow("Did you mean 'staircase'?");
    expect(() => scheduleFromConfig('CosinDecay', {})).toThrow("Did you mean 'cosine_decay'?");
  });
});

const ALL: readonly LearningRateSchedule[] = [
  new ExponentialDecay(0.5, 7, 0.9),
  new ExponentialDecay(0.5, 7, 0.9, { staircase: true, name: 'mine' }),
  new InverseTimeDecay(0.5, 7, 0.3),
  new InverseTimeDecay({ initialLearningRate: 0.5, decaySteps: 7, decayRate: 0.3, staircase: true }),
  new PiecewiseConstantDecay([3, 9], [1, 0.5, 0.25]),
  new PolynomialDecay(0.5, 13),
  new PolynomialDecay(0.5, 13, { endLearningRate: 0.1, power: 2, cycle: true }),
  new CosineDecay(0.5, 13, { alpha: 0.1 }),
  new CosineDecay(0, 13, { warmupTarget: 0.5, warmupSteps: 5 }),
  new CosineDecayRestarts(0.5, 5),
  new CosineDecayRestarts(0.5, 5, { tMul: 1, mMul: 0.5, alpha: 0.1 }),
];

test.each(ALL)('$className goes as the oracle goes', (schedule) => {
  for (let step = 0; step < 60; step++) {
    const wanted = scheduledRate(schedule.toNative(), step);
    expect(Math.abs(schedule.call(step) - wanted)).toBeLessThan(1e-14);
  }
});

test.each(ALL)('$className is made again by its config', (schedule) => {
  const config = JSON.parse(JSON.stringify(schedule.getConfig())) as Record<string, unknown>;
  const again = scheduleFromConfig(schedule.className, config);
  expect(again).toBeInstanceOf(schedule.constructor);
  expect(again.getConfig()).toEqual(schedule.getConfig());
  expect(again.toNative()).toEqual(schedule.toNative());
});

test('arguments may stand in order or among the options', () => {
  const inOrder = new ExponentialDecay(0.1, 10, 0.5, { staircase: true }).getConfig();
  const named = { initialLearningRate: 0.1, decaySteps: 10, decayRate: 0.5, staircase: true };
  expect(new ExponentialDecay(named).getConfig()).toEqual(inOrder);
  expect(new PiecewiseConstantDecay({ boundaries: [1], values: [2, 3] }).values).toEqual([2, 3]);
});

test('a list that changes afterwards changes nothing', () => {
  const values = [1, 2];
  const schedule = new PiecewiseConstantDecay([10], values);
  values[0] = 5;
  expect(schedule.call(0)).toBe(1);
});
