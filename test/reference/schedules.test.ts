// SPDX-License-Identifier: MIT
import { expectClose, GOLDEN_TOLERANCE } from './closeness';
import { describeGolden, readGolden } from './golden';
import { scheduledRate, scheduleOptions, type ScheduleData } from './schedules';

// Worked by hand from the formulas.
test('a cosine rests at alpha, warms up in a straight line, and restarts in ever longer periods', () => {
  const config = { initialLearningRate: 1, decaySteps: 10, alpha: 0.5, warmupTarget: 2, warmupSteps: 4 };
  const warm = scheduleOptions({ className: 'CosineDecay', config });
  expectClose(
    [0, 1, 4, 9, 14, 99].map((step) => scheduledRate(warm, step)),
    [1, 1.25, 2, 1.5, 1, 1],
    1e-12,
  );
  const again = scheduleOptions({
    className: 'CosineDecayRestarts',
    config: { initialLearningRate: 1, firstDecaySteps: 2, mMul: 0.5 },
  });
  expectClose(
    [0, 1, 2, 4, 6, 10].map((step) => scheduledRate(again, step)),
    [1, 0.5, 0.5, 0.25, 0.25, 0.125],
    1e-12,
  );
});

describeGolden('schedules', () => {
  const { steps, cases } = readGolden<{ steps: number[]; cases: (ScheduleData & { rates: number[] })[] }>('schedules');

  test.each(cases)('$className $config has the rates of Keras', (golden) => {
    const schedule = scheduleOptions(golden);
    expectClose(
      steps.map((step) => scheduledRate(schedule, step)),
      golden.rates,
      GOLDEN_TOLERANCE,
    );
  });
});
