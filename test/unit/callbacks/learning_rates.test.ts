// SPDX-License-Identifier: MIT
// ReduceLROnPlateau and LearningRateScheduler: what they refuse, and that the rate which they set is the one that is used.
// What they decide is compared with Keras in test/golden/callbacks.test.ts.
import {
  LearningRateScheduler,
  ReduceLROnPlateau,
  Sequential,
  type LearningRateSchedulerOptions,
  type ReduceLROnPlateauOptions,
} from '../../../lib';
import { codeOf, codeOfAsync } from '../../support/error_code';
import { QUIET, smallModel, x, y } from '../../support/small_fit';

test.each<[string, unknown, string]>([
  ['a factor of 1', { factor: 1 }, 'ERR_CONFIG'],
  ['a negative factor', { factor: -0.1 }, 'ERR_CONFIG'],
  ['a negative patience', { patience: -1 }, 'ERR_CONFIG'],
  ['a fraction of an epoch', { cooldown: 1.5 }, 'ERR_CONFIG'],
  ['a negative rate', { minLr: -1 }, 'ERR_CONFIG'],
  ['a misspelt option', { minLR: 0 }, 'ERR_UNKNOWN_OPTION'],
  ['an array', [], 'ERR_TYPE'],
])('ReduceLROnPlateau refuses %s', (_title, options, code) => {
  expect(codeOf(() => new ReduceLROnPlateau(options as ReduceLROnPlateauOptions))).toBe(code);
});

test('ReduceLROnPlateau refuses a value whose direction nobody knows', async () => {
  const fit = smallModel().fit(x, y, { ...QUIET, callbacks: [new ReduceLROnPlateau('score')] });
  expect(await codeOfAsync(fit)).toBe('ERR_CONFIG');
});

test.each<[string, unknown, unknown, string]>([
  ['a schedule that is no function', 0.1, {}, 'ERR_TYPE'],
  ['a verbose of 2', () => 0.1, { verbose: 2 }, 'ERR_CONFIG'],
  ['a misspelt option', () => 0.1, { verbos: 1 }, 'ERR_UNKNOWN_OPTION'],
])('LearningRateScheduler refuses %s', (_title, schedule, options, code) => {
  const make = () => new LearningRateScheduler(schedule as () => number, options as LearningRateSchedulerOptions);
  expect(codeOf(make)).toBe(code);
});

test.each<[string, () => unknown, string]>([
  ['nothing', () => undefined, 'ERR_TYPE'],
  ['a promise', () => Promise.resolve(0.1), 'ERR_TYPE'],
  ['NaN', () => NaN, 'ERR_CONFIG'],
  ['a negative rate', () => -0.1, 'ERR_CONFIG'],
])('fit is rejected where the schedule gives %s', async (_title, schedule, code) => {
  const callbacks = [new LearningRateScheduler(schedule as () => number)];
  expect(await codeOfAsync(smallModel().fit(x, y, { ...QUIET, callbacks }))).toBe(code);
});

test('both want a model with an optimizer', () => {
  const model = new Sequential();
  for (const callback of [new ReduceLROnPlateau('loss'), new LearningRateScheduler(() => 0.1)]) {
    callback.setModel(model);
    expect(codeOf(() => callback.onEpochEnd(0, { loss: 1 }))).toBe('ERR_STATE');
  }
});

test('the rate of the schedule is the one that the next epoch uses, and history has it', async () => {
  const scheduled = smallModel();
  const rates = [0.1, 0.02, 0.3];
  const { history } = await scheduled.fit(x, y, {
    ...QUIET,
    epochs: 3,
    callbacks: [new LearningRateScheduler((epoch) => rates[epoch]!)],
  });
  expect(history['learningRate']).toEqual(rates);
  const byHand = smallModel();
  for (const [epoch, rate] of rates.entries()) {
    byHand.optimizer!.learningRate = rate;
    await byHand.fit(x, y, { ...QUIET, epochs: epoch + 1, initialEpoch: epoch });
  }
  expect(scheduled.getWeights()).toEqual(byHand.getWeights());
});

test('both tell of the rate where they are asked to', () => {
  let text = '';
  const stream = { write: (line: string) => (text += line) };
  const model = smallModel(0.5);
  const schedule = new LearningRateScheduler(() => 0.25, { verbose: 1, stream });
  const reduce = new ReduceLROnPlateau('loss', { patience: 1, factor: 0.5, verbose: 1, stream });
  for (const callback of [schedule, reduce]) callback.setModel(model);
  schedule.onEpochBegin(0);
  reduce.onTrainBegin();
  for (const epoch of [0, 1]) reduce.onEpochEnd(epoch, { loss: 1 });
  expect(text).toBe(
    '\nEpoch 1: LearningRateScheduler setting learning rate to 0.25.\n' +
      '\nEpoch 2: ReduceLROnPlateau reducing learning rate to 0.125.\n',
  );
});
