// SPDX-License-Identifier: MIT
// What a model holds between calls: what batches are computed in may go at any time, is given back where it was not needed
// for a while, stays under a bound where nobody trains, and is taken once for batches of one size.
import { Dense, Dropout, GRU, Input, LSTM, Sequential, setRandomSeed, SimpleRNN } from '../../lib';
import { codeOf, codeOfAsync } from '../support/error_code';
import { BATCHES, cases, EngineBench, runOf } from '../support/engine_bench';

const MB = 2 ** 20;
const names = Object.keys(cases);

describe('memory that is taken away between two batches', () => {
  test.each(names)('%s: training goes on to the same bits, and evaluation to the same sums', async (name) => {
    const bench = await EngineBench.make(cases[name]!);
    for (const mode of ['train', 'evaluate'] as const) {
      const whole = await bench.wholeBatches(mode);
      bench.reset();
      let totals = bench.zeros();
      for (let batch = 0; batch < BATCHES; batch++) {
        bench.native.trim();
        expect(bench.native.workspaceBytes).toBe(0);
        const outcome = await bench.run(mode, batch, batch + 1, totals);
        ({ totals } = outcome);
        expect({ batch, state: outcome.state, totals }).toEqual({
          batch,
          state: whole[batch + 1]!.state,
          totals: whole[batch + 1]!.totals,
        });
      }
    }
    bench.model.dispose();
  });

  test('streams go on where they were', () => {
    setRandomSeed(3);
    const model = new Sequential([new Input([null, 4]), new LSTM(6), new Dense(2)]);
    const [stream, other] = [model.openStream(), model.openStream()];
    const readings = Array.from({ length: 6 }, (_, i) => Float32Array.from([i, 1 - i, 0.5, Math.sin(i)]));
    const wanted = readings.map((reading) => [...other.push(reading)]);
    const given = readings.map((reading) => {
      model.trim();
      return [...stream.push(reading)];
    });
    expect(given).toEqual(wanted);
  });
});

describe('trim', () => {
  const x = Float32Array.from({ length: 8 * 10 * 4 }, (_, i) => Math.cos(i));
  const inputs = { data: x, shape: [8, 10, 4] };
  const make = (): Sequential => {
    setRandomSeed(2);
    return new Sequential([new GRU(20, { inputShape: [10, 4] }), new Dropout(0.5), new Dense(3)]);
  };

  test('gives memory back, and changes no prediction', async () => {
    const model = make();
    const { data } = await model.predict(inputs);
    const before = model.memoryBytes;
    model.trim();
    expect(model.memoryBytes).toBeLessThan(before);
    expect(model.memoryBytes).toBeGreaterThanOrEqual(4 * model.countParams());
    expect((await model.predict(inputs)).data).toEqual(data);
    expect(model.memoryBytes).toBe(before);
  });

  test('is nothing before the engine is needed, and may be called again', () => {
    const model = make();
    model.trim();
    model.trim();
    expect(model.memoryBytes).toBe(0);
  });

  test('is refused while a call has the model, and of a model that was disposed', async () => {
    const model = make();
    model.compile({ loss: 'mse' });
    const fit = model.fit(inputs, { data: new Float32Array(24), shape: [8, 3] }, { verbose: 0 });
    expect(codeOf(() => model.trim())).toBe('ERR_BUSY');
    await fit;
    model.trim();
    model.dispose();
    expect(codeOf(() => model.trim())).toBe('ERR_DISPOSED');
  });
});

