// SPDX-License-Identifier: MIT
// LambdaCallback and TerminateOnNaN within a fit.
import { LambdaCallback, TerminateOnNaN, type LambdaCallbackOptions, type TerminateOnNaNOptions } from '../../../lib';
import { CallbackList } from '../../../lib/callbacks/callback_list';
import { codeOf, codeOfAsync } from '../../support/error_code';
import { QUIET, smallModel, x, y } from '../../support/small_fit';

test.each<[string, unknown, string]>([
  ['a hook that does not exist', { onEpochEnds: () => undefined }, 'ERR_UNKNOWN_OPTION'],
  ['a hook that is no function', { onEpochEnd: 1 }, 'ERR_TYPE'],
  ['a function instead of hooks', () => undefined, 'ERR_TYPE'],
])('LambdaCallback refuses %s', (_title, functions, code) => {
  expect(codeOf(() => new LambdaCallback(functions as LambdaCallbackOptions))).toBe(code);
});

test.each<[string, unknown, string]>([
  ['a flag that is none', { raiseError: 1 }, 'ERR_TYPE'],
  ['a misspelt option', { raise: true }, 'ERR_UNKNOWN_OPTION'],
])('TerminateOnNaN refuses %s', (_title, options, code) => {
  expect(codeOf(() => new TerminateOnNaN(options as TerminateOnNaNOptions))).toBe(code);
});

test('functions are called in the order of the hooks, with their arguments', async () => {
  const calls: unknown[][] = [];
  const note =
    (name: string) =>
    (...given: unknown[]) => {
      calls.push([name, ...given.filter((value) => typeof value === 'number')]);
    };
  const names = ['onTrainBegin', 'onTrainEnd', 'onEpochBegin', 'onEpochEnd', 'onTrainBatchBegin', 'onTrainBatchEnd'];
  const lambda = new LambdaCallback(Object.fromEntries([...names, 'onTestBegin'].map((name) => [name, note(name)])));
  await smallModel().fit(x, y, { ...QUIET, batchSize: 12, validationData: [x, y], callbacks: [lambda] });
  expect(calls).toEqual([
    ['onTrainBegin'],
    ['onEpochBegin', 0],
    ['onTrainBatchBegin', 0],
    ['onTrainBatchEnd', 0],
    ['onTestBegin'],
    ['onEpochEnd', 0],
    ['onTrainEnd'],
  ]);
});

test('batches are watched only where a function asks for them', () => {
  const watches = (functions: LambdaCallbackOptions) =>
    new CallbackList('test', [new LambdaCallback(functions)], { history: true, progbar: true }).watchesBatches('Train');
  expect(watches({ onEpochEnd: () => undefined })).toBe(false);
  expect(watches({ onTrainBatchEnd: () => undefined })).toBe(true);
});

describe('TerminateOnNaN', () => {
  const diverging = () => smallModel(1e30);

  test('ends training at the batch, and everything else takes its course', async () => {
    let text = '';
    const ends: string[] = [];
    const note = new LambdaCallback({
      onTrainBatchEnd: (batch) => void ends.push(`batch ${batch}`),
      onEpochEnd: (epoch) => void ends.push(`epoch ${epoch}`),
      onTrainEnd: () => void ends.push('train'),
    });
    const callbacks = [new TerminateOnNaN({ stream: { write: (line) => (text += line) } }), note];
    const { history } = await diverging().fit(x, y, { ...QUIET, epochs: 9, callbacks });
    const last = Number(/^Batch (\d): Invalid loss, terminating training\n$/.exec(text)?.[1]);
    expect(ends).toEqual([...Array.from({ length: last + 1 }, (_, batch) => `batch ${batch}`), 'epoch 0', 'train']);
    expect(Number.isFinite(history['loss']![0])).toBe(false);
  });

  test('rejects fit where it is asked to', async () => {
    const fit = diverging().fit(x, y, { ...QUIET, epochs: 9, callbacks: [new TerminateOnNaN({ raiseError: true })] });
    expect(await codeOfAsync(fit)).toBe('ERR_DATA');
  });
});
