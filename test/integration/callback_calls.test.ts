// SPDX-License-Identifier: MIT
// Calls of a model inside callbacks: what is refused, what each call computes, and that the training around them goes on
// to the same bits.
import {
  Adam,
  AUC,
  BackupAndRestore,
  BatchNormalization,
  Bidirectional,
  Callback,
  Dense,
  Dropout,
  Embedding,
  ExponentialDecay,
  GaussianNoise,
  GRU,
  Input,
  LambdaCallback,
  loadModel,
  LSTM,
  NdArray,
  ProgbarLogger,
  Sequential,
  setRandomSeed,
  SGD,
  SimpleRNN,
  SwapEMAWeights,
  type ArrayInput,
  type Batch,
  type FitOptions,
  type History,
  type LambdaCallbackOptions,
} from '../../lib';
import { drawFrom } from '../reference/random';
import { codeOf, codeOfAsync } from '../support/error_code';
import { fingerprint } from '../support/fingerprint';
import { temporaryFolder } from '../support/temporary_folder';
import { trainingStateOf } from '../support/training_state';

const at = temporaryFolder();
const [N, T, C, BATCH] = [24, 5, 3, 6];

const values = (seed: number, rows = N) =>
  new NdArray(Float32Array.from(drawFrom(seed).normal(rows * T * C)), [rows, T, C]);
const tokens = (seed: number, rows = N) => ({
  data: Int32Array.from(drawFrom(seed).integers(rows * T, 0, 20)),
  shape: [rows, T],
});
const labels = (seed: number, rows = N) => Float32Array.from(drawFrom(seed).integers(rows, 0, 2));

const QUIET = { verbose: 0 } as const;
const x = values(1);
const y = labels(2);
/** For sources, whose batches are cut already. */
const SOURCE_FIT: FitOptions = { ...QUIET, epochs: 3, seed: 5 };
const FIT: FitOptions = { ...SOURCE_FIT, batchSize: BATCH, validationSplit: 0.25 };

function lstm(): Sequential {
  setRandomSeed(9);
  const model = new Sequential([new Input([null, C]), new LSTM(4), new Dense(1, { activation: 'sigmoid' })]);
  model.compile({ optimizer: 'adam', loss: 'binary_crossentropy', metrics: ['accuracy'] });
  return model;
}

/** A callback of functions. */
const on = (hooks: LambdaCallbackOptions): Callback => new LambdaCallback(hooks);

