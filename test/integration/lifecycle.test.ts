// SPDX-License-Identifier: MIT
// What may happen around a computation: buffers change, calls overlap, signals abort, garbage is collected, threads and
// processes end. The result stays what a quiet run gives, and nothing crashes or hangs.
import { createHash } from 'node:crypto';
import { Callback, Dense, Embedding, Sequential, setRandomSeed, SimpleRNN } from '../../lib';
import { resultOf, runChild } from '../support/child';
import { codeOf, codeOfAsync } from '../support/error_code';
import { detach } from '../support/hostile';

const ROWS = 96;
const STEPS = 12;
const QUIET = { verbose: 0, seed: 1 } as const;
const ENDLESS = { ...QUIET, epochs: 1_000_000 } as const;

function reviews(): { x: { data: Int32Array; shape: number[] }; y: Float32Array } {
  const data = Int32Array.from({ length: ROWS * STEPS }, (_, i) => (i % STEPS < i % 7 ? 0 : 1 + ((i * 37) % 29)));
  return { x: { data, shape: [ROWS, STEPS] }, y: Float32Array.from({ length: ROWS }, (_, i) => (i * 5) % 2) };
}

function makeModel(seed = 9): Sequential {
  setRandomSeed(seed);
  const model = new Sequential([new Embedding(30, 8), new SimpleRNN(8), new Dense(1, { activation: 'sigmoid' })]);
  model.compile({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['acc'] });
  return model;
}

function weightsHash(model: Sequential): string {
  const sum = createHash('sha256');
  for (const { data } of model.getWeights()) sum.update(new Uint8Array(data.buffer));
  return sum.digest('hex');
}

async function trained(epochs: number, seed = 9): Promise<string> {
  const model = makeModel(seed);
  const { x, y } = reviews();
  await model.fit(x, y, { ...QUIET, epochs, batchSize: 16 });
  return weightsHash(model);
}

describe('buffers', () => {
  test.each<[string, (x: Int32Array, y: Float32Array) => void]>([
    ['overwritten', (x, y) => (x.fill(-7), y.fill(NaN))],
    ['detached', (x, y) => (detach(x), detach(y))],
  ])('inputs and targets that are %s while fit runs change nothing', async (_title, spoil) => {
    const model = makeModel();
    const { x, y } = reviews();
    const fit = model.fit(x, y, { ...QUIET, epochs: 4, batchSize: 16 });
    spoil(x.data, y);
    await fit;
    expect(weightsHash(model)).toBe(await trained(4));
  });

  test('inputs that are detached while predict runs change nothing', async () => {
    const model = makeModel();
    const { x } = reviews();
    const wanted = await model.predict(x);
    const outputs = model.predict(x);
    detach(x.data);
    expect((await outputs).data).toEqual(wanted.data);
  });

  test('weights that were read or set are copies', async () => {
    const model = makeModel();
    const before = weightsHash(model);
    const weights = model.getWeights();
    model.setWeights(weights);
    for (const { data } of weights) data.fill(3);
    expect(weightsHash(model)).toBe(before);
  });
});

describe('dispose', () => {
  test('it may be called twice, and every use after it is ERR_DISPOSED', async () => {
    const model = makeModel();
    const { x, y } = reviews();
    await model.fit(x, y, QUIET);
    expect(model.memoryBytes).toBeGreaterThan(0);
    model.dispose();
    model.dispose();
    expect(model.isDisposed).toBe(true);
    expect(model.memoryBytes).toBe(0);
    const calls = [
      model.fit(x, y, QUIET),
      model.evaluate(x, y, QUIET),
      model.predict(x),
      model.trainOnBatch(x, y),
      model.testOnBatch(x, y),
      model.predictOnBatch(x),
    ];
    for (const call of calls) expect(await codeOfAsync(call)).toBe('ERR_DISPOSED');
    const sync = [
      () => model.compile({ loss: 'mse' }),
      () => model.getWeights(),
      () => model.setWeights([]),
      () => model.add(new Dense(1)),
      () => model.pop(),
      () => model.build([null, 4]),
      () => model.summary(),
      () => model.countParams(),
      () => model.getLayer(0),
      () => model.getConfig(),
    ];
    for (const call of sync) expect(codeOf(call)).toBe('ERR_DISPOSED');
  });

  test('it is refused in the middle of fit, which goes on', async () => {
    const model = makeModel();
    const { x, y } = reviews();
    const fit = model.fit(x, y, { ...QUIET, epochs: 4, batchSize: 16 });
    expect(codeOf(() => model.dispose())).toBe('ERR_BUSY');
    await fit;
    expect(weightsHash(model)).toBe(await trained(4));
  });
});

