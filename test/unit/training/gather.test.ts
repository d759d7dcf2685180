// SPDX-License-Identifier: MIT
// Calls of predict at the same time: what is refused, what is gathered and when, and that every call is answered, refused
// and aborted by itself.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Callback, Dense, Embedding, Input, LSTM, NdArray, Sequential, setRandomSeed, SimpleRNN } from '../../../lib';
import { Trainer } from '../../../lib/training/trainer';
import { codeOf, codeOfAsync } from '../../support/error_code';
import { detach } from '../../support/hostile';
import { oneOutput, ScriptedDataset, ScriptedHost } from './scripted_host';

/** A trainer over an engine that keeps a record: tokens [N,3] below 10. */
function scripted() {
  const host = new ScriptedHost();
  const datasets: ScriptedDataset[] = [];
  class Recorded extends ScriptedDataset {
    constructor(...given: ConstructorParameters<typeof ScriptedDataset>) {
      super(...given);
      datasets.push(this);
    }
  }
  const trainer = new Trainer(host, () => ({ NativeDataset: Recorded, permutation: () => undefined }));
  return {
    trainer,
    host,
    model: host.model,
    rowsOfRuns: () => host.model.runs.map(({ begin, end }) => end - begin),
    datasets,
  };
}

const row = (id: number): number[][] => [[id, id, id]];

function reviews(): Sequential {
  setRandomSeed(3);
  return new Sequential([new Embedding(30, 8), new SimpleRNN(8), new Dense(2, { activation: 'softmax' })]);
}
const review = (i: number, steps = 12, rows = 1) => ({
  data: Int32Array.from({ length: rows * steps }, (_, k) => (k % steps < i % 7 ? 0 : 1 + ((i * 37 + k * 5) % 29))),
  shape: [rows, steps],
});

describe('gather refuses', () => {
  test.each<[string, unknown, string]>([
    ['an unknown option', { maxRow: 3 }, 'ERR_UNKNOWN_OPTION'],
    ['no rows', { maxRows: 0 }, 'ERR_CONFIG'],
    ['a fraction of a row', { maxRows: 1.5 }, 'ERR_CONFIG'],
    ['a text', { maxRows: '3' }, 'ERR_TYPE'],
    ['a delay before now', { maxDelay: -1 }, 'ERR_CONFIG'],
    ['a delay that a timer cannot take', { maxDelay: 2 ** 31 }, 'ERR_CONFIG'],
    ['NaN', { maxDelay: NaN }, 'ERR_CONFIG'],
    ['no options', null, 'ERR_TYPE'],
  ])('%s', (_title, options, code) => {
    expect(codeOf(() => reviews().gather(options as never))).toBe(code);
  });

  test('a model that was disposed', () => {
    const model = reviews();
    model.dispose();
    expect(codeOf(() => model.gather({ maxRows: 3 }))).toBe('ERR_DISPOSED');
  });
});