describe('refused', () => {
  const TRAININGS: Record<string, (model: Sequential) => Promise<unknown>> = {
    fit: (model) => model.fit(x, y, QUIET),
    trainOnBatch: (model) => model.trainOnBatch(x, y),
  };

  test.each(Object.keys(TRAININGS))('%s inside fit, evaluate and predict, with the reason', async (name) => {
    const model = lstm();
    const messages: string[] = [];
    const again = async (): Promise<void> => {
      messages.push(await TRAININGS[name]!(model).then(String, (error: Error) => error.message));
    };
    await model.fit(x, y, { ...QUIET, callbacks: [on({ onEpochEnd: again })] });
    await model.evaluate(x, y, { ...QUIET, callbacks: [on({ onTestEnd: again })] });
    await model.predict(x, { callbacks: [on({ onPredictBegin: again })] });
    expect(messages.map((text) => text.slice(model.name.length))).toEqual(
      ['fit', 'evaluate', 'predict'].map(
        (outer) =>
          `.${name}: expected a model that no other call is in the middle of, received a training inside a callback of ` +
          `${outer}. Callbacks predict, evaluate and save; train when the call has ended.`,
      ),
    );
  });

  test('what changes the model', async () => {
    const model = lstm();
    const codes: unknown[] = [];
    const change = (): void => {
      codes.push(
        ...[
          () => model.compile({ loss: 'mse' }),
          () => model.add(new Dense(1)),
          () => model.pop(),
          () => model.build([null, T, C]),
          () => model.dispose(),
        ].map(codeOf),
      );
    };
    await model.fit(x, y, { ...QUIET, callbacks: [on({ onEpochEnd: change })] });
    expect(codes).toEqual(Array.from({ length: 5 }, () => 'ERR_BUSY'));
  });

  test('calls from outside, while a callback waits and while one of its own calls is computed', async () => {
    const model = lstm();
    let isInside: () => void = () => undefined;
    let goOn: () => void = () => undefined;
    const inside = new Promise<void>((resolve) => (isInside = resolve));
    const released = new Promise<void>((resolve) => (goOn = resolve));
    const outside = () => [
      codeOfAsync(model.predict(x)),
      codeOfAsync(model.evaluate(x, y, QUIET)),
      codeOfAsync(model.predictOnBatch(x)),
      codeOfAsync(model.save(at('m.safetensors'))),
      Promise.resolve(codeOf(() => model.setWeights(model.getWeights()))),
    ];
    const wait = async (): Promise<void> => {
      isInside();
      await released;
      // Within the callback's own asynchronous context nothing is outside.
      expect((await model.predict(x)).shape).toEqual([N, 1]);
    };
    const fit = model.fit(x, y, { ...QUIET, callbacks: [on({ onEpochBegin: wait })] });
    await inside;
    expect(await Promise.all(outside())).toEqual(Array.from({ length: 5 }, () => 'ERR_BUSY'));
    goOn();
    await fit;
    expect(model.isBusy).toBe(false);
  });

  test('a second call of the callback during its first, unless both are gathered', async () => {
    const model = lstm();
    const ends: unknown[] = [];
    const two = async (): Promise<void> => {
      ends.push(await Promise.all([model.evaluate(x, y, QUIET), codeOfAsync(model.predict(x))]));
      ends.push(await Promise.all([model.predict(x), codeOfAsync(model.evaluate(x, y, QUIET))]));
      ends.push((await Promise.all([model.predict(x), model.predict(values(3, 2))])).map(({ shape }) => shape));
    };
    await model.fit(x, y, { ...QUIET, callbacks: [on({ onEpochEnd: two })] });
    expect(ends).toEqual([
      [expect.any(Array), 'ERR_BUSY'],
      [expect.any(NdArray), 'ERR_BUSY'],
      [
        [N, 1],
        [2, 1],
      ],
    ]);
  });

  test('a call that a callback makes after it has ended, and why', async () => {
    const model = lstm();
    let late: Promise<string> | undefined;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await model.fit(x, y, {
      ...QUIET,
      batchSize: BATCH,
      callbacks: [
        on({
          onEpochBegin: () => {
            late = released.then(() => model.predict(x)).then(String, (error: Error) => error.message);
          },
          onTrainBatchBegin: async () => {
            release();
            await late;
          },
        }),
      ],
    });
    expect(await late).toContain('The callback that made this call has ended: callbacks await their calls.');
    // Once the training is over it is a call like any other.
    let afterwards: Promise<NdArray> | undefined;
    let fitEnds: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (fitEnds = resolve));
    await model.fit(x, y, {
      ...QUIET,
      callbacks: [on({ onEpochEnd: () => void (afterwards = ended.then(() => model.predict(x))) })],
    });
    fitEnds();
    expect((await afterwards!).shape).toEqual([N, 1]);
  });

  test('a call of a progress bar, which is shown while the engine is at work', async () => {
    const model = lstm();
    const codes: Promise<unknown>[] = [];
    class Curious extends ProgbarLogger {
      override onTrainBatchEnd(): void {
        codes.push(codeOfAsync(model.predict(x)));
      }
    }
    const stream = { write: () => true };
    await model.fit(x, y, { batchSize: BATCH, epochs: 2, callbacks: [new Curious({ stream })] });
    expect(codes.length).toBeGreaterThan(0);
    expect(new Set(await Promise.all(codes))).toEqual(new Set(['ERR_BUSY']));
  });

  test('a call of a source that is read ahead: it may stand beside a batch', async () => {
    const model = lstm();
    const codes: unknown[] = [];
    async function* batches(): AsyncGenerator<Batch> {
      for (let i = 0; i < 3; i++) {
        codes.push(
          await codeOfAsync(model.predict(x)),
          codeOf(() => model.setWeights(model.getWeights())),
        );
        yield [x, y];
      }
    }
    await model.fit(batches, QUIET);
    expect(new Set(codes)).toEqual(new Set(['ERR_BUSY']));
  });
});

