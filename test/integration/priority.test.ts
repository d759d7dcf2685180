// SPDX-License-Identifier: MIT
// Calls have a class: those that serve begin before those that train, whatever came first. A call that is aborted while it
// waits is not computed at all, and one that is aborted in the middle of a batch drops that batch.
import { cpuInfo, Dense, LSTM, Sequential, setRandomSeed, setThreads } from '../../lib';
import { loadBinding } from '../../lib/native/engine';
import { cases, EngineBench } from '../support/engine_bench';
import { codeOfAsync } from '../support/error_code';
import type { NativeModel, NativeRun } from '../../lib/native/binding';

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
  const { testPreemption } = loadBinding();
  const benches: EngineBench[] = [];
  beforeAll(async () => {
    for (let i = 0; i < 4; i++) benches.push(await EngineBench.make(cases['labels of a sample']!));
  });
  afterAll(() => benches.forEach(({ model }) => model.dispose()));
  afterEach(() => testPreemption('off', 0, 0));

  /**
   * The order in which runs end that were all asked for while the first was under way. That one waits at its first
   * preemption point until there are all that serve.
   */
  async function orderOf(runs: readonly (readonly [NativeRun['mode'], NativeRun['priority']])[]): Promise<number[]> {
    const order: number[] = [];
    testPreemption('serve', 1, runs.filter(([, priority]) => priority === 'serving').length);
    const ends = runs.map(async ([mode, priority], i) => {
      const bench = benches[i]!;
      await bench.run(mode, 0, 1, bench.zeros(), { priority });
      order.push(i);
    });
    await Promise.all(ends);
    return order;
  }

  test('what serves ends before trainings that came first, and these keep their order', async () => {
    const train = ['train', 'training'] as const;
    expect(await orderOf([train, train, train, ['predict', 'serving']])).toEqual([3, 0, 1, 2]);
  });

  test('the class counts, not what the run does', async () => {
    const order = await orderOf([
      ['train', 'training'],
      ['predict', 'training'],
      ['evaluate', 'serving'],
      ['train', 'serving'],
    ]);
    expect(order).toEqual([2, 3, 0, 1]);
  });
});

describe('the class', () => {
  /** Classes of the runs that calls to a model come to. */
  function classesOf(model: Sequential): string[] {
    const seen: string[] = [];
    const native = model.nativeModel();
    const run: NativeModel['run'] = (asked, done) => {
      seen.push(asked.priority);
      loadBinding().NativeModel.prototype.run.call(native, asked, done);
    };
    Object.defineProperty(native, 'run', { value: run });
    return seen;
  }
  const [x, y] = [rowsOf(2), targets(2)];

  test('is that of training for fit and evaluate, of serving for predict', async () => {
    const model = makeModel();
    const seen = classesOf(model);
    await model.fit(x, y, { verbose: 0, validationData: [x, y] });
    await model.evaluate(x, y, { verbose: 0 });
    await model.trainOnBatch(x, y);
    await model.testOnBatch(x, y);
    expect(seen.splice(0)).toEqual(Array<string>(5).fill('training'));
    await model.predict(x);
    await model.predictOnBatch(x);
    expect(seen).toEqual(['serving', 'serving']);
  });

  test('is another where the call says so, validation included', async () => {
    const model = makeModel();
    const seen = classesOf(model);
    await model.fit(x, y, { verbose: 0, validationData: [x, y], priority: 'serving' });
    await model.evaluate(x, y, { verbose: 0, priority: 'serving' });
    expect(seen.splice(0)).toEqual(['serving', 'serving', 'serving']);
    await model.predict(x, { priority: 'training' });
    expect(seen).toEqual(['training']);
  });

  test('parts calls to one model that come together, and each has its answer', async () => {
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
