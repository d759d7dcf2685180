// SPDX-License-Identifier: MIT
// fit, evaluate and predict over a scripted engine: refusals, runs, hooks, validation, aborts, errors.
import { Callback, EarlyStopping, ProgbarLogger, type Logs } from '../../../lib/callbacks';
import { BinaryCrossentropy, MeanAbsoluteError } from '../../../lib/losses';
import { RMSprop } from '../../../lib/optimizers';
import { Trainer } from '../../../lib/training/trainer';
import { oneOutput, ScriptedHost, scriptedEngine } from './scripted_host';
import type { FitOptions } from '../../../lib/training/options';

const code = (code: string) => expect.objectContaining({ code });
const ROWS = 10;
const x = { data: new Int32Array(ROWS * 3).fill(1), shape: [ROWS, 3] };
const y = new Float32Array(ROWS);
const quiet = { verbose: 0, batchSize: 2, shuffle: false } as const;

function setUp(metrics: string[] = ['acc']) {
  const host = new ScriptedHost();
  const trainer = new Trainer(host, () => scriptedEngine);
  trainer.compile({ loss: 'binary_crossentropy', metrics });
  return { host, trainer, model: host.model };
}

class Recorder extends Callback {
  readonly seen: string[] = [];
  override onTrainBegin() {
    this.seen.push('train begin');
  }
  override onTrainEnd() {
    this.seen.push('train end');
  }
  override onEpochBegin(epoch: number) {
    this.seen.push(`epoch ${epoch} begin`);
  }
  override onEpochEnd(epoch: number, logs: Logs) {
    this.seen.push(`epoch ${epoch} end ${Object.keys(logs).join(' ')}`);
  }
}

describe('misuse of fit', () => {
  test.each<[string, unknown, string]>([
    ['epochs 0', { epochs: 0 }, 'ERR_CONFIG'],
    ['epochs -1', { epochs: -1 }, 'ERR_CONFIG'],
    ['epochs 1.5', { epochs: 1.5 }, 'ERR_CONFIG'],
    ['epochs NaN', { epochs: NaN }, 'ERR_CONFIG'],
    ["epochs '3'", { epochs: '3' }, 'ERR_TYPE'],
    ['epochs null', { epochs: null }, 'ERR_TYPE'],
    ['batchSize 0', { batchSize: 0 }, 'ERR_CONFIG'],
    ['batchSize beyond 32 bits', { batchSize: 2 ** 31 }, 'ERR_CONFIG'],
    ['validationSplit 1', { validationSplit: 1 }, 'ERR_CONFIG'],
    ['validationSplit -0.1', { validationSplit: -0.1 }, 'ERR_CONFIG'],
    ['a split that leaves nothing to train on', { validationSplit: 0.99 }, 'ERR_CONFIG'],
    ["validationSplit '0.2'", { validationSplit: '0.2' }, 'ERR_TYPE'],
    ['validationData that is no pair', { validationData: [x] }, 'ERR_TYPE'],
    ['validation targets of another size', { validationData: [x, [1]] }, 'ERR_SHAPE'],
    ['shuffle 1', { shuffle: 1 }, 'ERR_TYPE'],
    ['verbose 3', { verbose: 3 }, 'ERR_CONFIG'],
    ['initialEpoch -1', { initialEpoch: -1 }, 'ERR_CONFIG'],
    ['a seed of -1', { seed: -1 }, 'ERR_CONFIG'],
    ['callbacks that are none', { callbacks: [{}] }, 'ERR_TYPE'],
    ['a signal that is none', { signal: {} }, 'ERR_TYPE'],
    ['a misspelt option', { batchsize: 1 }, 'ERR_UNKNOWN_OPTION'],
    ['options that are none', 3, 'ERR_TYPE'],
  ])('refuses %s and stays usable', async (_title, options, expected) => {
    const { trainer, model } = setUp();
    await expect(trainer.fit(x, y, options as FitOptions)).rejects.toEqual(code(expected));
    expect(model.runs).toEqual([]);
    expect(trainer.busy).toBe(false);
  });

  test.each<[string, unknown, unknown, string]>([
    ['x without a shape', new Int32Array(3), y, 'ERR_SHAPE'],
    ['an id beyond the vocabulary', [[1, 2, 10]], [1], 'ERR_RANGE'],
    ['fewer targets than inputs', x, [1], 'ERR_SHAPE'],
    ['no targets', x, undefined, 'ERR_TYPE'],
  ])('refuses %s', async (_title, badX, badY, expected) => {
    const { trainer } = setUp();
    await expect(trainer.fit(badX as never, badY as never, quiet)).rejects.toEqual(code(expected));
  });

  test('names an id beyond the vocabulary by its place in x, also among the rows held for validation', async () => {
    const { trainer } = setUp();
    const bad = x.data.slice();
    bad[9 * 3 + 1] = 10;
    const fit = trainer.fit({ data: bad, shape: x.shape }, y, { ...quiet, validationSplit: 0.2 });
    await expect(fit).rejects.toThrow('received 10 at [9, 1]');
  });

  test('refuses inputs of another length than the first, and says how one row is given', async () => {
    const { trainer } = setUp();
    await trainer.predict(x);
    await expect(trainer.predict([[1, 2]])).rejects.toEqual(code('ERR_SHAPE'));
    await expect(trainer.predict([1, 2, 3])).rejects.toThrow();
  });

  test('refuses to train or evaluate before compile, but predicts', async () => {
    const trainer = new Trainer(new ScriptedHost(), () => scriptedEngine);
    await expect(trainer.fit(x, y)).rejects.toEqual(code('ERR_STATE'));
    await expect(trainer.evaluate(x, y)).rejects.toEqual(code('ERR_STATE'));
    expect((await oneOutput(trainer.predict(x))).shape).toEqual([ROWS, 1]);
  });

  test.each<[string, unknown, string]>([
    ['no loss', {}, 'ERR_CONFIG'],
    ['nothing', undefined, 'ERR_CONFIG'],
    ['an unknown loss', { loss: 'binary' }, 'ERR_UNKNOWN_NAME'],
    ['metrics alone', { loss: 'mse', metrics: 'acc' }, 'ERR_TYPE'],
    ['a misspelt option', { loss: 'mse', optimiser: 'adam' }, 'ERR_UNKNOWN_OPTION'],
  ])('compile refuses %s', (_title, options, expected) => {
    const { trainer } = setUp();
    expect(() => trainer.compile(options as never)).toThrow(code(expected));
    expect(trainer.metricsNames).toEqual(['loss', 'acc']);
  });
});

