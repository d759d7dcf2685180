// SPDX-License-Identifier: MIT
// fit, evaluate and predict over generators, iterables and streams; epochs of some steps; a fit that goes on in the
// middle. What they come to is compared, to the bit, with the same rows in memory or with a fit that was never cut.
import { Readable } from 'node:stream';
import {
  Callback,
  Dense,
  Dropout,
  Embedding,
  Input,
  LSTM,
  NdArray,
  Sequential,
  setRandomSeed,
  SGD,
  type Batch,
  type FitOptions,
  type FitProgress,
} from '../../lib';
import { fingerprint } from '../support/fingerprint';

const code = (code: string) => expect.objectContaining({ code });
const ROWS = 22;
const T = 6;
const WORDS = 12;
const tokens = Int32Array.from({ length: ROWS * T }, (_, i) => (i * i * 7 + i) % WORDS);
const x = new NdArray(tokens, [ROWS, T]);
const y = Float32Array.from({ length: ROWS }, (_, i) => Number(tokens[i * T]! > 5));
const quiet = { verbose: 0 } as const;

function makeModel(): Sequential {
  setRandomSeed(5);
  const model = new Sequential([
    new Embedding(WORDS, 4),
    new LSTM(5, { recurrentDropout: 0.2 }),
    new Dropout(0.3),
    new Dense(1, { activation: 'sigmoid' }),
  ]);
  model.compile({ optimizer: 'adam', loss: 'binary_crossentropy', metrics: ['acc'] });
  return model;
}

/** The rows in batches of `size`. */
function* batches(size: number): Generator<Batch> {
  for (let begin = 0; begin < ROWS; begin += size) {
    const end = Math.min(ROWS, begin + size);
    yield [new NdArray(tokens.slice(begin * T, end * T), [end - begin, T]), y.slice(begin, end)];
  }
}

async function* slowly<B>(source: Iterable<B>): AsyncGenerator<B> {
  for (const item of source) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield item;
  }
}

const fromMemory = async (options: FitOptions): Promise<string> => {
  const model = makeModel();
  return fingerprint(model, await model.fit(x, y, { ...quiet, shuffle: false, ...options }));
};

describe('misuse', () => {
  const broken = (...items: unknown[]) => (() => items[Symbol.iterator]()) as never;
  const wrong: [string, unknown, string][] = [
    ['items that are no pairs', broken([x]), 'ERR_TYPE'],
    ['a vocabulary that is too small', () => [[[[99, 1, 1, 1, 1, 1]], [1]]], 'ERR_RANGE'],
    ['targets of other rows', () => [[x, [1]]], 'ERR_SHAPE'],
    ['no batches', () => [], 'ERR_DATA'],
  ];
  test.each(wrong)('%s: refused, and the model stays usable', async (_title, source, expected) => {
    const model = makeModel();
    const before = JSON.stringify(model.getWeights().map(({ data }) => [...data]));
    await expect(model.fit(source as never, quiet)).rejects.toEqual(code(expected));
    await expect(model.evaluate(source as never, quiet)).rejects.toEqual(code(expected));
    expect(JSON.stringify(model.getWeights().map(({ data }) => [...data]))).toBe(before);
    await model.fit(x, y, quiet);
  });

  test('says which batch is wrong', async () => {
    const source = function* () {
      yield [x, y] as Batch;
      yield [x] as never;
    };
    await expect(makeModel().fit(source, quiet)).rejects.toThrow(/batch 1 of x: \[x, y\]/);
  });

  test('targets or weights beside a source are refused', async () => {
    await expect(makeModel().fit((() => batches(4)) as never, y, quiet)).rejects.toEqual(code('ERR_TYPE'));
    await expect(makeModel().fit(() => batches(4), { ...quiet, validationSplit: 0.5 })).rejects.toEqual(code('ERR_CONFIG')); // prettier-ignore
    await expect(makeModel().fit(() => batches(4), { ...quiet, sampleWeight: y })).rejects.toEqual(code('ERR_CONFIG'));
  });

  test('options that cut arrays into batches are refused beside a source, which has batches', async () => {
    const calls = (options: object) => [
      makeModel().fit(() => batches(4), { ...quiet, ...options }),
      makeModel().evaluate(() => batches(4), { ...quiet, ...options }),
      makeModel().predict(() => batches(4), options),
    ];
    for (const call of calls({ batchSize: 4 })) await expect(call).rejects.toEqual(code('ERR_CONFIG'));
    const fit = (shuffle: boolean) => makeModel().fit(() => batches(4), { ...quiet, shuffle });
    await expect(fit(true)).rejects.toEqual(code('ERR_CONFIG'));
    await fit(false);
  });
});

