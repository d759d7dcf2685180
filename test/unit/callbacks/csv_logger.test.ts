// SPDX-License-Identifier: MIT
// CSVLogger: what it refuses, and files of a real fit. Its texts are compared with Keras in test/golden/callbacks.test.ts.
import { mkdirSync, readFileSync } from 'node:fs';
import { CSVLogger, ReduceLROnPlateau, type CSVLoggerOptions } from '../../../lib';
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
