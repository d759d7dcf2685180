// SPDX-License-Identifier: MIT
// ModelCheckpoint: what it refuses, and that what it saves is the model of that moment. Which files, and when, is compared
// with Keras in test/golden/callbacks.test.ts.
import { readdirSync, writeFileSync } from 'node:fs';
import {
  EarlyStopping,
  LambdaCallback,
  loadModel,
  ModelCheckpoint,
  ReduceLROnPlateau,
  type ModelCheckpointOptions,
} from '../../../lib';
import { codeOf, codeOfAsync } from '../../support/error_code';
import { QUIET, smallModel, x, y } from '../../support/small_fit';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();

test.each<[string, unknown, unknown, string]>([
  ['a path that is none', 5, {}, 'ERR_TYPE'],
  ['an empty path', '', {}, 'ERR_CONFIG'],
  ['a name of no format', 'model.txt', {}, 'ERR_CONFIG'],
  ['a format that is only read', 'model.json', {}, 'ERR_CONFIG'],
  ['a format of weights alone', 'model.weights.h5', {}, 'ERR_CONFIG'],
  ['a format of whole models, for weights alone', 'model.keras', { saveWeightsOnly: true }, 'ERR_CONFIG'],
  ['a malformed place', '{epoch.safetensors', {}, 'ERR_CONFIG'],
  ['a saveFreq of 0', 'm.safetensors', { saveFreq: 0 }, 'ERR_CONFIG'],
  ["a saveFreq of 'batch'", 'm.safetensors', { saveFreq: 'batch' }, 'ERR_CONFIG'],
  ['a saveFreq of null', 'm.safetensors', { saveFreq: null }, 'ERR_TYPE'],
  ['a mode that is none', 'm.safetensors', { mode: 'least' }, 'ERR_CONFIG'],
  ['a threshold of NaN', 'm.safetensors', { initialValueThreshold: NaN }, 'ERR_CONFIG'],
  ['a misspelt option', 'm.safetensors', { saveBest: true }, 'ERR_UNKNOWN_OPTION'],
  ['flags that are none', 'm.safetensors', { saveBestOnly: 1 }, 'ERR_TYPE'],
])('refuses %s', (_title, path, options, code) => {
  expect(codeOf(() => new ModelCheckpoint(path as string, options as ModelCheckpointOptions))).toBe(code);
});

test('rejects fit where a name of the path is not logged, or a file lies where a folder should', async () => {
  const unknown = new ModelCheckpoint(at('{valLoss:.2f}.safetensors'));
  expect(await codeOfAsync(smallModel().fit(x, y, { ...QUIET, callbacks: [unknown] }))).toBe('ERR_CONFIG');
  writeFileSync(at('file'), '');
  const blocked = new ModelCheckpoint(at('file', 'm.safetensors'));
  expect(await codeOfAsync(smallModel().fit(x, y, { ...QUIET, callbacks: [blocked] }))).toBe('ERR_IO');
});

test('saves the model of each epoch, in folders that it makes', async () => {
  const model = smallModel();
  const weights: unknown[] = [];
  const note = new LambdaCallback({ onEpochEnd: () => void weights.push(model.getWeights()) });
  const save = new ModelCheckpoint(at('new', 'folder', '{epoch:02d}.safetensors'));
  await model.fit(x, y, { ...QUIET, epochs: 2, callbacks: [save, note] });
  expect(readdirSync(at('new', 'folder')).sort()).toEqual(['01.safetensors', '02.safetensors']);
  const first = await loadModel(at('new', 'folder', '01.safetensors'));
  expect(first.getWeights()).toEqual(weights[0]);
  expect(first.isCompiled).toBe(true);
});

test.each(['.keras', '.h5'])(
  'saves models that end in %s: the best one, which stays where none is better',
  async (end) => {
    const model = smallModel();
    const save = new ModelCheckpoint(at(`best${end}`), { saveBestOnly: true, monitor: 'loss', mode: 'max' });
    const weights: unknown[] = [];
    const note = new LambdaCallback({ onEpochEnd: () => void weights.push(model.getWeights()) });
    const { history } = await model.fit(x, y, { ...QUIET, epochs: 3, callbacks: [save, note] });
    const losses = history['loss']!;
    expect(readdirSync(at())).toEqual([`best${end}`]);
    const best = await loadModel(at(`best${end}`));
    expect(best.getWeights()).toEqual(weights[losses.indexOf(Math.max(...losses))]);
    expect(best.isCompiled).toBe(true);
  },
);

test('saves weights alone as .weights.h5', async () => {
  const model = smallModel();
  const save = new ModelCheckpoint(at('{epoch}.weights.h5'), { saveWeightsOnly: true });
  await model.fit(x, y, { ...QUIET, epochs: 1, callbacks: [save] });
  const other = smallModel();
  await other.loadWeights(at('1.weights.h5'));
  expect(other.getWeights()).toEqual(model.getWeights());
});

test('saves weights alone in the middle of an epoch', async () => {
  const model = smallModel();
  const save = new ModelCheckpoint(at('{epoch}-{batch}.safetensors'), { saveWeightsOnly: true, saveFreq: 2 });
  await model.fit(x, y, { ...QUIET, epochs: 2, callbacks: [save] });
  expect(readdirSync(at()).sort()).toEqual(['1-2.safetensors', '2-1.safetensors', '2-3.safetensors']);
  expect(await codeOfAsync(loadModel(at('2-3.safetensors')))).toBe('ERR_DATA');
  const other = smallModel();
  await other.loadWeights(at('2-3.safetensors'));
  expect(other.getWeights()).toEqual(model.getWeights());
});

test('the best alone: an epoch without validation is passed over, in silence, where others have one', async () => {
  const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const save = () => new ModelCheckpoint(at('{epoch}-{valLoss:.1e}.safetensors'), { saveBestOnly: true });
  const options = { ...QUIET, epochs: 4, validationSplit: 0.5, validationFreq: 2 };
  await smallModel().fit(x, y, { ...options, callbacks: [save(), new EarlyStopping(), new ReduceLROnPlateau()] });
  expect(
    readdirSync(at())
      .sort()
      .map((name) => name[0]),
  ).toEqual(['2', '4']);
  expect(warned).not.toHaveBeenCalled();
  const never = new ModelCheckpoint(at('never.safetensors'), { saveBestOnly: true });
  await smallModel().fit(x, y, { ...QUIET, callbacks: [never] });
  expect(readdirSync(at())).toContain('never.safetensors');
  expect(warned).toHaveBeenCalledTimes(1);
  warned.mockRestore();
});

test('tells of what it did where it is asked to', async () => {
  let text = '';
  const stream = { write: (line: string) => (text += line) };
  const path = at('best.safetensors');
  const save = new ModelCheckpoint(path, { monitor: 'loss', saveBestOnly: true, verbose: 1, stream });
  save.setModel(smallModel());
  save.setParams({ verbose: 0, epochs: 2, steps: 1, metrics: [] });
  await save.onEpochEnd(0, { loss: 0.5 });
  await save.onEpochEnd(1, { loss: 0.75 });
  expect(text).toBe(
    `\nEpoch 1: loss improved from none to 0.50000, saving model to ${path}\n` +
      `\nEpoch 1: finished saving model to ${path}\n\nEpoch 2: loss did not improve from 0.50000\n`,
  );
});