describe('fit from a source', () => {
  const sources: [string, (size: number) => FitSource][] = [
    ['a generator function', (size) => () => batches(size)],
    ['an async generator function', (size) => () => slowly(batches(size))],
    ['an iterable', (size) => new Set(batches(size))],
    ['a function that gives streams', (size) => () => Readable.from(batches(size)) as AsyncIterable<Batch>],
  ];
  type FitSource = Parameters<Sequential['fit']>[0] & (Iterable<Batch> | AsyncIterable<Batch> | (() => Iterable<Batch> | AsyncIterable<Batch>)); // prettier-ignore
  test.each(sources)('%s learns what the same rows in memory teach', async (_title, source) => {
    const model = makeModel();
    const history = await model.fit(source(4) as () => Iterable<Batch>, { ...quiet, epochs: 3 });
    expect(fingerprint(model, history)).toBe(await fromMemory({ batchSize: 4, epochs: 3 }));
  });

  test('arrays may be used again as soon as the next batch is asked for', async () => {
    const again = new Int32Array(11 * T);
    const model = makeModel();
    const history = await model.fit(function* () {
      for (const begin of [0, 11]) {
        again.set(tokens.subarray(begin * T, (begin + 11) * T));
        yield [{ data: again, shape: [11, T] }, y.slice(begin, begin + 11)] as Batch;
        again.fill(0);
      }
    }, quiet);
    expect(fingerprint(model, history)).toBe(await fromMemory({ batchSize: 11 }));
  });

  test('validates on a source', async () => {
    const model = makeModel();
    const { history } = await model.fit(x, y, { ...quiet, epochs: 2, validationData: () => batches(5) });
    const other = makeModel();
    const expected = await other.fit(x, y, { ...quiet, epochs: 2, validationData: [x, y], validationBatchSize: 5 });
    expect(history['valLoss']).toHaveLength(2);
    expect(Object.keys(history)).toEqual(Object.keys(expected.history));
  });

  /** Batches, and then a wait without end, during which the call is aborted. */
  function hanging(controller: AbortController, full = 0) {
    let passes = 0;
    return async function* (): AsyncGenerator<Batch> {
      if (passes++ < full) return yield* batches(11);
      if (full === 0) yield* batches(22);
      setImmediate(() => controller.abort());
      await new Promise(() => undefined);
    };
  }
  async function* silent(controller: AbortController): AsyncGenerator<Batch> {
    setImmediate(() => controller.abort());
    await new Promise(() => undefined);
    yield* batches(22);
  }

  test.each<[string, (model: Sequential, controller: AbortController) => Promise<unknown>]>([
    ['first batch', (model, c) => model.fit(silent(c), { ...quiet, signal: c.signal })],
    ['next batch', (model, c) => model.fit(hanging(c), { ...quiet, signal: c.signal })],
    ['next epoch', (model, c) => model.fit(hanging(c, 1), { ...quiet, epochs: 2, signal: c.signal })],
    [
      'next epoch of one generator',
      (model, c) => model.fit(hanging(c)(), { ...quiet, epochs: 2, stepsPerEpoch: 1, signal: c.signal }),
    ],
    ['validation', (model, c) => model.fit(x, y, { ...quiet, validationData: silent(c), signal: c.signal })],
    [
      'next validation',
      (model, c) => model.fit(x, y, { ...quiet, epochs: 2, validationData: hanging(c, 1), signal: c.signal }),
    ],
    ['batch to evaluate', (model, c) => model.evaluate(silent(c), { ...quiet, signal: c.signal })],
    ['batch to predict', (model, c) => model.predict(silent(c), { signal: c.signal })],
  ])('an abort ends the waiting for a %s that never comes', async (_what, call) => {
    const model = makeModel();
    const controller = new AbortController();
    await expect(call(model, controller)).rejects.toEqual(code('ERR_ABORTED'));
    expect(model.isBusy).toBe(false);
    await model.fit(x, y, quiet);
  });

  test('a source may wait for what training has made of its last batch', async () => {
    let trained: (() => void) | undefined;
    class Notice extends Callback {
      override onTrainBatchEnd() {
        trained?.();
      }
    }
    const source = async function* (): AsyncGenerator<Batch> {
      for (const batch of batches(8)) {
        const isTrained = new Promise<void>((resolve) => (trained = resolve));
        yield batch;
        await isTrained;
      }
    };
    const { history } = await makeModel().fit(source, { ...quiet, epochs: 2, callbacks: [new Notice()] });
    expect(history['loss']).toHaveLength(2);
  });

  test('an abort ends the waiting for the first batch', async () => {
    const model = makeModel();
    const hanging = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    const calls = [
      (signal: AbortSignal) => model.fit(hanging, { ...quiet, signal }),
      (signal: AbortSignal) => model.evaluate(hanging, { ...quiet, signal }),
      (signal: AbortSignal) => model.predict(hanging, { ...quiet, signal }),
    ];
    for (const call of calls) {
      const controller = new AbortController();
      setImmediate(() => controller.abort());
      await expect(call(controller.signal)).rejects.toEqual(code('ERR_ABORTED'));
      expect(model.isBusy).toBe(false);
    }
  });

  test('an abort ends the waiting for the first batch of a later epoch', async () => {
    const controller = new AbortController();
    let epoch = 0;
    async function* hangs(): AsyncGenerator<Batch> {
      if (epoch++ === 0) return yield* batches(22);
      setImmediate(() => controller.abort());
      await new Promise(() => undefined);
    }
    const fit = makeModel().fit(hangs, { ...quiet, epochs: 2, signal: controller.signal });
    await expect(fit).rejects.toEqual(code('ERR_ABORTED'));
  });

  test('a generator has one pass: the next epoch ends training, with a warning', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { history } = await makeModel().fit(batches(4), { ...quiet, epochs: 3 });
    expect(history['loss']).toHaveLength(1);
    expect(warned.mock.calls.map(([text]) => text)).toEqual([
      expect.stringMatching(/expected batches for epoch 2, received none/),
    ]);
    warned.mockRestore();
  });

  test('called again, a generator goes on where it stopped', async () => {
    const source = batches(4);
    const model = makeModel();
    await model.fit(source, { ...quiet, stepsPerEpoch: 2 });
    await model.fit(source, { ...quiet, stepsPerEpoch: 3 });
    expect((source.next().value as Batch)[1]).toHaveLength(2);
  });
});

