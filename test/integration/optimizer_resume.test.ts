// SPDX-License-Identifier: MIT
// Whatever surrounds an optimizer (schedules, moving averages, accumulated gradients, clips, decays), with weights of
// samples and metrics of big states: a model that was saved and loaded, and a training that was cut off after any batch,
// end in the bits of one that never stopped.
import { existsSync } from 'node:fs';
import {
  Adam,
  AdamW,
  AUC,
  BackupAndRestore,
  Callback,
  CosineDecay,
  Dense,
  Dropout,
  GRU,
  Input,
  Lion,
  loadModel,
  Nadam,
  PiecewiseConstantDecay,
  Precision,
  RMSprop,
  Sequential,
  setRandomSeed,
  SGD,
  SwapEMAWeights,
  type FitOptions,
  type History,
  type Optimizer,
} from '../../lib';
import { codeOfAsync } from '../support/error_code';
import { temporaryFolder } from '../support/temporary_folder';
import { trainingStateOf } from '../support/training_state';

const at = temporaryFolder();

const ROWS = 24;
const BATCH = 4;
const EPOCHS = 2;
/** A sixth of the rows validates. */
const BATCHES = (EPOCHS * ROWS * 5) / 6 / BATCH;
const x = { data: Float32Array.from({ length: ROWS * 4 * 2 }, (_, i) => Math.sin(i * i)), shape: [ROWS, 4, 2] };
const y = Float32Array.from({ length: ROWS }, (_, i) => Number(Math.cos(3 * i) > 0));
const sampleWeight = Float32Array.from({ length: ROWS }, (_, i) => 0.25 + (i % 5) / 3);
const FIT = { verbose: 0, batchSize: BATCH, sampleWeight, validationSplit: 1 / 6 } as const;

const cosine = () => new CosineDecay(0.001, 12, { warmupTarget: 0.05, warmupSteps: 4 });
const EMA = { useEma: true, emaMomentum: 0.8 };

const adam = () => new Adam(cosine(), { ...EMA, gradientAccumulationSteps: 3, weightDecay: 0.1, globalClipnorm: 0.5 });
const piecewise = () =>
  new SGD(new PiecewiseConstantDecay([3, 7], [0.1, 0.05, 0.2]), { momentum: 0.9, nesterov: true, clipnorm: 0.3 });

const OPTIMIZERS: readonly [string, () => Optimizer, boolean][] = [
  ['Adam by a cosine, averages and accumulated gradients', adam, false],
  ['the same with states that are carried from batch to batch', adam, true],
  ['SGD with momentum, by pieces', piecewise, false],
  ['Nadam, whose momenta have a running product', () => new Nadam(0.02, { clipvalue: 0.1 }), false],
  ['centered RMSprop', () => new RMSprop(0.02, { centered: true, momentum: 0.5, weightDecay: 0.1 }), false],
  [
    'AdamW where biases do not decay and averages overwrite the weights',
    () => {
      const optimizer = new AdamW(0.05, { weightDecay: 0.5, ...EMA, emaOverwriteFrequency: 4, lossScaleFactor: 8 });
      optimizer.excludeFromWeightDecay({ varNames: ['bias', 'recurrentKernel'] });
      return optimizer;
    },
    false,
  ],
  ['Lion with averages', () => new Lion(cosine(), EMA), true],
];

/** Draws without seeds of its own. */
function build(optimizer: Optimizer, stateful: boolean): Sequential {
  const model = new Sequential([
    new Input([4, 2]),
    new GRU(3, { dropout: 0.2, recurrentDropout: 0.2, stateful, biasInitializer: 'ones' }),
    new Dropout(0.2),
    new Dense(1, { activation: 'sigmoid', biasInitializer: 'ones' }),
  ]);
  model.compile({ optimizer, loss: 'bce', metrics: ['acc', new AUC()], weightedMetrics: [new AUC(), new Precision()] });
  return model;
}

async function everything(model: Sequential, history: History) {
  const { optimizer, layers } = await trainingStateOf(model);
  return { weights: model.getWeights(), optimizer, states: layers.states, history: [history.epoch, history.history] };
}

/** Cuts the training off after some batches. */
class Cut extends Callback {
  constructor(private left: number) {
    super();
  }
  override onTrainBatchEnd(): void {
    if (this.left-- === 0) throw new Error('cut off');
  }
}

describe.each(OPTIMIZERS)('%s', (_title, make, stateful) => {
  test('saved and loaded, it trains on to the same bits', async () => {
    // With or without the end of an accumulation, and of an epoch.
    for (const batches of [5, 7]) {
      const model = build(make(), stateful);
      let left = batches;
      const stop = new (class extends Callback {
        override onTrainBatchEnd(): void {
          this.model!.stopTraining = --left === 0;
        }
      })();
      await model.fit(x, y, { ...FIT, seed: 1, epochs: 2, callbacks: [stop] });
      await model.save(at('model.safetensors'));
      // Another program would have drawn other seeds by now, and numbered other layers.
      setRandomSeed(99);
      const same = await loadModel<Sequential>(at('model.safetensors'));
      const { optimizer: theirs } = same;
      const { optimizer: ours } = model;
      expect([theirs!.iterations, theirs!.learningRate]).toEqual([ours!.iterations, ours!.learningRate]);
      expect(theirs!.getConfig()).toEqual(ours!.getConfig());
      const options: FitOptions = { ...FIT, seed: 2, epochs: 2 };
      const wanted = await everything(model, await model.fit(x, y, options));
      expect(await everything(same, await same.fit(x, y, options))).toEqual(wanted);
    }
  });

  /** What a training ends with; undefined where it was cut off. */
  async function train(folder: string, cut?: number) {
    const optimizer = make();
    const model = build(optimizer, stateful);
    const backup = new BackupAndRestore(at(folder), { saveFreq: 1 });
    const swap = optimizer.useEma ? [new SwapEMAWeights({ swapOnEpoch: true })] : [];
    const cuts = cut === undefined ? [] : [new Cut(cut)];
    try {
      const history = await model.fit(x, y, { ...FIT, epochs: EPOCHS, callbacks: [backup, ...swap, ...cuts] });
      return everything(model, history);
    } catch (error) {
      expect((error as Error).message).toBe('cut off');
      return undefined;
    }
  }

  test('cut off after any batch, it ends in the same bits and the same history', async () => {
    setRandomSeed(5);
    const whole = await train('whole');
    expect(Object.keys(whole!.history[1]!)).toEqual(expect.arrayContaining(['auc', 'weightedAuc', 'valAuc']));
    for (let cut = 0; cut < BATCHES; cut++) {
      const folder = `cut${cut}`;
      setRandomSeed(5);
      expect(await train(folder, cut)).toBe(undefined);
      // The first program begins like the whole one; the second has drawn something else by then.
      setRandomSeed(existsSync(at(folder, 'latest.safetensors')) ? 77 + cut : 5);
      expect([cut, await train(folder)]).toEqual([cut, whole]);
    }
  });
});

test('a backup of more accumulated batches than now belong to a step is refused', async () => {
  const run = (gradientAccumulationSteps: number, callbacks: Callback[]) =>
    build(new SGD(0.1, { gradientAccumulationSteps }), false).fit(x, y, {
      ...FIT,
      callbacks: [new BackupAndRestore(at('backup'), { saveFreq: 1 }), ...callbacks],
    });
  await expect(run(5, [new Cut(4)])).rejects.toThrow('cut off');
  expect(await codeOfAsync(run(3, []))).toBe('ERR_DATA');
});
