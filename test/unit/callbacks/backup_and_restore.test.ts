// SPDX-License-Identifier: MIT
// BackupAndRestore: what it refuses, what it leaves behind, and that a training which was cut off after any batch goes on
// to the same bits. Trainings that are killed from outside are in test/integration/resume.test.ts.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import {
  BackupAndRestore,
  Callback,
  CSVLogger,
  Dense,
  Dropout,
  EarlyStopping,
  GRU,
  Input,
  ReduceLROnPlateau,
  RMSprop,
  Sequential,
  setRandomSeed,
  type BackupAndRestoreOptions,
  type FitOptions,
  type History,
  type Logs,
} from '../../../lib';
import { codeOf, codeOfAsync } from '../../support/error_code';
import { QUIET, smallModel, x, y } from '../../support/small_fit';
import { temporaryFolder } from '../../support/temporary_folder';
import { trainingStateOf } from '../../support/training_state';

const at = temporaryFolder();
const file = () => at('backup', 'latest.safetensors');

/** Cuts the training off after some batches. */
class Cut extends Callback {
  constructor(private left: number) {
    super();
  }
  override onTrainBatchEnd(): void {
    if (this.left-- === 0) throw new Error('cut off');
  }
}

describe('refuses', () => {
  test.each<[string, unknown, unknown, string]>([
    ['a folder that is none', undefined, {}, 'ERR_TYPE'],
    ['an empty folder', '', {}, 'ERR_CONFIG'],
    ['a saveFreq of false', 'backup', { saveFreq: false }, 'ERR_TYPE'],
    ['a saveFreq of 1.5', 'backup', { saveFreq: 1.5 }, 'ERR_CONFIG'],
    ['a second copy', 'backup', { doubleCheckpoint: true }, 'ERR_CONFIG'],
    ['a misspelt option', 'backup', { deleteCheckpoints: true }, 'ERR_UNKNOWN_OPTION'],
  ])('%s', (_title, folder, options, code) => {
    expect(codeOf(() => new BackupAndRestore(folder as string, options as BackupAndRestoreOptions))).toBe(code);
  });

  const fit = (model = smallModel(), callbacks: Callback[] = [], options: FitOptions = {}) =>
    model.fit(x, y, { ...QUIET, epochs: 3, callbacks: [new BackupAndRestore(at('backup')), ...callbacks], ...options });

  test('a file in place of the folder', async () => {
    writeFileSync(at('backup'), '');
    expect(await codeOfAsync(fit())).toBe('ERR_IO');
  });

  test('a backup that is malformed, and keeps it', async () => {
    mkdirSync(at('backup'));
    writeFileSync(file(), 'no backup');
    expect(await codeOfAsync(fit())).toBe('ERR_DATA');
    expect(readFileSync(file(), 'utf8')).toBe('no backup');
  });

  test('a backup of other weights, of another optimizer, of other callbacks, of other metrics', async () => {
    await codeOfAsync(fit(smallModel(), [new Cut(4)]));
    const before = readFileSync(file());
    const other = new Sequential([new Input([2]), new Dense(1, { name: 'a' })]);
    other.compile({ loss: 'mse' });
    expect(await codeOfAsync(fit(other))).toBe('ERR_DATA');
    const another = smallModel();
    another.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
    expect(await codeOfAsync(fit(another))).toBe('ERR_DATA');
    expect(await codeOfAsync(fit(smallModel(), [new EarlyStopping('loss')]))).toBe('ERR_DATA');
    const measured = smallModel();
    measured.compile({ optimizer: measured.optimizer!, loss: 'mse' });
    expect(await codeOfAsync(fit(measured))).toBe('ERR_CONFIG');
    expect(readFileSync(file())).toEqual(before);
  });
});

describe('the backup', () => {
  test('is removed with its folder when training has run to its end, or was stopped', async () => {
    class Stop extends Callback {
      override onTrainBatchEnd(): void {
        this.model!.stopTraining = true;
      }
    }
    for (const callbacks of [[], [new Stop()]]) {
      const backup = new BackupAndRestore(at('backup'));
      await smallModel().fit(x, y, { ...QUIET, epochs: 2, callbacks: [backup, ...callbacks] });
      expect(existsSync(at('backup'))).toBe(false);
    }
  });

  test('stays where it is asked to, and where training failed or was aborted', async () => {
    const keep = new BackupAndRestore(at('kept'), { deleteCheckpoint: false });
    await smallModel().fit(x, y, { ...QUIET, callbacks: [keep] });
    expect(existsSync(at('kept', 'latest.safetensors'))).toBe(true);
    const controller = new AbortController();
    class Abort extends Callback {
      override onEpochBegin(epoch: number): void {
        if (epoch === 1) controller.abort();
      }
    }
    const callbacks = [new BackupAndRestore(at('backup')), new Abort()];
    const fit = smallModel().fit(x, y, { ...QUIET, epochs: 3, signal: controller.signal, callbacks });
    expect(await codeOfAsync(fit)).toBe('ERR_ABORTED');
    expect(existsSync(file())).toBe(true);
  });

  test('is removed alone where other files lie beside it, and what a killed program left is cleared away', async () => {
    mkdirSync(at('backup'));
    writeFileSync(at('backup', 'notes'), '');
    writeFileSync(`${file()}.0123456789abcdef.tmp`, '');
    await smallModel().fit(x, y, { ...QUIET, callbacks: [new BackupAndRestore(at('backup'))] });
    expect(readdirSync(at('backup'))).toEqual(['notes']);
  });
});