describe('evaluate and predict over a source', () => {
  test('give what the rows in memory give', async () => {
    const model = makeModel();
    expect(await model.evaluate(() => batches(4), quiet)).toEqual(await model.evaluate(x, y, { ...quiet, batchSize: 4 })); // prettier-ignore
    const expected = await model.predict(x);
    for (const source of [() => batches(4), () => slowly(batches(3))]) {
      const { data, shape } = await model.predict(source);
      expect(shape).toEqual([ROWS, 1]);
      expect(data).toEqual(expected.data);
    }
    const inputs = Array.from(batches(5), ([rows]) => rows);
    expect((await model.predict(inputs[Symbol.iterator]())).data).toEqual(expected.data);
  });

  test('take as many batches as steps says', async () => {
    const model = makeModel();
    const whole = await model.predict(x);
    for (const [given, cut] of [
      [x, { batchSize: 4 }],
      [() => batches(4), {}],
    ] as const) {
      const { data, shape } = await model.predict(given as never, { ...cut, steps: 2 });
      expect(shape).toEqual([8, 1]);
      expect(data).toEqual(whole.data.slice(0, 8));
    }
    const first = new NdArray(tokens.slice(0, 8 * T), [8, T]);
    expect(await model.evaluate(x, y, { ...quiet, batchSize: 4, steps: 2 })).toEqual(
      await model.evaluate(first, y.slice(0, 8), { ...quiet, batchSize: 4 }),
    );
  });
});

