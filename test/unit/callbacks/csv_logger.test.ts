// SPDX-License-Identifier: MIT
// CSVLogger: what it refuses, and files of a real fit. Its texts are compared with Keras in test/golden/callbacks.test.ts.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  BackupAndRestore,
  Callback,
  CSVLogger,
  ReduceLROnPlateau,
  type CSVLoggerOptions,
  type FitOptions,
  type Logs,
} from '../../../lib';
import { codeOf, codeOfAsync } from '../../support/error_code';
import { QUIET, smallModel, x, y } from '../../support/small_fit';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();

test.each<[string, unknown, unknown, string]>([
  ['a name that is none', null, {}, 'ERR_TYPE'],
  ['an empty name', '', {}, 'ERR_CONFIG'],
  ['two characters between values', 'a.csv', { separator: ';;' }, 'ERR_CONFIG'],
  ['a quote between values', 'a.csv', { separator: '"' }, 'ERR_CONFIG'],
  ['a number between values', 'a.csv', { separator: 1 }, 'ERR_TYPE'],
  ['append that is no flag', 'a.csv', { append: 'yes' }, 'ERR_TYPE'],
  ['a misspelt option', 'a.csv', { seperator: ',' }, 'ERR_UNKNOWN_OPTION'],
])('refuses %s', (_title, name, options, code) => {
  expect(codeOf(() => new CSVLogger(name as string, options as CSVLoggerOptions))).toBe(code);
});

test('rejects fit before it begins where the file cannot be written', async () => {
  mkdirSync(at('folder'));
  const fit = (name: string) => smallModel().fit(x, y, { ...QUIET, callbacks: [new CSVLogger(name)] });
  expect(await codeOfAsync(fit(at('none', 'log.csv')))).toBe('ERR_NOT_FOUND');
  expect(await codeOfAsync(fit(at('folder')))).toBe('ERR_IO');
});

/** Fits, and gives what the file then holds, line by line and field by field. */
async function logged(options: FitOptions = {}, csv: CSVLoggerOptions = {}, before: Callback[] = []) {
  const callbacks = [...before, new CSVLogger(at('log.csv'), csv)];
  await smallModel().fit(x, y, { ...QUIET, epochs: 2, ...options, callbacks });
  return table(csv.separator);
}

function table(separator = ','): string[][] {
  const lines = readFileSync(at('log.csv'), 'utf8').split(/\r?\n/);
  expect(lines.pop()).toBe('');
  return lines.map((line) => line.split(separator));
}

/** Adds a key to the logs of some epochs. */
class Adds extends Callback {
  constructor(
    private readonly key: string,
    private readonly from = 0,
  ) {
    super();
  }
  override onEpochEnd(epoch: number, logs: Logs): void {
    if (epoch >= this.from) (logs as Record<string, number>)[this.key] = epoch;
  }
}

describe('the columns are the keys that there are:', () => {
  const own = ['epoch', 'loss', 'mae'];
  const validated = [...own, 'valLoss', 'valMae'];

  test.each<[string, FitOptions, string[]]>([
    ['those of training, without validation', {}, own],
    ['those of validation too, with a split', { validationSplit: 0.5 }, validated],
    ['those of validation too, with arrays', { validationData: [x, y] }, validated],
    ['those of a validation that comes at the second epoch', { validationSplit: 0.5, validationFreq: 2 }, validated],
    ['those of a validation after epochs listed', { validationSplit: 0.5, validationFreq: [2, 9] }, validated],
    ['none of a validation that comes after the last epoch', { validationSplit: 0.5, validationFreq: 3 }, own],
    ['none of validations before the first epoch', { validationSplit: 0.5, validationFreq: [1], initialEpoch: 1 }, own],
  ])('%s', async (_title, options, header) => {
    const [first, ...rows] = await logged(options);
    expect(first).toEqual(header);
    for (const row of rows) expect(row).toHaveLength(header.length);
  });

  test('epochs without validation have NA there', async () => {
    const [, ...rows] = await logged({ epochs: 4, validationSplit: 0.5, validationFreq: 2 });
    expect(rows.map((row) => row.map((value) => value === 'NA'))).toEqual(
      [true, false, true, false].map((isMissing) => [false, false, false, isMissing, isMissing]),
    );
  });

  test('one that a callback adds later is left out, with one warning', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const [header] = await logged({ epochs: 4 }, {}, [new Adds('early'), new Adds('late', 1)]);
    expect(header).toEqual(['epoch', 'early', 'loss', 'mae']);
    expect(warned.mock.calls).toEqual([
      [expect.stringContaining('received late'), expect.objectContaining({ code: 'OSTINATO_KEY_LEFT_OUT' })],
    ]);
    warned.mockRestore();
  });
});