describe('what a call inside a callback computes', () => {
  /** The same answers by a model of its own, with the weights of that moment. */
  async function byCopy(model: Sequential, input: ArrayInput): Promise<Float32Array> {
    const copy = lstm();
    copy.setWeights(model.getWeights());
    return (await copy.predict(input)).data;
  }

  test('predictions and losses with the weights of that moment, in every hook', async () => {
    const model = lstm();
    const seen: string[] = [];
    const probe = (hook: string) => async (): Promise<void> => {
      const wanted = await byCopy(model, x);
      expect((await model.predict(x)).data).toEqual(wanted);
      expect((await model.predictOnBatch(x)).data).toEqual(wanted);
      const all = await model.evaluate(x, y, { ...QUIET, batchSize: N });
      expect(await model.testOnBatch(x, y)).toEqual(all);
      const copy = lstm();
      copy.setWeights(model.getWeights());
      expect(await copy.evaluate(x, y, { ...QUIET, batchSize: N })).toEqual(all);
      seen.push(hook);
    };
    const HOOKS = ['onTrainBegin', 'onEpochBegin', 'onTrainBatchBegin', 'onTrainBatchEnd', 'onTestBegin', 'onTestBatchBegin', 'onTestBatchEnd', 'onTestEnd', 'onEpochEnd', 'onTrainEnd'] as const; // prettier-ignore
    await model.fit(x, y, {
      ...FIT,
      epochs: 1,
      callbacks: [on(Object.fromEntries(HOOKS.map((hook) => [hook, probe(hook)])))],
    });
    expect(new Set(seen)).toEqual(new Set(HOOKS));
    seen.length = 0;
    const pass = ['onTestBegin', 'onTestBatchEnd', 'onTestEnd', 'onPredictBegin', 'onPredictBatchBegin', 'onPredictEnd'] as const; // prettier-ignore
    const callbacks = [on(Object.fromEntries(pass.map((hook) => [hook, probe(hook)])))];
    await model.evaluate(x, y, { ...QUIET, callbacks });
    await model.predict(x, { callbacks });
    expect(new Set(seen)).toEqual(new Set(pass));
  });

  test('evaluate inside a callback of evaluate inside a callback of predict', async () => {
    const model = lstm();
    const alone = await model.evaluate(x, y, QUIET);
    const predicted = (await model.predict(x, { batchSize: 5 })).data;
    const results: unknown[] = [];
    const inner = on({ onTestBatchEnd: async () => void results.push((await model.predict(x)).data) });
    const outer = on({
      onPredictBatchEnd: async () =>
        void results.push(await model.evaluate(x, y, { ...QUIET, callbacks: [inner], batchSize: 12 })),
    });
    const answer = await model.predict(x, { batchSize: 5, callbacks: [outer] });
    expect(answer.data).toEqual(predicted);
    // Five batches of predict, each with two of evaluate.
    expect(results).toHaveLength(15);
    const close = (data: Float32Array) => predicted.every((value, i) => Math.abs(value - data[i]!) < 1e-6);
    for (const result of results)
      if (result instanceof Float32Array) expect(close(result)).toBe(true);
      else (result as number[]).forEach((value, i) => expect(value).toBeCloseTo(alone[i]!, 6));
  });

  test('steps of streams, which go on from callback to callback', async () => {
    const model = lstm();
    const stream = model.openStream();
    const row = x.row(0);
    await model.fit(x, y, { ...QUIET, epochs: T, callbacks: [on({ onEpochEnd: (epoch) => void stream.push(row.row(epoch).data) })] }); // prettier-ignore
    expect(codeOf(() => stream.push(row.row(0).data))).toBe('nothing thrown');
    const other = model.openStream();
    const frozen = await model.predict(x.slice(0, 1));
    let last: Float32Array | undefined;
    const step = (batch: number): void => void (last = other.push(row.row(batch).data));
    // The weights stay: a learning rate of 0.
    model.optimizer!.learningRate = 0;
    await model.fit(x, y, { ...QUIET, batchSize: 5, callbacks: [on({ onTrainBatchEnd: step })] });
    expect(last![0]).toBeCloseTo(frozen.get(0, 0), 6);
  });

  test('calls that are not awaited: the hook ends with them', async () => {
    const model = lstm();
    const answers: Float32Array[] = [];
    const wanted: Float32Array[] = [];
    const ask = async (): Promise<void> => {
      void model.predict(x).then(({ data }) => answers.push(data));
      wanted.push(await byCopy(model, x));
    };
    const askAtOnce = (): void => void model.predict(x).then(({ data }) => answers.push(data));
    const before = lstm();
    const plain = await before.fit(x, y, { ...FIT, callbacks: [on({ onTrainBatchEnd: () => undefined })] });
    const history = await model.fit(x, y, {
      ...FIT,
      callbacks: [on({ onTrainBatchEnd: ask }), on({ onEpochEnd: askAtOnce })],
    });
    expect(answers).toHaveLength(wanted.length + 3);
    expect(fingerprint(model, history)).toBe(fingerprint(before, plain));
    const last = (await model.predict(x)).data;
    expect(answers.at(-1)).toEqual(last);
    expect(wanted.every((data) => answers.some((answer) => answer.every((value, i) => value === data[i])))).toBe(true);
  });

  test('a hook that throws ends with the calls that it has begun; the model is free then', async () => {
    const model = lstm();
    let answer: Promise<NdArray> | undefined;
    const fail = (): void => {
      answer = model.predict(x);
      throw new Error('enough');
    };
    await expect(model.fit(x, y, { ...QUIET, callbacks: [on({ onTrainBatchBegin: fail })] })).rejects.toThrow('enough');
    expect(model.isBusy).toBe(false);
    expect((await answer!).shape).toEqual([N, 1]);
    const failLater = async (): Promise<void> => {
      answer = model.predict(x);
      await Promise.resolve();
      throw new Error('enough');
    };
    await expect(model.fit(x, y, { ...QUIET, callbacks: [on({ onEpochEnd: failLater })] })).rejects.toThrow('enough');
    expect(model.isBusy).toBe(false);
    expect((await answer!).shape).toEqual([N, 1]);
  });

  test('a call that fails, fails in the callback; caught there, the training goes on', async () => {
    const model = lstm();
    const codes: unknown[] = [];
    const bad = async (): Promise<void> => void codes.push(await codeOfAsync(model.predict([[1, 2]])));
    const { history } = await model.fit(x, y, { ...FIT, callbacks: [on({ onEpochEnd: bad })] });
    expect(codes).toEqual(['ERR_SHAPE', 'ERR_SHAPE', 'ERR_SHAPE']);
    expect(history['loss']).toHaveLength(3);
    expect(await codeOfAsync(model.fit(x, y, { ...QUIET, callbacks: [on({ onEpochEnd: async () => void (await model.predict([[1]])) })] }))).toBe('ERR_SHAPE'); // prettier-ignore
  });

  test('an abort of the training is heard when the callback has ended, an abort of its call at once', async () => {
    const model = lstm();
    const [outer, inner] = [new AbortController(), new AbortController()];
    const ends: unknown[] = [];
    const hook = async (): Promise<void> => {
      outer.abort();
      const aborted = model.predict(x, { signal: inner.signal });
      inner.abort();
      ends.push(await codeOfAsync(aborted), (await model.predict(x)).shape);
    };
    const fit = model.fit(x, y, { ...QUIET, signal: outer.signal, callbacks: [on({ onEpochBegin: hook })] });
    expect(await codeOfAsync(fit)).toBe('ERR_ABORTED');
    expect(ends).toEqual(['ERR_ABORTED', [N, 1]]);
    expect(model.isBusy).toBe(false);
  });

  test('two models, each called in callbacks of the other', async () => {
    const [one, other] = [lstm(), lstm()];
    const shapes: unknown[] = [];
    const inner = on({
      onEpochEnd: async () => {
        shapes.push((await one.predict(x)).shape, (await other.predict(x)).shape);
        shapes.push(await codeOfAsync(one.fit(x, y, QUIET)));
      },
    });
    const outer = on({ onEpochEnd: async () => void (await other.fit(x, y, { ...QUIET, callbacks: [inner] })) });
    await one.fit(x, y, { ...QUIET, callbacks: [outer] });
    expect(shapes).toEqual([[N, 1], [N, 1], 'ERR_BUSY']);
    expect([one.isBusy, other.isBusy]).toEqual([false, false]);
  });
});