describe('epochs of some steps', () => {
  test('several of them pass the same rows in the same order as one epoch of all', async () => {
    const whole = makeModel();
    await whole.fit(x, y, { ...quiet, batchSize: 4, epochs: 2, seed: 3 });
    const parts = makeModel();
    await parts.fit(x, y, { ...quiet, batchSize: 4, epochs: 6, seed: 3, stepsPerEpoch: 2 });
    expect(parts.getWeights()).toEqual(whole.getWeights());
  });

  test('validationFreq says after which epochs to validate', async () => {
    const validated: number[] = [];
    class Watch extends Callback {
      #epoch = 0;
      override onEpochBegin(epoch: number) {
        this.#epoch = epoch;
      }
      override onTestBegin() {
        validated.push(this.#epoch + 1);
      }
    }
    const options = { ...quiet, epochs: 5, validationSplit: 0.5, callbacks: [new Watch()] };
    await makeModel().fit(x, y, { ...options, validationFreq: 2 });
    expect(validated.splice(0)).toEqual([2, 4]);
    const { history } = await makeModel().fit(x, y, { ...options, validationFreq: [1, 5] });
    expect(validated).toEqual([1, 5]);
    expect(history['valLoss']).toHaveLength(2);
    expect(history['loss']).toHaveLength(5);
  });
});

describe('validationSteps', () => {
  const targets = [1, 2, 3, 4, 5, 6];
  const inputs = targets.map(() => [0]);
  const pairs = function* (): Generator<Batch> {
    for (let i = 0; i < 6; i += 2) yield [inputs.slice(i, i + 2), targets.slice(i, i + 2)];
  };
  /** Outputs are 0, so that the loss of a validation is the mean of the squares of its targets. */
  async function valLossOf(options: FitOptions): Promise<number[]> {
    const model = new Sequential([new Input([1]), new Dense(1, { kernelInitializer: 'zeros' })]);
    model.compile({ optimizer: new SGD(0), loss: 'mse' });
    const { history } = await model.fit(inputs, targets, { ...quiet, epochs: 3, validationSteps: 1, ...options });
    return history['valLoss']!;
  }

  test.each<[string, () => FitOptions]>([
    ['arrays', () => ({ validationData: [inputs, targets], validationBatchSize: 2 })],
    ['a function', () => ({ validationData: pairs })],
    ['an iterable', () => ({ validationData: { [Symbol.iterator]: pairs } })],
  ])('of %s begin at the first batch each time', async (_title, options) => {
    expect(await valLossOf(options())).toEqual([2.5, 2.5, 2.5]);
  });

  test('of a generator, which has one pass, go on', async () => {
    expect(await valLossOf({ validationData: pairs() })).toEqual([2.5, 12.5, 30.5]);
  });

  test('of a generator that has no batch left, and a source that is none, are refused in the name of validationData', async () => {
    await expect(valLossOf({ validationData: pairs(), epochs: 4 })).rejects.toThrow('one batch from validationData');
    await expect(valLossOf({ validationData: (() => 3) as never })).rejects.toThrow('the function validationData');
  });
});

describe('weights of rows and classes', () => {
  const half = Float32Array.from({ length: ROWS }, (_, i) => (i < ROWS / 2 ? 1 : 0));
  const fitted = async (options: FitOptions): Promise<string> => fromMemory({ batchSize: 4, epochs: 2, ...options });

  test.each<[string, FitOptions, string]>([
    ['both at once', { sampleWeight: half, classWeight: { 1: 2 } }, 'ERR_CONFIG'],
    ['weights of other rows', { sampleWeight: [1, 2] }, 'ERR_SHAPE'],
    ['weights that are not finite', { sampleWeight: new Float32Array(ROWS).fill(NaN) }, 'ERR_DATA'],
    ['a weight of a class that is none', { classWeight: { a: 1 } as never }, 'ERR_CONFIG'],
  ])('%s: refused', async (_title, options, expected) => {
    await expect(makeModel().fit(x, y, { ...quiet, ...options })).rejects.toEqual(code(expected));
  });

  test('both at once: refused by a step, too', async () => {
    const step = makeModel().trainOnBatch(x, y, { sampleWeight: half, classWeight: { 1: 2 } });
    await expect(step).rejects.toEqual(code('ERR_CONFIG'));
  });

  test('weights of one change nothing; others do', async () => {
    const plain = await fitted({});
    expect(await fitted({ sampleWeight: new Float32Array(ROWS).fill(1) })).toBe(plain);
    expect(await fitted({ classWeight: { 0: 1 } })).toBe(plain);
    expect(await fitted({ sampleWeight: half })).not.toBe(plain);
  });

  test('weights of classes are those of the rows of these classes', async () => {
    const ofRows = Float32Array.from(y, (label) => (label === 1 ? 3 : 0.5));
    expect(await fitted({ classWeight: { 0: 0.5, 1: 3 } })).toBe(await fitted({ sampleWeight: ofRows }));
    expect(await fitted({ classWeight: new Map([[1, 3], [0, 0.5]]) })).toBe(await fitted({ sampleWeight: ofRows })); // prettier-ignore
  });

  test('come with the batches of a source', async () => {
    function* weighted(): Generator<Batch> {
      let begin = 0;
      for (const [rows, labels] of batches(4)) {
        yield [rows, labels, half.slice(begin, begin + 4)];
        begin += 4;
      }
    }
    const model = makeModel();
    const history = await model.fit(weighted, { ...quiet, epochs: 2 });
    expect(fingerprint(model, history)).toBe(await fitted({ sampleWeight: half }));
  });

  test('evaluate, trainOnBatch and testOnBatch take them too', async () => {
    const model = makeModel();
    const [plain] = await model.testOnBatch(x, y);
    const [weighted] = await model.testOnBatch(x, y, { sampleWeight: half });
    expect(weighted).not.toBe(plain);
    const [evaluated] = await model.evaluate(x, y, { ...quiet, batchSize: ROWS, sampleWeight: half });
    expect(evaluated).toBeCloseTo(weighted!, 6);
    const [trained] = await model.trainOnBatch(x, y, { sampleWeight: half });
    expect(trained).toBeGreaterThan(0);
    const rows = Float32Array.from(y, (label) => (label === 1 ? 5 : 1));
    const other = makeModel();
    const third = makeModel();
    await other.trainOnBatch(x, y, { sampleWeight: rows });
    await third.trainOnBatch(x, y, { classWeight: { 1: 5 } });
    expect(third.getWeights()).toEqual(other.getWeights());
  });

  test('a validation split takes its part of them', async () => {
    const model = makeModel();
    const options = { ...quiet, epochs: 1, shuffle: false, batchSize: 11, validationSplit: 0.5, sampleWeight: half };
    const { history } = await model.fit(x, y, options);
    expect(history['valLoss']).toEqual([0]);
  });
});

describe('progress', () => {
  class Saver extends Callback {
    readonly saved: { progress: FitProgress; weights: unknown }[] = [];
    override onTrainBatchEnd() {
      const { progress } = this.model!;
      this.saved.push({ progress: progress!, weights: this.model!.getWeights() });
    }
  }
  class Resume extends Callback {
    constructor(readonly progress: unknown) {
      super();
    }
    override onTrainBegin() {
      this.model!.progress = this.progress as FitProgress;
    }
  }

  test('is where fit stands, and undefined outside it', async () => {
    const model = makeModel();
    const saver = new Saver();
    await model.fit(x, y, { ...quiet, batchSize: 10, epochs: 2, seed: 9, callbacks: [saver] });
    expect(model.progress).toBeUndefined();
    expect(saver.saved.map(({ progress }) => [progress.epoch, progress.batch, progress.seed])).toEqual(
      [0, 1].flatMap((epoch) => [1, 2, 3].map((batch) => [epoch, batch, 9])),
    );
  });

  const plain = () => {
    setRandomSeed(5);
    const model = new Sequential([new Embedding(WORDS, 4), new LSTM(5), new Dense(1, { activation: 'sigmoid' })]);
    model.compile({ optimizer: 'sgd', loss: 'binary_crossentropy', metrics: ['acc'] });
    return model;
  };

  test('a model of plain layers goes on in the middle of an epoch as if it had never stopped', async () => {
    const options = { ...quiet, batchSize: 4, epochs: 3, seed: 9 };
    const saver = new Saver();
    const never = plain();
    const whole = await never.fit(x, y, { ...options, callbacks: [saver] });
    for (const { progress, weights } of saver.saved) {
      const model = plain();
      model.build([null, T]);
      model.setWeights(weights as never);
      const { history } = await model.fit(x, y, { ...options, seed: 1, callbacks: [new Resume(progress)] });
      expect(model.getWeights()).toEqual(never.getWeights());
      expect(history['loss']).toEqual(whole.history['loss']!.slice(progress.epoch));
      expect(history['acc']).toEqual(whole.history['acc']!.slice(progress.epoch));
    }
  });

  // 6 batches: as many epochs, a part of the source each, all of it, and some that end early.
  test.each([{}, ...[2, 4, 6].map((stepsPerEpoch) => ({ stepsPerEpoch }))])(
    'so does one over a source: %o',
    async (steps) => {
      const options = { ...quiet, epochs: 4, ...steps, validationData: () => batches(8), validationSteps: 2 };
      const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const saver = new Saver();
      const never = plain();
      const whole = await never.fit(() => batches(4), { ...options, callbacks: [saver] });
      for (const { progress, weights } of saver.saved) {
        const model = plain();
        model.build([null, T]);
        model.setWeights(weights as never);
        const { history } = await model.fit(() => batches(4), { ...options, callbacks: [new Resume(progress)] });
        expect(model.getWeights()).toEqual(never.getWeights());
        for (const key of ['loss', 'acc', 'valLoss'])
          expect(history[key]).toEqual(whole.history[key]!.slice(progress.epoch));
      }
      warned.mockRestore();
    },
  );

  test.each([
    ['nothing', undefined, 'ERR_CONFIG'],
    ['sums of other metrics', { epoch: 0, batch: 0, seed: 1, totals: [1] }, 'ERR_CONFIG'],
    ['a negative epoch', { epoch: -1, batch: 0, seed: 1, totals: [0, 0, 0, 0] }, 'ERR_CONFIG'],
    ['a misspelt key', { epochs: 1, batch: 0, seed: 1, totals: [0, 0, 0, 0] }, 'ERR_UNKNOWN_OPTION'],
  ])('cannot be set to %s', async (_title, value, expected) => {
    const fit = makeModel().fit(x, y, { ...quiet, callbacks: [new Resume(value)] });
    await expect(fit).rejects.toEqual(code(expected));
  });

  test('cannot be set outside onTrainBegin', async () => {
    const model = makeModel();
    const value = { epoch: 0, batch: 0, seed: 1, totals: [0, 0, 0, 0] };
    expect(() => (model.progress = value)).toThrow(code('ERR_STATE'));
    class Late extends Callback {
      override onEpochEnd() {
        this.model!.progress = value;
      }
    }
    await expect(model.fit(x, y, { ...quiet, callbacks: [new Late()] })).rejects.toEqual(code('ERR_STATE'));
  });
});