describe('overlapping calls', () => {
  const { x, y } = reviews();
  const first: Record<string, (model: Sequential, signal: AbortSignal) => Promise<unknown>> = {
    fit: (model, signal) => model.fit(x, y, { ...ENDLESS, signal }),
    evaluate: (model) => model.evaluate(x, y, QUIET_PASS),
    predict: (model) => model.predict(x),
    trainOnBatch: (model) => model.trainOnBatch(x, y),
    testOnBatch: (model) => model.testOnBatch(x, y),
    predictOnBatch: (model) => model.predictOnBatch(x),
  };
  const QUIET_PASS = { verbose: 0 } as const;
  const later: Record<string, (model: Sequential) => unknown> = {
    ...Object.fromEntries(
      Object.entries(first).map(([name, call]) => [
        name,
        (model: Sequential) => call(model, new AbortController().signal),
      ]),
    ),
    compile: (model) => model.compile({ loss: 'mse' }),
    dispose: (model) => model.dispose(),
    add: (model) => model.add(new Dense(1)),
    pop: (model) => model.pop(),
    build: (model) => model.build([null, STEPS]),
    setWeights: (model) => model.setWeights([]),
  };
  // Calls of predict are gathered instead.
  const pairs = Object.keys(first)
    .flatMap((a) => Object.keys(later).map((b) => [a, b] as const))
    .filter(([a, b]) => a !== 'predict' || b !== 'predict');

  test.each(pairs)('during %s, %s is refused with ERR_BUSY', async (a, b) => {
    const model = makeModel();
    const controller = new AbortController();
    const running = first[a]!(model, controller.signal);
    const ended = codeOfAsync(running);
    expect(await codeOfAsync((async () => later[b]!(model))())).toBe('ERR_BUSY');
    controller.abort();
    expect(await ended).toBe(a === 'fit' ? 'ERR_ABORTED' : 'nothing thrown');
    expect(model.isBusy).toBe(false);
    expect((await model.predict(x)).shape).toEqual([ROWS, 1]);
  });

  test('different models at the same time give the same bits as alone', async () => {
    const alone = [await trained(4, 1), await trained(4, 2), await trained(4, 3)];
    expect(new Set(alone).size).toBe(3);
    expect(await Promise.all([trained(4, 1), trained(4, 2), trained(4, 3)])).toEqual(alone);
  });

  test('a callback that calls fit of its own model is refused, and the first fit ends with that error', async () => {
    const model = makeModel();
    class Again extends Callback {
      override async onEpochEnd(): Promise<void> {
        await model.fit(x, y, QUIET);
      }
    }
    expect(await codeOfAsync(model.fit(x, y, { ...QUIET, epochs: 3, callbacks: [new Again()] }))).toBe('ERR_BUSY');
    expect(model.isBusy).toBe(false);
  });
});

