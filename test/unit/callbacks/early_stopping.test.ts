// SPDX-License-Identifier: MIT
// EarlyStopping: when it ends training, what it puts back, what it refuses.
import { EarlyStopping, type CallbackModel, type EarlyStoppingOptions } from '../../../lib/callbacks';

const code = (code: string) => expect.objectContaining({ code });

/** Feeds one value an epoch; the weights of epoch e are [e]. Tells where it stopped and which weights are left. */
async function train(stop: EarlyStopping, values: readonly (number | undefined)[], key = 'valLoss') {
  const model = {
    name: 'm',
    stopTraining: false,
    optimizer: undefined,
    progress: undefined,
    save: () => Promise.resolve(),
    saveWeights: () => Promise.resolve(),
    saveTraining: () => Promise.resolve(),
    loadTraining: () => Promise.resolve([]),
    weights: [-1] as unknown[],
    getWeights: () => [...model.weights],
    resetStates: () => undefined,
    getAveragedWeights: () => undefined,
    setWeights: (weights: never[]) => void (model.weights = weights),
    getWeightsAsync: () => Promise.resolve(model.getWeights()),
    getAveragedWeightsAsync: () => Promise.resolve(undefined),
    setWeightsAsync: (weights: never[]) => Promise.resolve(model.setWeights(weights)),
  };
  stop.setModel(model as unknown as CallbackModel);
  stop.setParams({ verbose: 0, epochs: values.length, steps: 1, metrics: [{ name: 'accuracy', direction: 'up' }] });
  stop.onTrainBegin();
  let epochs = 0;
  for (const value of values) {
    model.weights = [epochs];
    await stop.onEpochEnd(epochs, value === undefined ? {} : { [key]: value });
    epochs++;
    if (model.stopTraining) break;
  }
  await stop.onTrainEnd();
  return { epochs, weights: model.weights };
}

describe('misuse', () => {
  test.each<[string, unknown, string]>([
    ['a mode that is none', { mode: 'least' }, 'ERR_CONFIG'],
    ['a negative patience', { patience: -1 }, 'ERR_CONFIG'],
    ['a patience of 1.5', { patience: 1.5 }, 'ERR_CONFIG'],
    ['a misspelt option', { patienc: 1 }, 'ERR_UNKNOWN_OPTION'],
    ['a monitor that is no string', { monitor: 3 }, 'ERR_TYPE'],
    ['a baseline of NaN', { baseline: NaN }, 'ERR_CONFIG'],
    ['null', null, 'ERR_TYPE'],
  ])('refuses %s', (_title, options, expected) => {
    expect(() => new EarlyStopping(options as EarlyStoppingOptions)).toThrow(code(expected));
  });

  test("refuses mode 'auto' for a value whose direction nobody knows", async () => {
    await expect(train(new EarlyStopping('valScore'), [1], 'valScore')).rejects.toThrow(code('ERR_CONFIG'));
  });

  test("refuses mode 'auto' for a metric of which neither more nor less is better", async () => {
    const stop = new EarlyStopping('valHits');
    stop.setParams({ verbose: 0, epochs: 1, steps: 1, metrics: [{ name: 'hits', direction: undefined }] });
    await expect(stop.onEpochEnd(0, { valHits: 3 })).rejects.toThrow(code('ERR_CONFIG'));
  });

  test('warns of a value that is missing, and goes on', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect((await train(new EarlyStopping(), [undefined, undefined])).epochs).toBe(2);
    expect(warn).toHaveBeenCalledWith(
      expect.stringContaining("expected 'valLoss'"),
      expect.objectContaining({ code: 'OSTINATO_MONITOR_MISSING' }),
    );
    warn.mockRestore();
  });
});

describe('stops', () => {
  test.each<[string, EarlyStoppingOptions, number[], number]>([
    ['at the first epoch without improvement', {}, [3, 2, 2, 1], 3],
    ['never in the first epoch', { baseline: 0 }, [3, 2, 1], 3],
    ['after as many epochs as the patience says', { patience: 2 }, [3, 2, 2.5, 1.9, 2, 2, 0], 6],
    ['where the change is smaller than minDelta', { minDelta: 0.5 }, [3, 2.9, 1], 2],
    ['not during the epochs before startFromEpoch', { startFromEpoch: 2 }, [1, 2, 3, 2.5, 2.6, 0], 5],
    ['where the baseline is not beaten within the patience', { baseline: 1, patience: 2 }, [3, 2.9, 3, 1], 3],
  ])('%s', async (_title, options, values, epochs) => {
    expect((await train(new EarlyStopping(options), values)).epochs).toBe(epochs);
  });

  test('when a metric whose higher values are better falls', async () => {
    expect((await train(new EarlyStopping('val_accuracy'), [0.5, 0.6, 0.55, 0.7], 'valAccuracy')).epochs).toBe(3);
    expect((await train(new EarlyStopping('accuracy'), [0.5, 0.6, 0.55, 0.7], 'accuracy')).epochs).toBe(3);
  });

  test('when told the direction itself', async () => {
    expect((await train(new EarlyStopping('score', { mode: 'max' }), [1, 2, 1], 'score')).epochs).toBe(3);
  });
});

describe('a NaN is worse than any number', () => {
  test.each<[string, EarlyStoppingOptions, number[], number]>([
    ['so one that comes first does not end training', { patience: 3 }, [NaN, 0.9, 0.5, 0.2, 0.3], 5],
    [
      'so one that comes first does not end it where more is better',
      { patience: 2, mode: 'max' },
      [NaN, 1, 2, 3, 4],
      5,
    ],
    ['so one that comes later counts as no improvement', { patience: 1 }, [1, NaN, 0.5], 2],
    ['so it meets no baseline', { patience: 2, baseline: 1 }, [NaN, 2, 3, 0.5], 3],
  ])('%s', async (_title, options, values, epochs) => {
    expect((await train(new EarlyStopping(options), values)).epochs).toBe(epochs);
  });

  test('and the weights of the best number are put back', async () => {
    const stop = new EarlyStopping({ patience: 3, restoreBestWeights: true });
    expect((await train(stop, [NaN, 0.9, 0.5, 0.2, 0.3])).weights).toEqual([3]);
    expect(stop.best).toBe(0.2);
  });
});

describe('restoreBestWeights', () => {
  test('puts the best weights back after an early stop', async () => {
    const stop = new EarlyStopping({ patience: 1, restoreBestWeights: true });
    expect(await train(stop, [3, 1, 2])).toEqual({ epochs: 3, weights: [1] });
    expect(stop.bestEpoch).toBe(1);
  });

  test('puts them back where training ran to its end, too', async () => {
    expect((await train(new EarlyStopping({ patience: 9, restoreBestWeights: true }), [3, 1, 2])).weights).toEqual([1]);
  });

  test('leaves the last weights where it is off', async () => {
    expect((await train(new EarlyStopping({ patience: 9 }), [3, 1, 2])).weights).toEqual([2]);
  });

  test('forgets the last training when it is used again', async () => {
    const stop = new EarlyStopping({ restoreBestWeights: true });
    await train(stop, [0.1, 0.05]);
    expect((await train(stop, [3, 2])).weights).toEqual([1]);
  });
});

test('tells of what it did where it is asked to', async () => {
  let text = '';
  const stream = { write: (s: string) => (text += s) };
  await train(new EarlyStopping({ restoreBestWeights: true, verbose: 1, stream }), [1, 2]);
  expect(text).toBe('Epoch 2: early stopping\nRestoring model weights from the end of the best epoch: 1.\n');
});
