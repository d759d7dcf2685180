// SPDX-License-Identifier: MIT
// Calls have a class: those that serve begin before those that train, whatever came first. A call that is aborted while it
// waits is not computed at all, and one that is aborted in the middle of a batch drops that batch.
import { cpuInfo, Dense, LSTM, Sequential, setRandomSeed, setThreads, type FitOptions } from '../../lib';
import { codeOfAsync } from '../support/error_code';

const { threads: threadsBefore } = cpuInfo();
beforeEach(() => setThreads(1));
afterAll(() => setThreads(threadsBefore));

const STEPS = 20;

function makeModel(units = 8): Sequential {
  setRandomSeed(4);
  const model = new Sequential([new LSTM(units, { inputShape: [STEPS, 4] }), new Dense(1)]);
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  return model;
}

const rowsOf = (rows: number): { data: Float32Array; shape: number[] } => ({
  data: Float32Array.from({ length: rows * STEPS * 4 }, (_, i) => Math.sin(i)),
  shape: [rows, STEPS, 4],
});
const targets = (rows: number): Float32Array => new Float32Array(rows).fill(1);

describe('a priority that is none', () => {
  const model = makeModel();
  const x = rowsOf(2);
  const calls = {
    fit: (priority: never) => model.fit(x, targets(2), { verbose: 0, priority }),
    evaluate: (priority: never) => model.evaluate(x, targets(2), { verbose: 0, priority }),
    predict: (priority: never) => model.predict(x, { priority }),
  };
  test.each(Object.keys(calls) as (keyof typeof calls)[])('%s refuses it at the door', async (method) => {
    expect(await codeOfAsync(calls[method]('high' as never))).toBe('ERR_CONFIG');
    expect(await codeOfAsync(calls[method](1 as never))).toBe('ERR_TYPE');
    expect(await codeOfAsync(calls[method](null as never))).toBe('ERR_TYPE');
    expect(model.isBusy).toBe(false);
  });
});

describe('on one thread', () => {
  /** Calls by name, each begun in a turn of the event loop of its own; resolves to the order in which they end. */
  async function orderOf(calls: Record<string, () => Promise<unknown>>): Promise<string[]> {
    const order: string[] = [];
    const ends: Promise<unknown>[] = [];
    for (const [name, call] of Object.entries(calls)) {
      ends.push(call().then(() => order.push(name)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(ends);
    return order;
  }
  const x = rowsOf(256);
  const train = (options: FitOptions = {}) => {
    const model = makeModel(64);
    return () => model.fit(x, targets(256), { verbose: 0, batchSize: 256, ...options });
  };
  const serve = (priority?: 'serving' | 'training') => {
    const model = makeModel();
    model.gather({ maxRows: 1 });
    return () => model.predict(rowsOf(1), priority === undefined ? {} : { priority });
  };

  test('a prediction ends before trainings that came first', async () => {
    const order = await orderOf({ first: train(), second: train(), third: train(), serving: serve() });
    expect(order.indexOf('serving')).toBeLessThan(order.indexOf('second'));
    expect(order.filter((name) => name !== 'serving')).toEqual(['first', 'second', 'third']);
  });

  test('one that is of the class of trainings waits its turn', async () => {
    const order = await orderOf({ first: train(), second: train(), last: serve('training') });
    expect(order).toEqual(['first', 'second', 'last']);
  });

  test('a training that serves goes first', async () => {
    const order = await orderOf({ first: train(), second: train(), urgent: train({ priority: 'serving' }) });
    expect(order.indexOf('urgent')).toBeLessThan(order.indexOf('second'));
  });

  test('calls of both classes to one model are gathered apart, and each has its answer', async () => {
    const model = makeModel();
    const whole = await model.predict(rowsOf(3));
    const rows = [0, 1, 2].map((row) => ({
      data: rowsOf(3).data.slice(row * STEPS * 4, (row + 1) * STEPS * 4),
      shape: [1, STEPS, 4],
    }));
    const answers = await Promise.all(
      rows.map((row, i) => model.predict(row, { priority: i === 1 ? 'training' : 'serving' })),
    );
    answers.forEach(({ data }, i) => expect(data[0]).toBeCloseTo(whole.data[i]!, 5));
  });
});

describe('aborted', () => {
  /** A batch that takes a second or more. */
  const long = { x: rowsOf(4096), y: targets(4096), options: { verbose: 0, batchSize: 4096 } as const };

  test('while it waits for a thread, a training is not computed', async () => {
    const [busy, waiting] = [makeModel(128), makeModel(128)];
    const controllers = [new AbortController(), new AbortController()];
    const [busyEnd, waitingEnd] = [busy, waiting].map((model, i) =>
      codeOfAsync(model.fit(long.x, long.y, { ...long.options, epochs: 1000, signal: controllers[i]!.signal })),
    );
    controllers[1]!.abort();
    expect(await waitingEnd).toBe('ERR_ABORTED');
    expect(waiting.optimizer!.iterations).toBe(0);
    expect(waiting.isBusy).toBe(false);
    expect(busy.isBusy).toBe(true);
    controllers[0]!.abort();
    expect(await busyEnd).toBe('ERR_ABORTED');
  });

  test('in the middle of a batch, a training drops it: weights and steps are those before', async () => {
    const model = makeModel(128);
    await model.predict(rowsOf(1));
    const before = model.getWeights();
    const controller = new AbortController();
    const end = codeOfAsync(model.fit(long.x, long.y, { ...long.options, signal: controller.signal }));
    // On another thread the run has begun, and is far from its end.
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort();
    expect(await end).toBe('ERR_ABORTED');
    expect(model.optimizer!.iterations).toBe(0);
    expect(model.getWeights()).toEqual(before);
    await model.trainOnBatch(rowsOf(2), targets(2));
    expect(model.optimizer!.iterations).toBe(1);
  });
});