describe('what is computed together', () => {
  test('the calls of one turn, in one batch, in the order in which they came', async () => {
    const { trainer, model, datasets, rowsOfRuns } = scripted();
    const answers = await Promise.all(
      [row(1), [...row(2), ...row(3)], row(4)].map((rows) => oneOutput(trainer.predict(rows))),
    );
    expect(rowsOfRuns()).toEqual([4]);
    expect(model.runs[0]!.batchSize).toBe(4);
    expect([...datasets[0]!.spec.inputs[0]!.data]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
    expect(answers.map(({ shape }) => shape)).toEqual([[1, 1], [2, 1], [1, 1]]); // prettier-ignore
  });

  test('what comes while the model computes, in the next batch', async () => {
    const { trainer, rowsOfRuns } = scripted();
    const first = trainer.predict(row(1));
    await new Promise(setImmediate);
    const later = [2, 3, 4].map((id) => trainer.predict(row(id)));
    await Promise.all([first, ...later]);
    expect(rowsOfRuns()).toEqual([1, 3]);
  });

  test('no more rows than maxRows; a full batch does not wait for the end of the turn', async () => {
    const { trainer, rowsOfRuns } = scripted();
    trainer.gather({ maxRows: 3 });
    const calls = [1, 2, 3, 4, 5, 6, 7].map((id) => trainer.predict(row(id)));
    for (let i = 0; i < 50; i++) await Promise.resolve();
    expect(rowsOfRuns()).toEqual([3]);
    await Promise.all(calls);
    expect(rowsOfRuns()).toEqual([3, 3, 1]);
  });

  test('with maxDelay, the calls of several turns', async () => {
    const { trainer, rowsOfRuns } = scripted();
    trainer.gather({ maxDelay: 2 ** 31 - 1, maxRows: 3 });
    const calls = [trainer.predict(row(1))];
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    calls.push(trainer.predict(row(2)));
    await new Promise(setImmediate);
    expect(rowsOfRuns()).toEqual([]);
    calls.push(trainer.predict(row(3)));
    await Promise.all(calls);
    expect(rowsOfRuns()).toEqual([3]);
    trainer.gather({ maxDelay: 1 });
    await trainer.predict(row(4));
    expect(rowsOfRuns()).toEqual([3, 1]);
  });

  test('with maxDelay, no longer than until someone else wants the model', async () => {
    const { trainer, rowsOfRuns } = scripted();
    trainer.gather({ maxDelay: 2 ** 31 - 1 });
    const calls = [trainer.predict(row(1)), trainer.predict(row(2))];
    expect(await codeOfAsync(trainer.predictOnBatch(row(3)))).toBe('ERR_BUSY');
    await Promise.all(calls);
    expect(rowsOfRuns()).toEqual([2]);
    await trainer.predictOnBatch(row(3));
  });

  test('neither a call of more rows than its batchSize, nor one of more than maxRows', async () => {
    const { trainer, model, rowsOfRuns } = scripted();
    trainer.gather({ maxRows: 4 });
    const rows = (count: number): number[][] => Array.from({ length: count }, () => [1, 2, 3]);
    await Promise.all([
      trainer.predict(rows(3), { batchSize: 2 }),
      trainer.predict(row(1)),
      trainer.predict(rows(5)),
      trainer.predict(row(2)),
    ]);
    expect(rowsOfRuns().reduce((a, b) => a + b)).toBe(10);
    expect(model.runs.map(({ begin, end, batchSize }) => [end - begin, batchSize])).toEqual([[2, 2], [1, 2], [2, 2], [5, 5]]); // prettier-ignore
  });

  test('a call by itself is the very pass that it was', async () => {
    const { trainer, model } = scripted();
    await trainer.predict(row(1));
    await trainer.predict([...row(1), ...row(2), ...row(3)], { batchSize: 2 });
    expect(model.runs.map(({ begin, end, batchSize }) => [begin, end, batchSize])).toEqual([[0, 1, 1], [0, 2, 2], [2, 3, 2]]); // prettier-ignore
  });

  test('not calls with callbacks or a progress bar, nor those of a stateful model: they are refused beside others', async () => {
    const model = reviews();
    const first = model.predict(review(1));
    expect(await codeOfAsync(model.predict(review(2), { callbacks: [new (class extends Callback {})()] }))).toBe(
      'ERR_BUSY',
    );
    expect(await codeOfAsync(model.predict(review(2), { verbose: 2 }))).toBe('ERR_BUSY');
    await first;
    const stateful = new Sequential([new Input([null, 2]), new LSTM(3, { stateful: true })]);
    const x = { data: new Float32Array(4), shape: [1, 2, 2] };
    const [one, other] = [stateful.predict(x), stateful.predict(x)];
    expect(await codeOfAsync(other)).toBe('ERR_BUSY');
    await one;
  });
});

describe('the answers', () => {
  test('are those of each call alone, whatever its timesteps; of one batch to the bit', async () => {
    const model = reviews();
    const requests = Array.from({ length: 90 }, (_, i) => review(i, 5 + (i % 3) * 4, 1 + (i % 2)));
    const alone: NdArray[] = [];
    for (const request of requests) alone.push(await model.predict(request));
    const together = await Promise.all(requests.map((request) => model.predict(request)));
    together.forEach((answer, i) => {
      expect(answer.shape).toEqual(alone[i]!.shape);
      answer.data.forEach((value, k) => expect(Math.abs(value - alone[i]!.data[k]!)).toBeLessThan(1e-6));
    });
    const same = requests.filter((_, i) => i % 3 === 1);
    const all = same.flatMap(({ data }) => [...data]);
    const rows = all.length / 9;
    const batch = await model.predict({ data: Int32Array.from(all), shape: [rows, 9] }, { batchSize: rows });
    const gathered = await Promise.all(same.map((request) => model.predict(request)));
    expect(gathered.flatMap(({ data }) => [...data])).toEqual([...batch.data]);
  });

  test('are sequences where the model returns them', async () => {
    const model = new Sequential([new Input([null, 2]), new LSTM(3, { returnSequences: true })]);
    const x = (i: number) => ({ data: Float32Array.from({ length: 8 }, (_, k) => Math.sin(i + k)), shape: [1, 4, 2] });
    const answers = await Promise.all([0, 1, 2].map((i) => model.predict(x(i))));
    const alone = await model.predict(x(1));
    expect(answers[1]!.shape).toEqual([1, 4, 3]);
    alone.data.forEach((value, k) => expect(answers[1]!.data[k]).toBeCloseTo(value, 6));
  });

  test('do not share memory', async () => {
    const model = reviews();
    const [one, other] = await Promise.all([model.predict(review(1)), model.predict(review(2))]);
    const before = [...other!.data];
    new Float32Array(one!.data.buffer).fill(7);
    expect([...other!.data]).toEqual(before);
  });

  test('are for the inputs as they were when the call came', async () => {
    const model = reviews();
    const wanted = await Promise.all([1, 2].map((i) => model.predict(review(i))));
    const [one, other] = [review(1), review(2)];
    const answers = [model.predict(one), model.predict(other)];
    one.data.fill(3);
    detach(other.data);
    expect((await Promise.all(answers)).map(({ data }) => data)).toEqual(wanted.map(({ data }) => data));
  });

  test('build a model that knew no shape', async () => {
    const model = new Sequential([new LSTM(3)]);
    const x = { data: new Float32Array(8), shape: [1, 4, 2] };
    const answers = await Promise.all([model.predict(x), model.predict(x)]);
    expect(answers.map(({ shape }) => shape)).toEqual([[1, 3], [1, 3]]); // prettier-ignore
  });
});

describe('a call that fails', () => {
  test.each<[string, unknown, string]>([
    ['a token outside the vocabulary', { data: Int32Array.of(1, 30, 2), shape: [1, 3] }, 'ERR_RANGE'],
    ['a negative token', { data: Int32Array.of(1, -1, 2), shape: [1, 3] }, 'ERR_RANGE'],
    ['ragged rows', [[1, 2], [3]], 'ERR_SHAPE'],
    ['nothing', undefined, 'ERR_TYPE'],
  ])('%s: is refused alone, in its own words', async (_title, bad, code) => {
    const model = reviews();
    const good = { data: Int32Array.of(1, 2, 3), shape: [1, 3] };
    const wanted = (await model.predict(good)).data;
    const messages = async (call: Promise<unknown>): Promise<unknown> => call.catch((error: Error) => error.message);
    const alone = await messages(model.predict(bad as never));
    const calls = Array.from({ length: 41 }, (_, i) => model.predict((i === 23 ? bad : good) as never));
    const ends = await Promise.allSettled(calls);
    ends.forEach((end, i) => {
      if (i === 23) expect(end).toMatchObject({ status: 'rejected', reason: { code, message: alone } });
      else if (end.status === 'rejected') throw end.reason;
      else end.value.data.forEach((value, k) => expect(value).toBeCloseTo(wanted[k]!, 6));
    });
    expect(model.isBusy).toBe(false);
  });

  test('what the engine reports of a batch is tried again in halves', async () => {
    const { trainer, model, rowsOfRuns } = scripted();
    model.nextError = ['ERR_OUT_OF_MEMORY', 'no room'];
    const answers = await Promise.all([1, 2, 3].map((id) => trainer.predict(row(id))));
    expect(answers).toHaveLength(3);
    expect(rowsOfRuns()).toEqual([3, 2, 1]);
  });

  test('a call alone gives what the engine reports', async () => {
    const { trainer, model } = scripted();
    model.nextError = ['ERR_OUT_OF_MEMORY', 'no room'];
    expect(await codeOfAsync(trainer.predict(row(1)))).toBe('ERR_OUT_OF_MEMORY');
    expect(trainer.busy).toBe(false);
  });
});

describe('a signal', () => {
  test('ends its own call, at once while it waits, and the others are answered', async () => {
    const { trainer, rowsOfRuns } = scripted();
    const controller = new AbortController();
    const calls = [1, 2, 3].map((id) =>
      oneOutput(trainer.predict(row(id), id === 2 ? { signal: controller.signal } : {})),
    );
    controller.abort(new Error('enough'));
    await expect(calls[1]).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: { message: 'enough' } });
    expect(rowsOfRuns()).toEqual([]);
    expect((await Promise.all([calls[0]!, calls[2]!])).map(({ shape }) => shape)).toEqual([[1, 1], [1, 1]]); // prettier-ignore
  });

  test('of all that wait, gives the model back', async () => {
    const { trainer, rowsOfRuns } = scripted();
    const controller = new AbortController();
    const ends = [1, 2].map((id) => codeOfAsync(trainer.predict(row(id), { signal: controller.signal })));
    controller.abort();
    expect(trainer.busy).toBe(false);
    expect(await Promise.all(ends)).toEqual(['ERR_ABORTED', 'ERR_ABORTED']);
    await new Promise(setImmediate);
    expect(rowsOfRuns()).toEqual([]);
  });

  test('of one among those that are computed, ends it at once; of the only one, stops the run', async () => {
    const { trainer, model } = scripted();
    const controller = new AbortController();
    const calls = [1, 2].map((id) =>
      oneOutput(trainer.predict(row(id), id === 1 ? { signal: controller.signal } : {})),
    );
    const [first] = calls.map(codeOfAsync);
    model.onRun = () => controller.abort();
    expect(await first).toBe('ERR_ABORTED');
    expect(model.stops).toBe(0);
    expect((await calls[1]!).shape).toEqual([1, 1]);
    const other = new AbortController();
    model.onRun = () => undefined;
    const alone = codeOfAsync(trainer.predict(row(1), { signal: other.signal }));
    await new Promise(setImmediate);
    other.abort();
    expect(await alone).toBe('ERR_ABORTED');
    expect(model.stops).toBe(1);
    expect(trainer.busy).toBe(false);
  });

  test('has no listener left afterwards', async () => {
    const { trainer } = scripted();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...given: Parameters<typeof add>) => (listeners++, add(...given))) as typeof add;
    signal.removeEventListener = ((...given: Parameters<typeof remove>) => (listeners--, remove(...given))) as typeof remove; // prettier-ignore
    const calls = [1, 2, 11].map((id) => codeOfAsync(trainer.predict(row(id), { signal })));
    expect(listeners).toBe(1);
    expect(await Promise.all(calls)).toEqual(['nothing thrown', 'nothing thrown', 'ERR_RANGE']);
    expect(listeners).toBe(0);
  });
});

