// SPDX-License-Identifier: MIT
// The progress bar: Keras 3's look on a terminal, one plain line elsewhere, one line an epoch with verbose 2.
import { ProgbarLogger } from '../../../lib/callbacks';
import { formatValue } from '../../../lib/callbacks/progbar';

const code = (code: string) => expect.objectContaining({ code });
const BAR = '━'.repeat(20);

function logger(verbose: 0 | 1 | 2, isTTY: boolean, { epochs = 2, steps = 157 } = {}) {
  const output = { text: '', isTTY, write: (s: string) => void (output.text += s) };
  const clock = { seconds: 0 };
  const bar = new ProgbarLogger({ stream: output, now: () => clock.seconds });
  bar.setParams({ verbose, epochs, steps, metrics: [] });
  bar.onTrainBegin();
  return { bar, output, clock };
}

describe('misuse', () => {
  test('refuses a stream that cannot be written to', () => {
    expect(() => new ProgbarLogger({ stream: {} as never })).toThrow(code('ERR_TYPE'));
    expect(() => new ProgbarLogger({ strem: process.stdout } as never)).toThrow(code('ERR_UNKNOWN_OPTION'));
  });
});

test('a stream that is no terminal gets the last line of the epoch only', () => {
  const { bar, output, clock } = logger(1, false);
  bar.onEpochBegin(0);
  clock.seconds = 0.31;
  bar.onTrainBatchEnd(40, { accuracy: 0.5, loss: 0.7 });
  clock.seconds = 1.0;
  bar.onEpochEnd(0, { accuracy: 0.57, loss: 0.6789, valLoss: 0.00012 });
  expect(output.text).toBe(
    `Epoch 1/2\n157/157 ${BAR} 1s 6ms/step - accuracy: 0.5700 - loss: 0.6789 - valLoss: 1.2000e-04\n`,
  );
});

test('verbose 2 prints one line an epoch', () => {
  const { bar, output, clock } = logger(2, true);
  bar.onEpochBegin(1);
  clock.seconds = 1.2;
  bar.onTrainBatchEnd(156, { loss: 1 });
  bar.onEpochEnd(1, { loss: 0.5 });
  expect(output.text).toBe('Epoch 2/2\n157/157 - 1s - 8ms/step - loss: 0.5000\n');
});

test('verbose 0 prints nothing', () => {
  const { bar, output } = logger(0, true);
  bar.onEpochBegin(0);
  bar.onTrainBatchEnd(156, { loss: 1 });
  bar.onEpochEnd(0, { loss: 0.5 });
  expect(output.text).toBe('');
});

describe('on a terminal', () => {
  test('the bar grows with an ETA, and ends with the time taken', () => {
    const { bar, output, clock } = logger(1, true, { epochs: 1, steps: 10 });
    bar.onEpochBegin(0);
    clock.seconds = 1;
    bar.onTrainBatchEnd(0, { loss: 2 });
    expect(output.text).toBe(
      `\r\x1b[1m 1/10\x1b[0m \x1b[32m━━\x1b[0m\x1b[37m${'━'.repeat(18)}\x1b[0m \x1b[1m9s\x1b[0m 1s/step - loss: 2.0000`,
    );
    output.text = '';
    clock.seconds = 1.9;
    bar.onEpochEnd(0, { loss: 1 });
    expect(output.text).toBe(
      `\r\x1b[1m10/10\x1b[0m \x1b[32m${BAR}\x1b[0m\x1b[37m\x1b[0m \x1b[1m2s\x1b[0m 100ms/step - loss: 1.0000\n`,
    );
  });

  test('is drawn at most every 0.05 s', () => {
    const { bar, output, clock } = logger(1, true);
    bar.onEpochBegin(0);
    clock.seconds = 1;
    bar.onTrainBatchEnd(0, { loss: 2 });
    output.text = '';
    clock.seconds = 1.04;
    bar.onTrainBatchEnd(1, { loss: 2 });
    expect(output.text).toBe('');
    clock.seconds = 1.06;
    bar.onTrainBatchEnd(2, { loss: 2 });
    expect(output.text).toContain('  3/157');
  });

  test('a shorter line wipes what the longer one left', () => {
    const { bar, output, clock } = logger(1, true, { steps: 2 });
    bar.onEpochBegin(0);
    clock.seconds = 4000;
    bar.onTrainBatchEnd(0, { loss: 2 });
    expect(output.text).toContain('1:06:40');
    clock.seconds = 4001;
    bar.onEpochEnd(0, { loss: 2 });
    expect(output.text).toMatch(/loss: 2\.0000 +\n$/);
  });

  test('a training that ends in the middle of an epoch leaves a whole line', () => {
    const { bar, output } = logger(1, true);
    bar.onEpochBegin(0);
    bar.onTrainBatchEnd(0, { loss: 2 });
    bar.onTrainEnd();
    expect(output.text.endsWith('\n')).toBe(true);
  });
});

test('validation inside fit is silent, evaluate is not', () => {
  const { bar, output } = logger(1, false);
  bar.onTestBegin();
  bar.onTestEnd({ loss: 1 });
  expect(output.text).toBe('');
  bar.setParams({ verbose: 1, epochs: 1, steps: 3, metrics: [] });
  bar.onTestBegin();
  bar.onTestEnd({ loss: 1 });
  expect(output.text).toContain('3/3');
});

test.each([
  [0.5, '0.5000'],
  [0.001, '1.0000e-03'],
  [0, '0.0000e+00'],
  [-0.25, '-0.2500'],
  [1e-12, '1.0000e-12'],
  [NaN, 'nan'],
  [-Infinity, '-inf'],
])('%p is shown as %s', (value, text) => {
  expect(formatValue(value)).toBe(text);
});