describe('the training goes on to the same bits', () => {
  interface Case {
    readonly make: () => Sequential;
    readonly data?: () => readonly [ArrayInput, ArrayInput];
    readonly options?: () => FitOptions;
    /** Trains from a source. */
    readonly batches?: () => AsyncGenerator<Batch>;
    readonly callbacks?: () => Callback[];
  }

  const compiled = (model: Sequential, options: object = {}): Sequential => {
    model.compile({ optimizer: 'adam', loss: 'binary_crossentropy', metrics: ['accuracy', new AUC()], ...options });
    return model;
  };
  const output = (): Dense => new Dense(1, { activation: 'sigmoid' });
  async function* ahead(): AsyncGenerator<Batch> {
    for (let i = 0; i < 9; i++) {
      await new Promise(setImmediate);
      yield [values(i, BATCH), labels(i, BATCH)];
    }
  }

  const CASES: Record<string, Case> = {
    'layers that draw: dropout, recurrent dropout and noise': {
      make: () =>
        compiled(
          new Sequential([
            new Input([null, C]),
            new GaussianNoise(0.1),
            new LSTM(5, { dropout: 0.2, recurrentDropout: 0.3, returnSequences: true }),
            new Dropout(0.4),
            new GRU(4),
            output(),
          ]),
        ),
    },
    'tokens with masks, and directions': {
      make: () =>
        compiled(new Sequential([new Embedding(20, 6, { maskZero: true }), new Bidirectional(new LSTM(4)), output()])),
      data: () => [tokens(3), labels(4)],
    },
    'tokens that share their padding': {
      make: () => compiled(new Sequential([new Embedding(20, 6), new SimpleRNN(8), output()])),
      data: () => [tokens(5), labels(6)],
    },
    'moments of batches': {
      make: () =>
        compiled(
          new Sequential([new Input([null, C]), new LSTM(4, { returnSequences: true }), new BatchNormalization(), new GRU(3), output()]), // prettier-ignore
        ),
    },
    'stateful layers': {
      make: () =>
        compiled(
          new Sequential([
            new Input([null, C]),
            new LSTM(4, { stateful: true, returnSequences: true }),
            new GRU(3, { stateful: true }),
            output(),
          ]),
        ),
      options: () => ({ shuffle: false }),
    },
    'stateful layers and a source that is read ahead': {
      make: () => compiled(new Sequential([new Input([null, C]), new LSTM(4, { stateful: true }), output()])),
      batches: ahead,
    },
    'a source that is read ahead, and one for validation': {
      make: () => compiled(new Sequential([new Input([null, C]), new LSTM(4), output()])),
      batches: ahead,
      options: () => ({
        validationData: ahead,
        stepsPerEpoch: 3,
        validationSteps: 2,
      }),
    },
    'moving averages that are swapped in': {
      make: () =>
        compiled(new Sequential([new Input([null, C]), new LSTM(4), output()]), {
          optimizer: new Adam(0.01, { useEma: true, emaMomentum: 0.7, emaOverwriteFrequency: 4 }),
        }),
      callbacks: () => [new SwapEMAWeights({ swapOnEpoch: true })],
    },
    'gradients that are added up, and a schedule': {
      make: () =>
        compiled(new Sequential([new Input([null, C]), new LSTM(4), output()]), {
          optimizer: new SGD(new ExponentialDecay(0.1, 2, 0.9), { momentum: 0.9, gradientAccumulationSteps: 2 }),
        }),
    },
  };

  const HOOKS = ['onTrainBegin', 'onEpochBegin', 'onTrainBatchBegin', 'onTrainBatchEnd', 'onTestBegin', 'onTestBatchEnd', 'onTestEnd', 'onEpochEnd'] as const; // prettier-ignore
  const EPOCHS = ['onTrainBegin', 'onEpochBegin', 'onTestBegin', 'onTestEnd', 'onEpochEnd'] as const;

  async function train(each: Case, hooks: readonly string[], call: (model: Sequential) => Promise<unknown>) {
    setRandomSeed(4);
    const model = each.make();
    let calls = 0;
    const hook = async (): Promise<void> => {
      calls++;
      await call(model);
    };
    const callbacks = [...(each.callbacks?.() ?? []), on(Object.fromEntries(hooks.map((name) => [name, hook])))];
    const options = { ...(each.batches === undefined ? FIT : SOURCE_FIT), ...each.options?.(), callbacks };
    const [inputs, targets] = each.data?.() ?? [x, y];
    let history: History;
    if (each.batches === undefined) history = await model.fit(inputs, targets, options);
    else history = await model.fit(each.batches, options);
    await model.save(at(`${calls}.safetensors`));
    // The optimizer's arrays and the layers' states too.
    const { optimizer, layers } = await trainingStateOf(model);
    return { print: fingerprint(model, history), optimizer, layers, calls };
  }

  test.each(Object.keys(CASES))('%s', async (name) => {
    const each = CASES[name]!;
    const data = (): readonly [ArrayInput, ArrayInput] => each.data?.() ?? [x, y];
    // Other than the training's, which stateful layers would refuse.
    const ROWS = 3;
    const few = (model: Sequential) => (model.inputKind === 'tokens' ? tokens(8, ROWS) : values(8, ROWS));
    const nested = async (model: Sequential): Promise<void> => {
      await model.predict(few(model));
      await model.predictOnBatch(few(model));
      await model.evaluate(...data(), { ...QUIET, batchSize: ROWS });
    };
    for (const hooks of [HOOKS, EPOCHS]) {
      const plain = await train(each, hooks, () => Promise.resolve());
      const called = await train(each, hooks, nested);
      expect(called.calls).toBeGreaterThan(3);
      expect(called).toEqual(plain);
    }
  });

  test('of a training that was cut off and goes on from its backup', async () => {
    const plain = await train(CASES['stateful layers']!, EPOCHS, () => Promise.resolve());
    const each: Case = {
      ...CASES['stateful layers']!,
      callbacks: () => [new BackupAndRestore(at('backup'), { saveFreq: 2 })],
    };
    let count = 0;
    const cutOff = async (model: Sequential): Promise<void> => {
      await model.predict(values(1, 2));
      if (++count === 7) throw new Error('cut off');
    };
    await expect(train(each, EPOCHS, cutOff)).rejects.toThrow('cut off');
    const resumed = await train(each, EPOCHS, (model) => model.predict(values(1, 4)));
    expect(resumed.optimizer).toEqual(plain.optimizer);
    expect(resumed.layers).toEqual(plain.layers);
  });
});