describe('the model', () => {
  test('is busy for all but predict until the last call is answered', async () => {
    const model = reviews();
    model.compile({ loss: 'mse' });
    const calls = [model.predict(review(1)), model.predict(review(2))];
    expect(model.isBusy).toBe(true);
    const y = new Float32Array(2);
    const refused = [
      model.fit(review(1), y, { verbose: 0 }),
      model.evaluate(review(1), y),
      model.predictOnBatch(review(1)),
    ];
    expect(await Promise.all(refused.map(codeOfAsync))).toEqual(['ERR_BUSY', 'ERR_BUSY', 'ERR_BUSY']);
    const sync = [() => model.setWeights(model.getWeights()), () => model.compile({ loss: 'mse' }), () => model.pop()];
    expect(sync.map(codeOf)).toEqual(['ERR_BUSY', 'ERR_BUSY', 'ERR_BUSY']);
    await Promise.all(calls);
    expect(model.isBusy).toBe(false);
  });

  test('refuses predict during fit', async () => {
    const model = reviews();
    model.compile({ loss: 'mse' });
    const fit = model.fit(review(1, 12, 4), new Float32Array(8), { verbose: 0 }).catch(() => undefined);
    expect(await codeOfAsync(model.predict(review(1)))).toBe('ERR_BUSY');
    await fit;
  });

  test('disposed of, rejects the calls that wait; while it computes, it is not', async () => {
    const model = reviews();
    const waiting = [1, 2, 3].map((i) => codeOfAsync(model.predict(review(i))));
    model.dispose();
    expect(await Promise.all(waiting)).toEqual(['ERR_DISPOSED', 'ERR_DISPOSED', 'ERR_DISPOSED']);
    const other = reviews();
    const computing = other.predict(review(1, 2000, 30));
    await new Promise(setImmediate);
    const next = other.predict(review(2));
    expect(codeOf(() => other.dispose())).toBe('ERR_BUSY');
    expect((await computing).shape).toEqual([30, 2]);
    expect((await next).shape).toEqual([1, 2]);
    other.dispose();
  });
});

test('who listens to ostinato:predict is told of each batch that is computed', async () => {
  const heard: { model: unknown; calls: number; rows: number }[] = [];
  const listen = (message: unknown): void => void heard.push(message as (typeof heard)[number]);
  const model = reviews();
  await model.predict(review(0));
  subscribe('ostinato:predict', listen);
  try {
    await model.predict(review(1));
    await Promise.all([model.predict(review(2)), model.predict(review(3, 12, 4))]);
  } finally {
    unsubscribe('ostinato:predict', listen);
  }
  await model.predict(review(4));
  expect(heard.map(({ calls, rows }) => ({ calls, rows }))).toEqual([
    { calls: 1, rows: 1 },
    { calls: 2, rows: 5 },
  ]);
  expect(heard.every((message) => message.model === model)).toBe(true);
  model.dispose();
});
