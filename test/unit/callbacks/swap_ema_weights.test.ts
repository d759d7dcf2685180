// SPDX-License-Identifier: MIT
// SwapEMAWeights: what it refuses, Keras' own decisions hook by hook, and what models see of the averages. Trainings that
// are cut off with it are in test/integration/optimizer_resume.test.ts.
import {
  BatchNormalization,
  Callback,
  Dense,
  EarlyStopping,
  Input,
  loadModel,
  ModelCheckpoint,
  Sequential,
  setRandomSeed,
  SGD,
  SwapEMAWeights,
  type CallbackModel,
  type NdArray,
} from '../../../lib';
import { readGolden } from '../../reference/golden';
import { codeOf, codeOfAsync } from '../../support/error_code';
import { QUIET, smallModel, x, y } from '../../support/small_fit';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();
const FIT = { ...QUIET, epochs: 3, validationSplit: 0.25 } as const;

function averagingModel(): Sequential {
  const model = smallModel();
  model.compile({ optimizer: new SGD(0.1, { useEma: true, emaMomentum: 0.7 }), loss: 'mse' });
  return model;
}

/** Notes weights and averages at the end of every epoch's batches, and fails then where it is asked to. */
class Watch extends Callback {
  readonly weights: unknown[] = [];
  readonly averages: NdArray[][] = [];
  constructor(private readonly fails = false) {
    super();
  }
  override onTrainBatchEnd(batch: number): void {
    if (batch !== 2) return;
    this.weights.push(this.model!.getWeights());
    this.averages.push(this.model!.getAveragedWeights() as NdArray[]);
  }
  override onTestBegin(): void {
    if (this.fails) throw new Error('failed');
  }
}

describe('misuse', () => {
  test('refuses an option that does not exist, and one of another type', () => {
    expect(codeOf(() => new SwapEMAWeights({ swapOnEpochs: true } as never))).toBe('ERR_UNKNOWN_OPTION');
    expect(codeOf(() => new SwapEMAWeights({ swapOnEpoch: 1 as never }))).toBe('ERR_TYPE');
  });

  test('refuses a model without optimizer, and an optimizer without averages, before anything is learnt', async () => {
    const callbacks = [new SwapEMAWeights()];
    const model = smallModel();
    const before = model.getWeights();
    expect(await codeOfAsync(model.fit(x, y, { ...FIT, callbacks }))).toBe('ERR_STATE');
    expect(await codeOfAsync(model.evaluate(x, y, { verbose: 0, callbacks }))).toBe('ERR_STATE');
    expect(codeOf(() => model.getAveragedWeights())).toBe('ERR_STATE');
    expect(model.getWeights()).toEqual(before);
    const bare = new Sequential([new Input([2]), new Dense(1)]);
    expect(await codeOfAsync(bare.predict(x, { callbacks }))).toBe('ERR_STATE');
    expect(codeOf(() => bare.getAveragedWeights())).toBe('ERR_STATE');
  });

  test('refuses averages while a step is computed', async () => {
    const model = averagingModel();
    const fit = model.fit(x, y, FIT);
    expect(codeOf(() => model.getAveragedWeights())).toBe('ERR_BUSY');
    await fit;
  });
});

describe("after each hook the model has the weights of Keras' own", () => {
  interface Fit {
    name: string;
    swapOnEpoch: boolean;
    epochs: number;
    seen: [string, number][];
  }
  const { fits } = readGolden<{ fits: Fit[] }>('swap_ema_weights');

  test.each(fits)('$name', async ({ swapOnEpoch, epochs, seen }) => {
    let [weight, average, epoch] = [0, 0, -1];
    const callback = new SwapEMAWeights({ swapOnEpoch });
    const model = {
      optimizer: { useEma: true },
      getWeightsAsync: () => Promise.resolve([weight]),
      setWeightsAsync: ([value]: number[]) => Promise.resolve((weight = value!)),
      getAveragedWeightsAsync: () => Promise.resolve([average]),
    };
    callback.setModel(model as unknown as CallbackModel);
    callback.setParams({ verbose: 0, epochs, steps: 1, metrics: [] });
    const hooks: Record<string, () => Promise<void>> = {
      on_train_begin: () => callback.onTrainBegin(),
      on_epoch_begin: () => callback.onEpochBegin(),
      on_test_begin: () => callback.onTestBegin(),
      on_test_end: () => callback.onTestEnd(),
      on_epoch_end: () => callback.onEpochEnd(),
      on_train_end: () => {
        weight = average; // `fit` does
        return callback.onTrainEnd();
      },
    };
    for (const [hook, wanted] of seen) {
      await hooks[hook]!();
      expect([hook, weight]).toEqual([hook, wanted]);
      if (hook === 'on_epoch_begin') {
        epoch++;
        [weight, average] = [1 + epoch, (1 + epoch) / 10];
      }
    }
  });
});