describe('what was not needed for a while', () => {
  const make = async (): Promise<{ model: Sequential; predict: (rows: number) => Promise<Float32Array> }> => {
    setRandomSeed(5);
    const model = new Sequential([new LSTM(64, { inputShape: [50, 8] }), new Dense(1)]);
    const data = Float32Array.from({ length: 1024 * 50 * 8 }, (_, i) => Math.sin(i));
    const predict = async (rows: number) =>
      (await model.predict({ data: data.subarray(0, rows * 400), shape: [rows, 50, 8] }, { batchSize: rows })).data;
    await predict(1);
    return { model, predict };
  };

  test('is given back at the end of the first window without a large batch, down to what was needed in it', async () => {
    const { model, predict } = await make();
    const native = model.nativeModel();
    const small = await predict(16);
    const wanted = native.workspaceBytes;
    await predict(1024);
    const most = native.workspaceBytes;
    expect(most).toBeGreaterThan(40 * MB);
    expect(native.sweep()).toBe(true);
    // The window that ended had the large batch in it.
    expect(native.workspaceBytes).toBe(most);
    expect(await predict(16)).toEqual(small);
    expect(native.sweep()).toBe(false);
    expect(await predict(16)).toEqual(small);
    expect(native.workspaceBytes).toBeLessThanOrEqual(wanted + MB / 4);
    const { allocations } = native;
    expect(await predict(16)).toEqual(small);
    expect(native.allocations).toBe(allocations);
  });

  test('of an idle model, all that is worth it is given back', async () => {
    const { model, predict } = await make();
    const native = model.nativeModel();
    const large = await predict(1024);
    native.sweep();
    native.sweep();
    expect(native.workspaceBytes).toBeLessThan(MB);
    expect(await predict(1024)).toEqual(large);
  });

  test('stays where it is little', async () => {
    const { model, predict } = await make();
    const native = model.nativeModel();
    await predict(100);
    const { workspaceBytes, allocations } = native;
    expect(workspaceBytes).toBeLessThan(16 * MB);
    for (let window = 0; window < 3; window++) expect(native.sweep()).toBe(false);
    expect(native.workspaceBytes).toBe(workspaceBytes);
    await predict(100);
    expect(native.allocations).toBe(allocations);
  });

  test('asked for during a run, it is given back at its end', async () => {
    const { model, predict } = await make();
    const native = model.nativeModel();
    await predict(1024);
    native.sweep();
    const predicting = predict(16);
    await new Promise((resolve) => setImmediate(resolve));
    expect(native.busy).toBe(true);
    expect(native.sweep()).toBe(true);
    await predicting;
    expect(native.workspaceBytes).toBeLessThan(16 * MB);
  });
});

describe('batches of one size', () => {
  test.each(names)('%s: memory is taken for the first, and never again', async (name) => {
    const bench = await EngineBench.make(cases[name]!);
    const { native } = bench;
    for (let round = 0; round < 2; round++) {
      await bench.run('train', 0, BATCHES, bench.zeros());
      await bench.run('evaluate', 0, BATCHES, bench.zeros());
      await bench.run('predict', 0, BATCHES, bench.zeros());
    }
    const { allocations, memoryBytes } = native;
    for (let round = 0; round < 3; round++) {
      await bench.run('train', 0, BATCHES, bench.zeros());
      await bench.run('evaluate', 0, BATCHES, bench.zeros());
      await bench.run('predict', 0, BATCHES, bench.zeros());
      native.sweep();
    }
    expect({ allocations: native.allocations, memoryBytes: native.memoryBytes }).toEqual({ allocations, memoryBytes });
    bench.model.dispose();
  });
});