describe('busy', () => {
  test('refuses a second call of any kind, and lets the first one finish', async () => {
    const { trainer } = setUp();
    const first = trainer.fit(x, y, quiet);
    await expect(trainer.fit(x, y, quiet)).rejects.toEqual(code('ERR_BUSY'));
    await expect(trainer.predict(x)).rejects.toEqual(code('ERR_BUSY'));
    await expect(trainer.evaluate(x, y)).rejects.toEqual(code('ERR_BUSY'));
    await expect(trainer.trainOnBatch(x, y)).rejects.toEqual(code('ERR_BUSY'));
    expect(() => trainer.compile({ loss: 'mse' })).toThrow(code('ERR_BUSY'));
    expect((await first).history['loss']).toEqual([1]);
    await trainer.predict(x);
  });

  test('lets a callback call it between two batches, one call after another', async () => {
    const { trainer, model } = setUp();
    const modes = (): string[] => model.runs.map(({ mode }) => mode);
    const seen: unknown[] = [];
    class Nested extends Callback {
      override async onEpochBegin() {
        seen.push(modes());
        await trainer.predict(x);
        await trainer.evaluate(x, y, { verbose: 0 });
      }
      override async onTrainBatchEnd() {
        // Gathered, as those of the program are.
        await Promise.all([trainer.predict(x), trainer.predict(x), trainer.predict(x)]);
      }
    }
    await trainer.fit(x, y, { ...quiet, batchSize: 5, callbacks: [new Nested()] });
    expect(seen).toEqual([[]]);
    expect(modes()).toEqual(['predict', 'evaluate', 'train', 'predict', 'train', 'predict']);
    expect(model.runs.map(({ begin, end }) => end - begin)).toEqual([ROWS, ROWS, 5, 3 * ROWS, 5, 3 * ROWS]);
    expect(trainer.busy).toBe(false);
  });
});