describe('averages', () => {
  test('are not there before the first step, and leave weights alone that are not trained', async () => {
    setRandomSeed(3);
    const model = new Sequential([new Input([2]), new BatchNormalization(), new Dense(1)]);
    model.compile({ optimizer: new SGD(0.1, { useEma: true, emaMomentum: 0.5 }), loss: 'mse' });
    expect(model.getAveragedWeights()).toBe(undefined);
    await model.evaluate(x, y, { verbose: 0, callbacks: [new SwapEMAWeights()] });
    expect(model.getAveragedWeights()).toBe(undefined);
    const kernels: Float32Array[] = [];
    for (let step = 0; step < 2; step++) {
      await model.trainOnBatch(x, y);
      kernels.push(model.getWeights()[4]!.data as Float32Array);
    }
    const [gamma, , mean, variance, kernel] = model.getAveragedWeights()!;
    const [rawGamma, , rawMean, rawVariance] = model.getWeights();
    expect([mean, variance]).toEqual([rawMean, rawVariance]);
    expect(gamma).not.toEqual(rawGamma);
    // The first average is the weight itself.
    kernel!.data.forEach((value, i) => expect(value).toBeCloseTo((kernels[0]![i]! + kernels[1]![i]!) / 2, 6));
  });

  test('of gradients that are still accumulated are there after the first batch', async () => {
    const model = averagingModel();
    model.compile({ optimizer: new SGD(0.1, { useEma: true, gradientAccumulationSteps: 4 }), loss: 'mse' });
    await model.trainOnBatch(x, y);
    expect(model.getAveragedWeights()).toEqual(model.getWeights());
  });

  test('are what validation sees, and training goes on as if it had not', async () => {
    const plain = averagingModel();
    const watch = new Watch();
    await plain.fit(x, y, { ...FIT, callbacks: [watch] });
    const tail = { data: x.data.subarray(18), shape: [3, 2] };
    for (const swapOnEpoch of [false, true]) {
      const model = averagingModel();
      const swapped = new Watch();
      const callbacks = [new SwapEMAWeights({ swapOnEpoch }), swapped];
      const { history } = await model.fit(x, y, { ...FIT, callbacks });
      expect(swapped.weights).toEqual(watch.weights);
      const losses: number[] = [];
      for (const averages of watch.averages) {
        model.setWeights(averages);
        losses.push(await model.evaluate<number>(tail, y.subarray(9), { verbose: 0 }));
      }
      expect(history['valLoss']).toEqual(losses);
      expect(new Set(losses).size).toBe(3);
    }
  });

  test('are what a checkpoint saves that comes after it, and what fit ends with also where it is stopped early', async () => {
    for (const stop of [[], [new EarlyStopping('loss', { minDelta: 1e6 })]]) {
      const model = averagingModel();
      const swap = new SwapEMAWeights({ swapOnEpoch: true });
      const checkpoint = new ModelCheckpoint(at('{epoch}.safetensors'));
      const { epoch } = await model.fit(x, y, { ...FIT, callbacks: [swap, checkpoint, ...stop] });
      expect(epoch).toHaveLength(stop.length === 0 ? 3 : 2);
      const last = await loadModel(at(`${epoch.length}.safetensors`));
      expect(last.getWeights()).toEqual(model.getWeights());
      expect(model.getAveragedWeights()).toEqual(model.getWeights());
    }
  });

  test('are what predict and evaluate see, and the weights come back', async () => {
    const model = averagingModel();
    for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
    const before = model.getWeights();
    const callbacks = [new SwapEMAWeights()];
    const outputs = await model.predict(x, { callbacks });
    const loss = await model.evaluate(x, y, { verbose: 0, callbacks });
    expect(model.getWeights()).toEqual(before);
    expect(outputs).not.toEqual(await model.predict(x));
    model.setWeights(model.getAveragedWeights()!);
    expect(outputs).toEqual(await model.predict(x));
    expect(loss).toBe(await model.evaluate(x, y, { verbose: 0 }));
  });

  test('do not stay where a validation fails, nor after an evaluation that failed, once the callback is called again', async () => {
    const model = averagingModel();
    const watch = new Watch(true);
    const swap = new SwapEMAWeights();
    await expect(model.fit(x, y, { ...FIT, callbacks: [swap, watch] })).rejects.toThrow('failed');
    expect([model.getWeights()]).toEqual(watch.weights);
    await model.trainOnBatch(x, y);
    const before = model.getWeights();
    await expect(model.evaluate(x, y, { verbose: 0, callbacks: [swap, watch] })).rejects.toThrow('failed');
    await model.predict(x, { callbacks: [swap] });
    expect(model.getWeights()).toEqual(before);
  });
});