describe('a training that is cut off goes on to the same bits', () => {
  const BATCHES = 12;
  const data = {
    x: { data: Float32Array.from({ length: 16 * 4 * 2 }, (_, i) => Math.sin(i * i)), shape: [16, 4, 2] },
    y: Float32Array.from({ length: 16 }, (_, i) => Math.cos(3 * i)),
  };

  /** Draws without seeds of its own. */
  function build(stateful: boolean): Sequential {
    const model = new Sequential([
      new Input([4, 2]),
      new GRU(3, { dropout: 0.2, recurrentDropout: 0.2, stateful }),
      new Dropout(0.2),
      new Dense(1),
    ]);
    model.compile({ optimizer: new RMSprop(0.05, { momentum: 0.5, centered: true }), loss: 'mse', metrics: ['mae'] });
    return model;
  }

  async function train(name: string, saveFreq: 'epoch' | number, stateful: boolean, cut?: number) {
    const model = build(stateful);
    const stop = new EarlyStopping('valLoss', { patience: 2, restoreBestWeights: true });
    let history: History | undefined;
    try {
      history = await model.fit(data.x, data.y, {
        verbose: 0,
        batchSize: 4,
        epochs: 4,
        validationSplit: 0.25,
        callbacks: [
          new BackupAndRestore(at(name), { saveFreq }),
          new ReduceLROnPlateau('loss', { patience: 1, minDelta: 0.1 }),
          stop,
          new CSVLogger(at(`${name}.csv`)),
          ...(cut === undefined ? [] : [new Cut(cut)]),
        ],
      });
    } catch (error) {
      expect((error as Error).message).toBe('cut off');
      return undefined;
    }
    const { optimizer, layers } = await trainingStateOf(model);
    return {
      weights: model.getWeights(),
      optimizer,
      states: layers.states,
      history: [history.epoch, history.history],
      stop: stop.getState(),
      csv: readFileSync(at(`${name}.csv`), 'utf8'),
    };
  }

  test.each<[string, 'epoch' | number, boolean]>([
    ['with a backup of each epoch', 'epoch', false],
    ['with a backup of each batch', 1, false],
    ['with a backup of every second batch', 2, false],
    ['with states that are carried from batch to batch', 1, true],
  ])('%s', async (_title, saveFreq, stateful) => {
    setRandomSeed(5);
    const whole = await train('whole', saveFreq, stateful);
    for (let cut = 0; cut < BATCHES; cut++) {
      // The first program begins like the whole one; the second has drawn something else by then.
      setRandomSeed(5);
      expect(await train(`cut${cut}`, saveFreq, stateful, cut)).toBe(undefined);
      if (!existsSync(at(`cut${cut}`, 'latest.safetensors'))) setRandomSeed(5);
      else setRandomSeed(77 + cut);
      expect([cut, await train(`cut${cut}`, saveFreq, stateful)]).toEqual([cut, whole]);
    }
  });

  test('after a value that was NaN, it knows that any number is better', async () => {
    class Diverges extends Callback {
      override onEpochEnd(epoch: number, logs: Logs): void {
        (logs as Record<string, number>)['score'] = [NaN, NaN, 0.9, 0.5, 0.7][epoch]!;
      }
    }
    const stop = () => new EarlyStopping('score', { mode: 'min', patience: 3 });
    const fit = (callbacks: Callback[]) =>
      smallModel().fit(x, y, {
        ...QUIET,
        epochs: 5,
        callbacks: [new BackupAndRestore(at('backup')), new Diverges(), ...callbacks],
      });
    await expect(fit([stop(), new Cut(3)])).rejects.toThrow('cut off');
    const last = stop();
    const { history } = await fit([last]);
    expect(history['score']).toEqual([NaN, NaN, 0.9, 0.5, 0.7]);
    expect([last.best, last.bestEpoch]).toEqual([0.5, 3]);
  });

  test('after it was stopped early, it is not begun again', async () => {
    const epochs: number[] = [];
    class Watch extends Callback {
      override onEpochBegin(epoch: number): void {
        epochs.push(epoch);
      }
      override onTrainEnd(): void {
        if (epochs.length === 2) throw new Error('cut off');
      }
    }
    const fit = () =>
      smallModel().fit(x, y, {
        ...QUIET,
        epochs: 9,
        callbacks: [
          new BackupAndRestore(at('backup'), { deleteCheckpoint: false }),
          new EarlyStopping('loss', { minDelta: 1e6 }),
          new Watch(),
        ],
      });
    await expect(fit()).rejects.toThrow('cut off');
    epochs.length = 3;
    expect((await fit()).epoch).toEqual([0, 1]);
    expect(epochs).toHaveLength(3);
  });
});