describe('fit', () => {
  test('computes whole batches in order, and the rest in a smaller one', async () => {
    const { trainer, model } = setUp();
    await trainer.fit(x, y, { ...quiet, batchSize: 4 });
    expect(model.runs.map(({ begin, end }) => [begin, end])).toEqual([
      [0, 4],
      [4, 10],
    ]);
  });

  test('asks the engine for no larger batch than there are rows', async () => {
    const { trainer, model } = setUp();
    await trainer.fit(x, y, { ...quiet, batchSize: 2147483647, validationSplit: 0.2 });
    expect(model.runs.map(({ batchSize }) => batchSize)).toEqual([8, 2]);
  });

  test('makes runs last about 50 ms', async () => {
    const { trainer, model } = setUp();
    model.batchSeconds = 0.016;
    await trainer.fit(x, y, { ...quiet, batchSize: 1 });
    expect(model.runs.map(({ begin, end }) => end - begin)).toEqual([1, 3, 3, 3]);
  });

  test('submits the next run before the last one is done being reported', async () => {
    const { trainer, model } = setUp();
    model.batchSeconds = 1;
    await trainer.fit(x, y, quiet);
    expect(model.followed).toEqual([true, true, true, true, false]);
  });

  test('shuffles anew each epoch', async () => {
    const { trainer, model } = setUp();
    await trainer.fit(x, y, { verbose: 0, epochs: 2, seed: 7, batchSize: ROWS, validationSplit: 0.2 });
    const orders = model.runs.filter(({ mode }) => mode === 'train').map(({ order }) => order);
    expect(orders).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 0],
      [2, 3, 4, 5, 6, 7, 0, 1],
    ]);
  });

  test('validates on the last rows, in their own order', async () => {
    const { trainer, model } = setUp();
    const { history } = await trainer.fit(x, y, { verbose: 0, batchSize: ROWS, validationSplit: 0.25 });
    expect(model.runs.map(({ mode, begin, end, order }) => [mode, begin, end, order])).toEqual([
      ['train', 0, 7, [1, 2, 3, 4, 5, 6, 0]],
      ['evaluate', 0, 3, null],
    ]);
    expect(history).toEqual({ acc: [1], loss: [1], valAcc: [1], valLoss: [1] });
  });

  test('prefers validation data to a split', async () => {
    const { trainer, model } = setUp();
    await trainer.fit(x, y, { ...quiet, batchSize: 32, validationSplit: 0.5, validationData: [x, y] });
    expect(model.runs.map(({ end }) => end)).toEqual([10, 10]);
  });

  test('begins at initialEpoch and ends at epochs', async () => {
    const { trainer } = setUp();
    expect((await trainer.fit(x, y, { ...quiet, initialEpoch: 2, epochs: 4 })).epoch).toEqual([2, 3]);
    expect((await trainer.fit(x, y, { ...quiet, initialEpoch: 4, epochs: 4 })).epoch).toEqual([]);
  });

  test('calls the hooks in order of Keras', async () => {
    const { trainer } = setUp();
    const recorder = new Recorder();
    await trainer.fit(x, y, { ...quiet, epochs: 2, validationSplit: 0.5, callbacks: [recorder] });
    expect(recorder.seen).toEqual([
      'train begin',
      'epoch 0 begin',
      'epoch 0 end acc loss valAcc valLoss',
      'epoch 1 begin',
      'epoch 1 end acc loss valAcc valLoss',
      'train end',
    ]);
  });

  test('shows each batch to a callback that wants to see them', async () => {
    const { trainer, model } = setUp();
    model.batchSeconds = 1e-6;
    const batches: string[] = [];
    class Watcher extends Callback {
      override async onTrainBatchBegin(batch: number) {
        await null;
        batches.push(`begin ${batch} after ${model.runs.length}`);
      }
      override onTrainBatchEnd(batch: number, logs: Logs) {
        batches.push(`end ${batch} loss ${logs['loss']}`);
      }
    }
    await trainer.fit(x, y, { ...quiet, batchSize: 5, callbacks: [new Watcher()] });
    expect(batches).toEqual(['begin 0 after 0', 'end 0 loss 1', 'begin 1 after 1', 'end 1 loss 1']);
  });

  test('ends after the present batch where a callback sets stopTraining', async () => {
    const { trainer, model, host } = setUp();
    class Stop extends Callback {
      override onTrainBatchEnd() {
        host.stopTraining = true;
      }
    }
    const { epoch } = await trainer.fit(x, y, { ...quiet, epochs: 5, callbacks: [new Stop()] });
    expect(model.runs).toHaveLength(1);
    expect(epoch).toEqual([0]);
    host.stopTraining = true;
    expect((await trainer.fit(x, y, quiet)).history['loss']).toEqual([1]);
  });

  test('gives the metrics to EarlyStopping, which puts the best weights back', async () => {
    const { trainer, host, model } = setUp();
    class Weights extends Callback {
      override onEpochBegin(epoch: number) {
        host.values = [epoch];
        model.rowLoss = [0.5, 0.9, 0.7][epoch]!;
      }
    }
    const stop = new EarlyStopping('valAcc', { restoreBestWeights: true });
    const options = { ...quiet, epochs: 3, validationSplit: 0.5, callbacks: [new Weights(), stop] };
    expect((await trainer.fit(x, y, options)).epoch).toEqual([0, 1, 2]);
    expect(host.values).toEqual([1]);
  });

  test('tells the engine a learning rate that was set meanwhile', async () => {
    const { trainer, model } = setUp();
    const optimizer = new RMSprop(0.1);
    trainer.compile({ optimizer, loss: 'mse' });
    class Slower extends Callback {
      override onEpochBegin(epoch: number) {
        optimizer.learningRate = 0.1 / (epoch + 1);
      }
    }
    await trainer.fit(x, y, { ...quiet, epochs: 2, callbacks: [new Slower()] });
    expect(model.learningRates).toEqual([0.05]);
    expect(model.compiled).toHaveLength(1);
  });

  test('compiles the engine once, and again after compile or for another engine model', async () => {
    const { trainer, model, host } = setUp(['accuracy', 'mae']);
    await trainer.fit(x, y, quiet);
    await trainer.evaluate(x, y, { verbose: 0 });
    expect(model.compiled).toEqual([
      {
        optimizer: new RMSprop().toNative(['kernel']),
        trainable: [true],
        layerTrainable: [true],
        heads: [
          {
            loss: new BinaryCrossentropy().toNative(),
            weight: 1,
            metrics: [
              { kind: 'binary_accuracy', threshold: 0.5, weighted: false },
              { kind: 'loss', loss: new MeanAbsoluteError().toNative(), weighted: false },
            ],
          },
        ],
      },
    ]);
    trainer.compile({ loss: 'mse' });
    await trainer.fit(x, y, quiet);
    expect(model.compiled).toHaveLength(2);
    host.model = new (host.model.constructor as new () => typeof host.model)();
    await trainer.fit(x, y, quiet);
    expect(host.model.compiled).toHaveLength(1);
  });
});