describe('append, onto a file that is there,', () => {
  const append = { append: true };

  test.each<[string, string, CSVLoggerOptions, FitOptions]>([
    ['that is no log', 'mine\n', append, {}],
    ['with no header', '0,0.5,0.25\r\n', append, {}],
    ['of another separator', 'epoch,loss,mae\r\n', { append: true, separator: '\t' }, {}],
    ['that lacks a metric', 'epoch,loss\r\n0,1\r\n', append, {}],
    ['that lacks the validation', 'epoch,loss,mae\r\n0,1,1\r\n', append, { validationSplit: 0.5 }],
    [
      'that lacks a validation to come',
      'epoch,loss,mae\r\n',
      append,
      { epochs: 2, validationSplit: 0.5, validationFreq: 2 },
    ],
    ['whose first line never ends', `epoch,"${'x'.repeat(1e5)}`, append, {}],
  ])('%s: refused before training begins, and the file stays', async (_title, before, csv, options) => {
    writeFileSync(at('log.csv'), before);
    const model = smallModel();
    const weights = model.getWeights();
    const fit = model.fit(x, y, { ...QUIET, ...options, callbacks: [new CSVLogger(at('log.csv'), csv)] });
    expect(await codeOfAsync(fit)).toBe('ERR_DATA');
    expect(readFileSync(at('log.csv'), 'utf8')).toBe(before);
    expect(model.getWeights()).toEqual(weights);
  });

  test('goes on below its lines, in its columns', async () => {
    const first = await logged({ validationSplit: 0.5 });
    const both = await logged({ initialEpoch: 2, epochs: 4, validationSplit: 0.5 }, append);
    expect(both.slice(0, 3)).toEqual(first);
    expect(both.slice(3).map(([epoch]) => epoch)).toEqual(['2', '3']);
    for (const row of both) expect(row).toHaveLength(5);
  });

  test('of more columns, in another order, whatever wrote it: each value is in its column', async () => {
    writeFileSync(at('log.csv'), '\uFEFFepoch;"mae";valLoss;loss\n0;1;2;3\n');
    const [, , ...rows] = await logged({ epochs: 1 }, { append: true, separator: ';' });
    const { history } = await smallModel().fit(x, y, { ...QUIET, epochs: 1 });
    expect(rows).toEqual([['0', String(history['mae']![0]), 'NA', String(history['loss']![0])]]);
  });

  test('whose names hold the separator and quotes: they are read as they are written', async () => {
    const adds = () => [new Adds('a,"b"')];
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await logged({ epochs: 1 }, {}, adds());
    await logged({ epochs: 1 }, append, adds());
    const [header, first, second] = readFileSync(at('log.csv'), 'utf8').split('\r\n');
    expect(header).toBe('epoch,"a,""b""",loss,mae');
    expect(second).toBe(first);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  test('whose last line was left unfinished: begins a line of its own', async () => {
    writeFileSync(at('log.csv'), 'epoch,loss,mae\r\n0,0.5,0.');
    const [, torn, row] = await logged({ epochs: 1 }, append);
    expect(torn).toEqual(['0', '0.5', '0.']);
    expect(row).toHaveLength(3);
  });

  test('that is empty: begins with the columns', async () => {
    writeFileSync(at('log.csv'), '');
    expect((await logged({}, append))[0]).toEqual(['epoch', 'loss', 'mae']);
  });
});

describe('a training that is resumed', () => {
  /** Ends the first fit before epoch 1. */
  class Cut extends Callback {
    override onEpochBegin(epoch: number): void {
      if (epoch === 1) throw new Error('cut off');
    }
  }
  const options = { epochs: 4, validationSplit: 0.5, validationFreq: 2 };
  const backup = () => new BackupAndRestore(at('backup'));
  const begin = () => expect(logged(options, {}, [backup(), new Cut()])).rejects.toThrow('cut off');

  test('keeps the columns of a validation that had not come yet', async () => {
    const whole = await logged(options);
    await begin();
    expect(table()).toEqual(whole.slice(0, 2));
    expect(await logged(options, {}, [backup()])).toEqual(whole);
  });

  test('writes the columns again where the file is gone', async () => {
    const whole = await logged(options);
    await begin();
    rmSync(at('log.csv'));
    expect(await logged(options, {}, [backup()])).toEqual([whole[0], ...whole.slice(2)]);
  });
});

test('writes the numbers of the history, and those that callbacks before it add', async () => {
  const callbacks = [new ReduceLROnPlateau('loss', { patience: 1 }), new CSVLogger(at('log.csv'))];
  const { history } = await smallModel().fit(x, y, { ...QUIET, epochs: 3, validationSplit: 0.34, callbacks });
  const [header, ...lines] = readFileSync(at('log.csv'), 'utf8').trimEnd().split('\r\n');
  expect(header).toBe('epoch,learningRate,loss,mae,valLoss,valMae');
  const keys = header!.split(',').slice(1);
  expect(lines.map((line) => line.split(',').map(Number))).toEqual(
    [0, 1, 2].map((epoch) => [epoch, ...keys.map((key) => history[key]![epoch])]),
  );
});
