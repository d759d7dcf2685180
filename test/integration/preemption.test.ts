// SPDX-License-Identifier: MIT
// A run may be interrupted at any of its preemption points: another job is served there, or the run is cancelled. Neither
// changes a bit: a run that was interrupted ends as if it had not been, and one that was cancelled leaves the model as it
// was after its last whole batch, optimizer, states and sums of metrics included.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { cpuInfo, Dense, Input, LSTM, Sequential, setRandomSeed, setThreads } from '../../lib';
import { loadBinding } from '../../lib/native/engine';
import { BATCHES, cases, EngineBench, runOf } from '../support/engine_bench';
import { codeOfAsync } from '../support/error_code';
import type { NativeRun } from '../../lib/native/binding';

/** Points of a run that are tried: all of them where there are no more, else some from its beginning to its end. */
const MOST_POINTS = 60;

/** Numbers 1 to `count`, or some of them. */
function pointsOf(count: number): number[] {
  const number = Math.min(count, MOST_POINTS);
  return Array.from({ length: number }, (_, i) => 1 + Math.floor((i * count) / number));
}

const { testPreemption, preemptionPoints } = loadBinding();
const { threads: threadsBefore } = cpuInfo();

afterEach(() => testPreemption('off', 0, 0));
afterAll(() => setThreads(threadsBefore));

const grid = Object.keys(cases).flatMap((name) => [1, 2, 3].map((threads) => [name, threads] as const));

describe('cancelled at any point', () => {
  const cancelAnywhere = async (name: string, threads: number, mode: NativeRun['mode']): Promise<void> => {
    setThreads(threads);
    const bench = await EngineBench.make(cases[name]!);
    const whole = await bench.wholeBatches(mode);
    bench.reset();
    testPreemption('cancel', 0, 0);
    expect(await bench.run(mode, 0, BATCHES, bench.zeros())).toEqual(whole[BATCHES]);
    const points = preemptionPoints();
    expect(points).toBeGreaterThan(BATCHES);
    const seen = new Set<number>();
    for (const point of pointsOf(points)) {
      bench.reset();
      testPreemption('cancel', point, 0);
      const cut = await bench.run(mode, 0, BATCHES, bench.zeros());
      testPreemption('off', 0, 0);
      const batches = cut.rows / cases[name]!.batch;
      seen.add(batches);
      expect({ point, ...cut }).toEqual({ point, ...whole[batches] });
      if (batches === BATCHES) continue;
      const rest = await bench.run(mode, batches, BATCHES, cut.totals);
      expect({ point, state: rest.state, totals: rest.totals }).toEqual({
        point,
        state: whole[BATCHES]!.state,
        totals: whole[BATCHES]!.totals,
      });
    }
    // With others it depends on how they share the work where a point lies.
    if (threads === 1) expect([...seen].sort().slice(0, BATCHES)).toEqual(Array.from({ length: BATCHES }, (_, i) => i));
    bench.model.dispose();
  };

  test.each(grid)('%s, on %i threads: training stops after a whole batch, and goes on from there', (name, threads) =>
    cancelAnywhere(name, threads, 'train'));

  test.each(grid.filter(([, threads]) => threads < 3))('%s, on %i threads: so does evaluation', (name, threads) =>
    cancelAnywhere(name, threads, 'evaluate'));

  test.each([1, 2])('on %i threads: states that prediction carries over are those of the last whole batch', (threads) =>
    cancelAnywhere('states carried over, dropout, a reset before the product', threads, 'predict'));
}); // prettier-ignore