describe('an abort', () => {
  test('that came before rejects before anything starts', async () => {
    const { trainer, model } = setUp();
    const recorder = new Recorder();
    const signal = AbortSignal.abort('no time');
    const rejection = trainer.fit(x, y, { ...quiet, signal, callbacks: [recorder] });
    await expect(rejection).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: 'no time' });
    await expect(trainer.evaluate(x, y, { signal })).rejects.toEqual(code('ERR_ABORTED'));
    await expect(trainer.predict(x, { signal })).rejects.toEqual(code('ERR_ABORTED'));
    expect(model.runs).toEqual([]);
    expect(recorder.seen).toEqual([]);
  });

  test('during a run stops the engine, calls onTrainEnd and rejects', async () => {
    const { trainer, model } = setUp();
    const controller = new AbortController();
    model.onRun = () => setImmediate(() => undefined) && queueMicrotask(() => controller.abort());
    const recorder = new Recorder();
    const options = { ...quiet, epochs: 5, signal: controller.signal, callbacks: [recorder] };
    await expect(trainer.fit(x, y, options)).rejects.toEqual(code('ERR_ABORTED'));
    expect(model.stops).toBe(1);
    expect(model.runs).toHaveLength(1);
    expect(recorder.seen.at(-1)).toBe('train end');
    model.onRun = () => undefined;
    await trainer.predict(x);
  });

  test('between runs keeps the next from starting', async () => {
    const { trainer, model } = setUp();
    const controller = new AbortController();
    class Abort extends Callback {
      override async onTrainBatchBegin(batch: number) {
        await null;
        if (batch === 1) controller.abort();
      }
    }
    const options = { ...quiet, signal: controller.signal, callbacks: [new Abort()] };
    await expect(trainer.fit(x, y, options)).rejects.toEqual(code('ERR_ABORTED'));
    expect(model.runs).toHaveLength(1);
    expect(model.stops).toBe(0);
  });

  test('leaves no listener behind', async () => {
    const { trainer } = setUp();
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const removed = jest.spyOn(signal, 'removeEventListener');
    await trainer.fit(x, y, { ...quiet, epochs: 3, validationSplit: 0.5, signal });
    expect(added.mock.calls.length).toBe(removed.mock.calls.length);
  });
});