describe('stateful layers inside a callback', () => {
  function stateful(): Sequential {
    setRandomSeed(2);
    const model = new Sequential([new Input([null, C]), new LSTM(4, { stateful: true }), new Dense(1)]);
    model.compile({ optimizer: new SGD(0), loss: 'mse' });
    return model;
  }
  const step = (t: number) => new NdArray(x.row(0).row(t).data, [1, 1, C]);
  const OPTIONS: FitOptions = { ...QUIET, batchSize: BATCH, shuffle: false };

  test('begin at zero, with batches of their own size, and carry on from call to call', async () => {
    const model = stateful();
    const alone = stateful();
    const whole = (await alone.predict(x.slice(0, 1))).get(0, 0);
    const last: number[] = [];
    const walk = async (): Promise<void> => {
      let answer: NdArray | undefined;
      for (let t = 0; t < T; t++) answer = await model.predict<NdArray>(step(t));
      last.push(answer!.get(0, 0));
    };
    await model.fit(x, y, { ...OPTIONS, epochs: 2, callbacks: [on({ onEpochEnd: walk })] });
    expect(last).toHaveLength(2);
    for (const value of last) expect(value).toBeCloseTo(whole, 6);
  });

  test('begin at zero again after resetStates, of the model or of the layer, which resets the training too', async () => {
    for (const reset of [
      (model: Sequential) => model.resetStates(),
      (model: Sequential) => model.layers[0]!.resetStates(),
    ]) {
      // prettier-ignore
      const model = stateful();
      const answers: number[] = [];
      const states: number[] = [];
      const hook = async (): Promise<void> => {
        answers.push((await model.predict(step(0))).get(0, 0), (await model.predict(step(0))).get(0, 0));
        expect((await trainingStateOf(model)).layers.statefulRows).toBe(BATCH);
        reset(model);
        states.push(...(await trainingStateOf(model)).layers.states.map(({ length }) => length));
        answers.push((await model.predict(step(0))).get(0, 0));
      };
      await model.fit(x, y, { ...OPTIONS, callbacks: [on({ onEpochEnd: hook })] });
      expect(answers[2]).toBe(answers[0]);
      expect(answers[1]).not.toBe(answers[0]);
      expect(states).toEqual([0]);
    }
  });

  test('are not what is saved there: the training is', async () => {
    const [model, plain] = [stateful(), stateful()];
    await plain.fit(x, y, OPTIONS);
    const save = async (): Promise<void> => {
      await model.predict(values(3, 2));
      await model.save(at('inside.safetensors'));
    };
    await model.fit(x, y, { ...OPTIONS, callbacks: [on({ onEpochEnd: save })] });
    const saved = await loadModel(at('inside.safetensors'));
    expect((await trainingStateOf(saved)).layers).toEqual((await trainingStateOf(plain)).layers);
  });
});