describe('stopped while it moves the weights', () => {
  /** Begins to train and stops it in the step of its first batch. */
  const stopInStep = async (bench: EngineBench): Promise<{ isLeft: boolean; calledBack: () => boolean }> => {
    let isCalled = false;
    testPreemption('hold', 0, 0);
    bench.native.run(bench.trainAll(), () => (isCalled = true));
    while (preemptionPoints() === 0) await nextTurn();
    return { isLeft: bench.native.stop(), calledBack: () => isCalled };
  };

  test.each(grid)('%s, on %i threads: the model is free at once, and is as after that step', async (name, threads) => {
    setThreads(threads);
    const bench = await EngineBench.make(cases[name]!);
    const whole = await bench.wholeBatches('train');
    bench.reset();
    const { isLeft, calledBack } = await stopInStep(bench);
    expect({ isLeft, isBusy: bench.native.busy }).toEqual({ isLeft: true, isBusy: false });
    expect(bench.state()).toBe(whole[1]!.state);
    testPreemption('off', 0, 0);
    const { rows, state } = await bench.run('train', 1, BATCHES, bench.zeros());
    expect({ rows, state }).toEqual({ rows: (BATCHES - 1) * cases[name]!.batch, state: whole[BATCHES]!.state });
    await nextTurn();
    expect(calledBack()).toBe(false);
    expect(bench.native.stop()).toBe(false);
    bench.model.dispose();
  });

  // Its pieces are as short as they can be until the mode is off, which must not change in the middle of a run.
  test('the next prediction waits for the step, and sees its weights', async () => {
    const bench = await EngineBench.make(cases['layers that overlap in time']!);
    const answer = async (): Promise<Float32Array> => {
      const outputs = bench.noOutputs();
      await runOf(bench.native, { ...bench.predictAll(), outputs: [outputs] });
      return outputs;
    };
    bench.reset();
    const before = await answer();
    await stopInStep(bench);
    const queued = await answer();
    testPreemption('off', 0, 0);
    expect(queued).toEqual(await answer());
    expect(queued).not.toEqual(before);
    bench.model.dispose();
  });

  test('the iterations that are read, or written, at once are those after the step', async () => {
    const bench = await EngineBench.make(cases['layers that overlap in time']!);
    bench.reset();
    const before = bench.native.iterations;
    await stopInStep(bench);
    expect(bench.native.iterations).toBe(before + 1);
    testPreemption('off', 0, 0);
    await stopInStep(bench);
    bench.native.setIterations(7);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect(bench.native.iterations).toBe(7);
    bench.model.dispose();
  });

  test('the model may be disposed of at once', async () => {
    const bench = await EngineBench.make(cases['layers that overlap in time']!);
    await stopInStep(bench);
    expect(() => bench.model.dispose()).not.toThrow();
    expect(bench.native.memoryBytes).toBe(0);
  });

  test('a training whose signal aborts there ends while the step goes on', async () => {
    const model = new Sequential([new Input([3, 4]), new LSTM(8), new Dense(1)]);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const x = { data: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)), shape: [2, 3, 4] };
    const y = Float32Array.of(0, 1);
    await model.fit(x, y, { verbose: 0 });
    const abort = new AbortController();
    testPreemption('hold', 0, 0);
    const training = model.fit(x, y, { epochs: 5, verbose: 0, signal: abort.signal });
    while (preemptionPoints() === 0) await nextTurn();
    abort.abort();
    expect(await codeOfAsync(training)).toBe('ERR_ABORTED');
    expect(model.optimizer!.iterations).toBe(2);
    testPreemption('off', 0, 0);
    expect(await model.evaluate(x, y)).toEqual(expect.anything());
    model.dispose();
  });
});

describe('served at any point', () => {
  test.each(grid)('%s, on %i threads: neither run changes a bit of the other', async (name, threads) => {
    setThreads(threads);
    const bench = await EngineBench.make(cases[name]!);
    const served = await EngineBench.make(cases['an embedding, shared padding, metrics of one thread']!);
    const answer = async (): Promise<Float32Array> => {
      const outputs = served.noOutputs();
      await runOf(served.native, { ...served.predictAll(), outputs: [outputs] });
      order.push('served');
      return outputs;
    };
    let order: string[] = [];
    const wanted = await answer();
    const whole = (await bench.wholeBatches('train'))[BATCHES]!;
    bench.reset();
    testPreemption('serve', 0, 1);
    await bench.run('train', 0, BATCHES, bench.zeros());
    const points = preemptionPoints();
    for (const point of pointsOf(points)) {
      bench.reset();
      order = [];
      testPreemption('serve', point, 1);
      const serving = answer();
      const trained = await bench.run('train', 0, BATCHES, bench.zeros());
      order.push('trained');
      testPreemption('off', 0, 0);
      expect({ point, answer: await serving }).toEqual({ point, answer: wanted });
      expect({ point, ...trained }).toEqual({ point, ...whole });
      // With others that thread alone is interrupted.
      if (threads === 1) expect({ point, order }).toEqual({ point, order: ['served', 'trained'] });
    }
    bench.model.dispose();
    served.model.dispose();
  });
});

describe('first weights that are drawn, and packed', () => {
  const x = { data: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)), shape: [2, 3, 4] };

  /** Two models of the same layers, which have not drawn their weights. */
  function pair(): [Sequential, Sequential] {
    setRandomSeed(4);
    const layers = [new LSTM(40), new Dense(33)];
    return [0, 1].map(() => new Sequential([new Input([3, 4]), ...layers])) as [Sequential, Sequential];
  }

  /** Weights and a prediction, bit for bit. */
  async function bitsOf(model: Sequential): Promise<string[]> {
    const arrays = [...model.getWeights(), await model.predict(x)];
    return arrays.map(({ data }) => Buffer.from(data.buffer).toString('base64'));
  }

  test.each([1, 2])(
    'on %i threads: are the same where that was cancelled at any point and done later',
    async (threads) => {
      setThreads(threads);
      const [whole] = pair();
      const wanted = await bitsOf(whole);
      testPreemption('cancel', 0, 0);
      await pair()[0].predict(x);
      for (const point of pointsOf(preemptionPoints())) {
        const [model] = pair();
        testPreemption('cancel', point, 0);
        await codeOfAsync(model.predict(x));
        testPreemption('off', 0, 0);
        expect({ point, bits: await bitsOf(model) }).toEqual({ point, bits: wanted });
      }
    },
  );

  test('are there for a model that shares them, and is served at any point of it', async () => {
    setThreads(1);
    const [whole] = pair();
    const wanted = await whole.predict(x);
    testPreemption('serve', 0, 1);
    await pair()[0].predict(x, { priority: 'training' });
    const points = preemptionPoints();
    expect(points).toBeGreaterThan(0);
    for (const point of pointsOf(points)) {
      const [one, other] = pair();
      testPreemption('serve', point, 1);
      const answers = [one.predict(x, { priority: 'training' }), other.predict(x)];
      expect({ point, answers: await Promise.all(answers) }).toEqual({ point, answers: [wanted, wanted] });
      testPreemption('off', 0, 0);
    }
  });
});