describe('abort', () => {
  const BATCH = 8;

  class Counter extends Callback {
    batches = 0;
    constructor(
      private readonly limit: number,
      private readonly controller: AbortController,
    ) {
      super();
    }
    override onTrainBatchEnd(): void {
      this.batches++;
      if (this.batches === this.limit) this.controller.abort(new Error('enough'));
    }
  }

  test('aborted after a batch, the model keeps exactly the steps that were done', async () => {
    const { x, y } = reviews();
    const controller = new AbortController();
    const counter = new Counter(5, controller);
    const model = makeModel();
    const options = { ...QUIET, shuffle: false, batchSize: BATCH } as const;
    const error: unknown = await model
      .fit(x, y, { ...options, epochs: 3, callbacks: [counter], signal: controller.signal })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_ABORTED', cause: { message: 'enough' } });
    expect(counter.batches).toBe(5);

    const steps = makeModel();
    for (let step = 0; step < 5; step++)
      await steps.trainOnBatch(
        { data: x.data.slice(step * BATCH * STEPS, (step + 1) * BATCH * STEPS), shape: [BATCH, STEPS] },
        y.slice(step * BATCH, (step + 1) * BATCH),
      );
    expect(weightsHash(model)).toBe(weightsHash(steps));
  });

  test('aborted at any moment, the weights are those after some whole number of steps', async () => {
    const { x, y } = reviews();
    const one = { data: x.data.slice(0, BATCH * STEPS), shape: [BATCH, STEPS] };
    const labels = y.slice(0, BATCH);
    const controller = new AbortController();
    const model = makeModel();
    // One batch an epoch: after k steps the weights are those of k epochs.
    const ended = codeOfAsync(model.fit(one, labels, { ...ENDLESS, shuffle: false, signal: controller.signal }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const asked = performance.now();
    controller.abort();
    expect(await ended).toBe('ERR_ABORTED');
    expect(performance.now() - asked).toBeLessThan(2000);
    const wanted = weightsHash(model);
    const steps = makeModel();
    let isFound = false;
    for (let step = 0; step < 20_000 && !isFound; step++) {
      await steps.trainOnBatch(one, labels);
      isFound = weightsHash(steps) === wanted;
    }
    expect(isFound).toBe(true);
  });

  test.each(['fit', 'evaluate', 'predict'] as const)('%s with a signal that was aborted before: nothing happens', async (method) => {
    const { x, y } = reviews();
    const model = makeModel();
    const before = weightsHash(model);
    const options = { verbose: 0, signal: AbortSignal.abort() } as const;
    const calls = {
      fit: () => model.fit(x, y, options),
      evaluate: () => model.evaluate(x, y, options),
      predict: () => model.predict(x, options),
    };
    expect(await codeOfAsync(calls[method]())).toBe('ERR_ABORTED');
    expect(weightsHash(model)).toBe(before);
    expect(model.isBusy).toBe(false);
  }); // prettier-ignore

  test('no listener stays on a signal, however a call ends', async () => {
    const { x, y } = reviews();
    const model = makeModel();
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...given: Parameters<typeof add>) => (listeners++, add(...given))) as typeof add;
    signal.removeEventListener = ((...given: Parameters<typeof remove>) => (
      listeners--,
      remove(...given)
    )) as typeof remove;
    await model.fit(x, y, { ...QUIET, epochs: 3, validationSplit: 0.2, signal });
    await model.predict(x, { signal });
    class Failing extends Callback {
      override onTrainBatchEnd(): void {
        expect(listeners).toBeGreaterThan(0);
        throw new Error('on purpose');
      }
    }
    await expect(model.fit(x, y, { ...QUIET, callbacks: [new Failing()], signal })).rejects.toThrow('on purpose');
    const ended = codeOfAsync(model.fit(x, y, { ...ENDLESS, signal }));
    controller.abort();
    expect(await ended).toBe('ERR_ABORTED');
    expect(listeners).toBe(0);
  });
});