describe('batches that are computed part by part', () => {
  const cut = names.filter((name) => !/states carried over/.test(name));

  test.each(cut)('%s: stay within the bound, and predict the same', async (name) => {
    const bench = await EngineBench.make(cases[name]!);
    const predict = async (maxWorkspace: number): Promise<Float32Array> => {
      const outputs = bench.noOutputs();
      bench.native.trim();
      expect(await runOf(bench.native, { ...bench.predictAll(), outputs: [outputs], maxWorkspace })).toBe(
        bench.dataset.rows,
      );
      return outputs;
    };
    const whole = await predict(256 * MB);
    const all = bench.native.workspaceBytes;
    const one = await predict(1);
    const least = bench.native.workspaceBytes;
    expect(least).toBeLessThan(all);
    for (const outputs of [one, await predict(all / 2)])
      outputs.forEach((value, i) => expect(Math.abs(value - whole[i]!)).toBeLessThan(1e-5));
    // What does not grow with the rows is in no bound.
    expect(bench.native.workspaceBytes).toBeLessThanOrEqual(Math.max(all / 2, least) + 16 * 1024);
    bench.model.dispose();
  });

  test.each(cut)('%s: come to the same loss and metrics, or are computed whole', async (name) => {
    const bench = await EngineBench.make(cases[name]!);
    const evaluate = (maxWorkspace: number) =>
      bench.run('evaluate', 0, 1, bench.zeros(), {
        end: bench.dataset.rows,
        batchSize: bench.dataset.rows,
        maxWorkspace,
      });
    const { totals: whole } = await evaluate(256 * MB);
    bench.native.trim();
    const { totals: parts, rows } = await evaluate(1);
    expect(rows).toBe(bench.dataset.rows);
    parts.forEach((sum, i) =>
      expect(Math.abs(sum - whole[i]!)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(whole[i]!))),
    );
    bench.model.dispose();
  });

  test('of stateful layers are computed whole', async () => {
    const bench = await EngineBench.make(cases['states carried over, dropout, a reset before the product']!);
    const { batch } = cases['states carried over, dropout, a reset before the product']!;
    const predict = async (maxWorkspace: number): Promise<Float32Array> => {
      bench.reset();
      const outputs = bench.noOutputs();
      await runOf(bench.native, { ...bench.predictAll(), batchSize: batch, outputs: [outputs], maxWorkspace });
      return outputs;
    };
    expect(await predict(1)).toEqual(await predict(256 * MB));
  });

  test('are the default: a prediction of many rows at once holds less than 256 MB', async () => {
    setRandomSeed(1);
    const model = new Sequential([new LSTM(128, { inputShape: [400, 4] }), new Dense(1)]);
    const data = Float32Array.from({ length: 512 * 400 * 4 }, (_, i) => Math.sin(i));
    // Some 600 MB for all of them.
    const inputs = { data, shape: [512, 400, 4] };
    const { data: whole } = await model.predict(inputs, { batchSize: 512, maxWorkspace: 2 ** 40 });
    expect(model.memoryBytes).toBeGreaterThan(600 * MB);
    model.trim();
    const { data: parts } = await model.predict(inputs, { batchSize: 512 });
    expect(model.memoryBytes).toBeLessThan(258 * MB);
    parts.forEach((value, i) => expect(Math.abs(value - whole[i]!)).toBeLessThan(1e-5));
    model.trim();
    // The same calls one by one, gathered.
    const rows = Array.from({ length: 512 }, (_, row) => data.slice(row * 1600, (row + 1) * 1600));
    const answers = await Promise.all(rows.map((row) => model.predict({ data: row, shape: [1, 400, 4] })));
    expect(model.memoryBytes).toBeLessThan(258 * MB);
    expect(answers.map((answer) => answer.data[0])).toEqual([...parts]);
  });

  test('a bound that is none is refused at the door', async () => {
    const model = new Sequential([new Dense(1, { inputShape: [2] })]);
    model.compile({ loss: 'mse' });
    for (const maxWorkspace of [0, -1, 0.5, NaN])
      expect(await codeOfAsync(model.predict([[1, 2]], { maxWorkspace }))).toBe('ERR_CONFIG');
    expect(await codeOfAsync(model.predict([[1, 2]], { maxWorkspace: '1' as never }))).toBe('ERR_TYPE');
    expect(await codeOfAsync(model.evaluate([[1, 2]], [1], { maxWorkspace: 0, verbose: 0 }))).toBe('ERR_CONFIG');
    expect(await codeOfAsync(model.fit([[1, 2]], [1], { maxWorkspace: 1, verbose: 0 } as never))).toBe(
      'ERR_UNKNOWN_OPTION',
    );
  });
});

describe('copies of the data', () => {
  const size = 4 * MB;
  const inputs = { data: new Float32Array(size), shape: [size / 64, 64] };
  const targets = new Float32Array(size / 64);
  const held = (): number => process.memoryUsage().external;

  // Bun takes nothing off its count before its collector has run.
  (process.versions['bun'] ? test.skip : test).each([
    'fit',
    'evaluate',
    'predict',
    'predictOnBatch',
    'trainOnBatch',
    'call',
  ] as const)('are gone when %s ends, whether or not garbage is collected', async (method) => {
    const model = new Sequential([new SimpleRNN(1, { inputShape: [1, 64] }), new Dense(1)]);
    const flat = new Sequential([new Dense(1, { inputShape: [64] })]);
    model.compile({ loss: 'mse' });
    flat.compile({ loss: 'mse' });
    const calls = {
      fit: () => flat.fit(inputs, targets, { verbose: 0, batchSize: 8192, validationSplit: 0.5 }),
      evaluate: () => flat.evaluate(inputs, targets, { verbose: 0, batchSize: 8192 }),
      predict: () => flat.predict(inputs, { batchSize: 8192 }),
      predictOnBatch: () => flat.predictOnBatch(inputs),
      trainOnBatch: () => flat.trainOnBatch(inputs, targets),
      call: () => flat.layers[0]!.call(inputs),
    };
    await calls[method]();
    flat.trim();
    const before = held();
    await calls[method]();
    flat.trim();
    // Outputs, and an order of rows, are there for JavaScript to collect.
    expect(held() - before).toBeLessThan(4 * MB);
  });
});
