// SPDX-License-Identifier: MIT
// The same seed gives the same bits, of weights and history alike, whatever the number of threads; and the same
// instruction set gives them in every process.
import { cpuInfo, Sequential, setRandomSeed, setThreads } from '../../lib';
import { resultOf } from '../support/child';
import { fingerprint } from '../support/fingerprint';
import { TRAININGS, type Training } from '../support/trainings';

async function run({ layers, compile, x, y, options }: Training, seed = 21): Promise<string> {
  setRandomSeed(seed);
  const model = new Sequential(layers());
  model.compile(compile());
  const history = await model.fit(x, y, { epochs: 2, batchSize: 32, verbose: 0, ...options });
  for (const value of Object.values(history.history).flat()) expect(value).not.toBeNaN();
  return fingerprint(model, history);
}

const { defaultThreads } = cpuInfo();
afterAll(() => setThreads(defaultThreads));

describe('the same seed', () => {
  test.each(Object.keys(TRAININGS))('%s: the same bits on 1, 2, 3, 4 and 8 threads, twice', async (name) => {
    const prints: string[] = [];
    for (const threads of [1, 2, 3, 4, 8, 1, 8]) {
      setThreads(threads);
      expect(cpuInfo().threads).toBe(threads);
      prints.push(await run(TRAININGS[name]!));
    }
    expect(prints).toEqual(prints.map(() => prints[0]));
  });

  test('another seed gives other bits', async () => {
    const { 'plain SGD': one } = TRAININGS;
    expect(await run(one!, 22)).not.toBe(await run(one!, 21));
  });

  test('threads that change in the middle of fit change no bit', async () => {
    const headline = TRAININGS['the headline model, small, on ragged reviews']!;
    setThreads(2);
    const wanted = await run(headline);
    const running = run(headline);
    for (const threads of [8, 1, 3, 2]) {
      setThreads(threads);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await running).toBe(wanted);
  });
});

describe('the instruction set', () => {
  interface Trained {
    readonly isa: string;
    readonly threads: number;
    readonly hash: string;
    readonly history: { readonly loss: readonly number[] };
  }
  const train = (isa: string, threads: number): Promise<Trained> =>
    resultOf('isa.cjs', { args: [String(threads)], env: { OSTINATO_ISA: isa } }) as Promise<Trained>;

  const trained = new Map<string, Trained>();
  test.each(cpuInfo().available)('%s: the same bits in every process', async (isa) => {
    const one = await train(isa, 1);
    trained.set(isa, one);
    expect(one.isa).toBe(isa);
    const other = await train(isa, 3);
    expect(other.threads).toBe(3);
    expect(other).toEqual({ ...one, threads: 3 });
  });

  test('all of them learn alike, to rounding', () => {
    const [first, ...others] = [...trained.values()].map(({ history }) => history.loss);
    expect(first).toHaveLength(3);
    for (const losses of others)
      losses.forEach((loss, epoch) => expect(Math.abs(loss / first![epoch]! - 1)).toBeLessThan(1e-3));
  });
});