describe('an error', () => {
  test.each([
    'onTrainBegin',
    'onEpochBegin',
    'onTrainBatchBegin',
    'onTrainBatchEnd',
    'onTestBegin',
    'onEpochEnd',
    'onTrainEnd',
  ] as const)('in %s rejects fit and leaves the model usable', async (hook) => {
    const { trainer } = setUp();
    class Broken extends Callback {}
    Object.assign(Broken.prototype, {
      [hook]() {
        throw new Error(`broken ${hook}`);
      },
    });
    const recorder = new Recorder();
    const options = { ...quiet, validationSplit: 0.5, callbacks: [new Broken(), recorder] };
    await expect(trainer.fit(x, y, options)).rejects.toThrow(`broken ${hook}`);
    expect(recorder.seen.at(-1)).toBe('train end');
    expect((await trainer.fit(x, y, quiet)).history['loss']).toEqual([1]);
  });

  test('of the stream that the progress bar writes to stops the run that goes on', async () => {
    const { trainer, model } = setUp();
    const write = () => {
      throw new Error('no pipe');
    };
    const callbacks = [new ProgbarLogger({ stream: { write, isTTY: true } })];
    await expect(trainer.fit(x, y, { ...quiet, verbose: 1, callbacks })).rejects.toThrow('no pipe');
    expect(model.busy).toBe(false);
    await trainer.predict(x);
  });

  test.each([
    ['ERR_OUT_OF_MEMORY', 'ERR_OUT_OF_MEMORY'],
    ['ERR_STRANGE', 'ERR_INTERNAL'],
  ])('of the engine with code %s becomes %s', async (given, expected) => {
    const { trainer, model } = setUp();
    model.nextError = [given, 'm.fit: expected memory, received none.'];
    await expect(trainer.fit(x, y, quiet)).rejects.toEqual(code(expected));
    await trainer.fit(x, y, quiet);
  });
});

describe('evaluate', () => {
  test('gives loss and metrics in the order of compile', async () => {
    const { trainer } = setUp(['mae', 'acc']);
    expect(await trainer.evaluate(x, y, { verbose: 0 })).toEqual([1, 1, 1]);
    expect(await trainer.evaluate(x, y, { verbose: 0, returnDict: true })).toEqual({ acc: 1, loss: 1, mae: 1 });
  });

  test('gives the loss alone where there are no metrics', async () => {
    const { trainer } = setUp([]);
    expect(await trainer.evaluate(x, y, { verbose: 0 })).toBe(1);
    expect(await trainer.testOnBatch(x, y)).toBe(1);
    expect(await trainer.trainOnBatch(x, y)).toBe(1);
  });

  test('shows its progress', async () => {
    const { trainer } = setUp();
    let text = '';
    const stream = { write: (s: string) => (text += s) };
    await trainer.evaluate(x, y, { batchSize: 5, callbacks: [new ProgbarLogger({ stream, now: () => 0 })] });
    expect(text).toBe(`2/2 ${'━'.repeat(20)} 0s 0s/step - acc: 1.0000 - loss: 1.0000\n`);
  });
});

describe('batch calls', () => {
  test('take all rows as one batch', async () => {
    const { trainer, model } = setUp();
    expect(await trainer.trainOnBatch(x, y)).toEqual([1, 1]);
    expect(await trainer.testOnBatch(x, y, { returnDict: true })).toEqual({ acc: 1, loss: 1 });
    expect((await oneOutput(trainer.predictOnBatch(x))).shape).toEqual([ROWS, 1]);
    expect(model.runs.map(({ mode, end, batchSize }) => [mode, end, batchSize])).toEqual([
      ['train', ROWS, ROWS],
      ['evaluate', ROWS, ROWS],
      ['predict', ROWS, ROWS],
    ]);
  });
});

describe('predict', () => {
  test('refuses outputs that no memory can hold', async () => {
    const { trainer, host } = setUp();
    host.outputShape = [null, 2 ** 50];
    await expect(trainer.predict(x)).rejects.toEqual(code('ERR_OUT_OF_MEMORY'));
  });

  test('gives one output a row, and shows batches to callbacks', async () => {
    const { trainer } = setUp();
    const seen: number[] = [];
    class Watcher extends Callback {
      override onPredictBatchEnd(batch: number) {
        seen.push(batch);
      }
    }
    const outputs = await oneOutput(trainer.predict(x, { batchSize: 4, callbacks: [new Watcher()] }));
    expect(outputs.toArray()).toEqual(Array.from({ length: ROWS }, () => [0.5]));
    expect(seen).toEqual([0, 1, 2]);
  });
});
