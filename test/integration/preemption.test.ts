// SPDX-License-Identifier: MIT
// A run may be interrupted at any of its preemption points: another job is served there, or the run is cancelled. Neither
// changes a bit: a run that was interrupted ends as if it had not been, and one that was cancelled leaves the model as it
// was after its last whole batch, optimizer, states and sums of metrics included.
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