describe('the event loop', () => {
  test('timers tick while a model trains, and the thread keeps its subnormal numbers', async () => {
    const { x, y } = reviews();
    const model = makeModel();
    const controller = new AbortController();
    const ended = codeOfAsync(model.fit(x, y, { ...ENDLESS, signal: controller.signal }));
    const subnormal = new Float64Array([5e-324, 2.2250738585072014e-308]);
    let ticks = 0;
    while (ticks < 20) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      expect(subnormal[0]! * 1).not.toBe(0);
      expect(subnormal[1]! / 2).toBeGreaterThan(0);
      ticks++;
    }
    expect(model.isBusy).toBe(true);
    controller.abort();
    expect(await ended).toBe('ERR_ABORTED');
  });

  test("libuv's pool of one thread is free while a model trains", async () => {
    const result = await resultOf('pool.cjs', { env: { UV_THREADPOOL_SIZE: '1' } });
    expect(result).toMatchObject({ read: true, key: 32, wasBusy: true, end: 'ERR_ABORTED', denormal: 5e-324 });
    expect((result as { ticks: number }).ticks).toBeGreaterThan(5);
  });
});

const MB = 2 ** 20;

describe('garbage collection', () => {
  type Memory = { results: number; bytes: number; grown: number };

  test('collected all the time, training gives the same losses and dropped models give their memory back', async () => {
    const { results, bytes, grown } = (await resultOf('garbage.cjs', { args: ['pressed'], flags: ['--expose-gc'] })) as Memory;
    expect(results).toBe(1);
    expect(bytes).toBeGreaterThan(200 * MB);
    expect(grown).toBeLessThan(60 * MB);
  }); // prettier-ignore

  test("V8 knows of the engine's memory: dropped models do not pile up where nobody asks for a collection", async () => {
    const { results, bytes, grown } = (await resultOf('garbage.cjs', { args: ['left alone'] })) as Memory;
    expect(results).toBe(1);
    expect(bytes).toBeGreaterThan(600 * MB);
    expect(grown).toBeLessThan(350 * MB);
  });
});

describe('the end of the process during fit', () => {
  test.each([
    ['the loop runs empty', 'empty', 0],
    ['process.exit', 'exit', 3],
    ['an uncaught exception', 'throw', 1],
    ['an unhandled rejection', 'reject', 1],
  ])('%s: its own exit code, no crash', async (_title, how, code) => {
    const end = await runChild('exit.cjs', { args: [how] });
    expect(end).toMatchObject({ code, signal: null, hung: false });
    if (how === 'empty') expect(end.stdout).toContain('epochs 2');
    if (how === 'throw' || how === 'reject') expect(end.stderr).toContain('on purpose');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s: the process ends by that signal', async (signal) => {
    const end = await runChild('exit.cjs', { args: ['wait'], signal });
    expect(end).toMatchObject({ code: null, signal, hung: false });
  });
});

describe('worker threads', () => {
  type End = { way: string; hash: string | null; error: string | null; code: number };

  test.each(['parent-stays-out', 'parent-loads'])('50 that train and end at any moment, %s: no crash', async (parent) => {
    const ends = (await resultOf('workers.cjs', { args: [parent] })) as End[];
    expect(ends).toHaveLength(50);
    const codes = { return: 0, throw: 1, exit: 7, terminate: 1, leave: 0 } as Record<string, number>;
    for (const { way, code, error } of ends)
      expect({ way, code, error }).toEqual({ way, code: codes[way], error: way === 'throw' ? 'on purpose' : null });
    const hashes = ends.filter(({ way }) => way === 'return').map(({ hash }) => hash);
    expect(hashes).toHaveLength(10);
    expect(new Set(hashes).size).toBe(1);
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
  }); // prettier-ignore

  test('two copies of the package in one process train side by side, to the same bits', async () => {
    const { areApart, hashes } = (await resultOf('copies.cjs')) as { areApart: boolean; hashes: string[] };
    expect(areApart).toBe(true);
    expect(hashes[0]).toBe(hashes[1]);
  });
});
