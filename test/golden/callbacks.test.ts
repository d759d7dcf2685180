// SPDX-License-Identifier: MIT
// Callbacks against Keras' own, driven by the same logs; event files and tensors against TensorFlow's and Python's bytes.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import {
  CSVLogger,
  LearningRateScheduler,
  ModelCheckpoint,
  ReduceLROnPlateau,
  TerminateOnNaN,
  type Callback,
  type CallbackModel,
  type CSVLoggerOptions,
  type Logs,
  type ModelCheckpointOptions,
  type ReduceLROnPlateauOptions,
} from '../../lib';
import { EventFile } from '../../lib/callbacks/event_file';
import { SafetensorsFile, writeSafetensors, type Tensor } from '../../lib/serialization/safetensors';
import { readGolden } from '../reference/golden';
import { temporaryFolder } from '../support/temporary_folder';

interface Golden {
  reduceLrOnPlateau: {
    name: string;
    learningRate: number;
    values: (number | string | null)[];
    options: ReduceLROnPlateauOptions;
    rates: number[];
  }[];
  modelCheckpoint: {
    name: string;
    template: string;
    steps: number;
    epochs: Record<string, number | string>[];
    options: ModelCheckpointOptions;
    saved: string[];
  }[];
  csvLogger: {
    name: string;
    before: string | null;
    fits: Record<string, number>[][];
    options: { separator?: string; append?: boolean };
    text: string;
  }[];
  learningRateScheduler: { name: string; kind: string; rates: number[]; logged: number[] }[];
  terminateOnNaN: {
    name: string;
    losses: string[];
    raiseError: boolean;
    stopped: number;
    error: boolean;
    printed: string;
  }[];
  events: { wallTime: number; numbers: [string, number, number][]; file: string };
  safetensors: { file: string; arrays: Record<string, string>; shapes: Record<string, number[]> };
}
const golden = readGolden<Golden>('callbacks');
const at = temporaryFolder();

const camel = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
/** JSON has no NaN: it is written as a text. */
const logsOf = (row: Record<string, number | string>): Logs =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [camel(key), Number(value)]));

interface StandIn {
  stopTraining: boolean;
  optimizer: { learningRate: number };
  saved: string[];
}

/** Gives the callback what it asks of a model, which notes what is saved. */
function standIn(callback: Callback, learningRate = 0.1): StandIn {
  const saved: string[] = [];
  const note = (path: string): Promise<void> => Promise.resolve(void saved.push(path));
  const model = { stopTraining: false, optimizer: { learningRate }, saved, save: note, saveWeights: note };
  callback.setModel(model as unknown as CallbackModel);
  callback.setParams({ verbose: 0, epochs: 9, steps: 1, metrics: [{ name: 'accuracy', direction: 'up' }] });
  return model;
}

beforeEach(() => jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
afterEach(() => jest.restoreAllMocks());

describe('ReduceLROnPlateau', () => {
  test.each(golden.reduceLrOnPlateau)('$name', ({ options, learningRate, values, rates }) => {
    const callback = new ReduceLROnPlateau(options);
    const { optimizer } = standIn(callback, learningRate);
    callback.onTrainBegin();
    const key = camel(callback.monitor);
    values.forEach((value, epoch) => {
      const before = optimizer.learningRate;
      const logs = logsOf(value === null ? { other: 1 } : { [key]: value });
      callback.onEpochEnd(epoch, logs);
      expect(optimizer.learningRate).toBeCloseTo(rates[epoch]!, 12);
      expect(logs['learningRate']).toBe(before);
    });
  });
});

describe('ModelCheckpoint', () => {
  test.each(golden.modelCheckpoint)('$name', async ({ options, template, steps, epochs, saved }) => {
    const callback = new ModelCheckpoint(`${template}.safetensors`, options);
    const model = standIn(callback);
    for (const [epoch, row] of epochs.entries()) {
      callback.onEpochBegin(epoch);
      for (let batch = 0; batch < steps; batch++) await callback.onTrainBatchEnd(batch, { loss: 1 / (1 + batch) });
      await callback.onEpochEnd(epoch, logsOf(row));
    }
    expect(model.saved).toEqual(saved.map((name) => `${name}.safetensors`));
  });
});

describe('CSVLogger', () => {
  /** Keras' text without its columns of a validation that never was. */
  function withoutEmptyColumns(text: string, separator = ','): string {
    const lines = text.split('\r\n').map((line) => line.split(separator));
    const isEmpty = (column: number): boolean =>
      lines[0]![column]!.startsWith('val_') && lines.slice(1).every((line) => ['NA', undefined].includes(line[column]));
    return lines.map((line) => line.filter((_, column) => !isEmpty(column)).join(separator)).join('\r\n');
  }
  const foreign = golden.csvLogger.filter(({ before, options }) => before !== '' && before !== null && options.append);
  const cases = golden.csvLogger.filter((one) => !foreign.includes(one));

  async function write(name: string, fits: Record<string, number>[][], options: CSVLoggerOptions): Promise<void> {
    for (const rows of fits) {
      const callback = new CSVLogger(name, options);
      // A fit logs the loss by itself, and where it validates that of the validation; other keys come from callbacks.
      const keys = new Set(rows.flatMap((row) => Object.keys(row)).filter((key) => /^(val_.*|loss)$/.test(key)));
      callback.setParams({ verbose: 0, epochs: 9, steps: 1, metrics: [], logKeys: [...keys].map(camel) });
      try {
        await callback.onTrainBegin();
        for (const [epoch, row] of rows.entries()) await callback.onEpochEnd(epoch, logsOf(row));
      } finally {
        await callback.onTrainEnd();
      }
    }
  }

  test.each(cases)('$name', async ({ before, fits, options, text }) => {
    if (before !== null) writeFileSync(at('log.csv'), before);
    await write(at('log.csv'), fits, options);
    expect(readFileSync(at('log.csv'), 'utf8')).toBe(
      withoutEmptyColumns(text, options.separator).replaceAll(
        /val_([a-z])/g,
        (_, a: string) => `val${a.toUpperCase()}`,
      ),
    );
  });

  test.each(foreign)('$name, which is no log: Keras appends to it, here it is refused', async (one) => {
    const { before, fits, options, text } = one;
    expect(text.startsWith(before!)).toBe(true);
    writeFileSync(at('log.csv'), before!);
    await expect(write(at('log.csv'), fits, options)).rejects.toEqual(expect.objectContaining({ code: 'ERR_DATA' }));
    expect(readFileSync(at('log.csv'), 'utf8')).toBe(before);
  });
});

describe('LearningRateScheduler', () => {
  const schedules: Record<string, (epoch: number, rate: number) => number> = {
    halve: (_epoch, rate) => rate / 2,
    steps: (epoch) => (epoch < 2 ? 0.1 : 0.01),
    decay: (epoch, rate) => rate * 0.9 ** epoch,
  };
  test.each(golden.learningRateScheduler)('$name', ({ kind, rates, logged }) => {
    const callback = new LearningRateScheduler(schedules[kind]!);
    const { optimizer } = standIn(callback);
    rates.forEach((rate, epoch) => {
      callback.onEpochBegin(epoch);
      expect(optimizer.learningRate).toBeCloseTo(rate, 9);
      const logs: Logs = {};
      callback.onEpochEnd(epoch, logs);
      expect(logs['learningRate']).toBeCloseTo(logged[epoch]!, 9);
    });
  });
});

describe('TerminateOnNaN', () => {
  test.each(golden.terminateOnNaN)('$name', ({ losses, raiseError, stopped, error, printed }) => {
    let text = '';
    const callback = new TerminateOnNaN({ raiseError, stream: { write: (line: string) => (text += line) } });
    const model = standIn(callback);
    const run = (): number => {
      for (const [batch, loss] of losses.entries()) {
        callback.onTrainBatchEnd(batch, {
          loss: loss.endsWith('inf') ? Number(loss.replace('inf', 'Infinity')) : Number(loss),
        });
        if (model.stopTraining) return batch;
      }
      return -1;
    };
    if (error) expect(run).toThrow(expect.objectContaining({ code: 'ERR_DATA' }));
    else expect(run()).toBe(stopped);
    expect(text.trim()).toBe(printed);
  });
});

test('event files are those of TensorFlow, byte for byte', async () => {
  const { wallTime, numbers, file } = golden.events;
  const events = new EventFile('test', at('train'), () => wallTime);
  for (const [tag, value, step] of numbers) events.add(tag, value, step);
  await events.flush();
  const [name] = readdirSync(at('train'));
  expect(name).toMatch(/^events\.out\.tfevents\.1234567890\.[\w.-]+\.\d+\.\d+\.v2$/);
  expect(readFileSync(at('train', name!)).toString('base64')).toBe(file);
});

describe("Python's safetensors", () => {
  const { file, arrays, shapes } = golden.safetensors;

  test('is read here', async () => {
    writeFileSync(at('x.safetensors'), Buffer.from(file, 'base64'));
    const opened = await SafetensorsFile.open('test', at('x.safetensors'));
    expect(opened.metadata.get('note')).toBe('héllo');
    expect(Object.fromEntries([...opened.tensors].map(([name, { shape }]) => [name, shape]))).toEqual(shapes);
    for (const name of ['dense_1/kernel', 'dense_1/bias']) {
      const values = await opened.readFloats(name);
      expect(Buffer.from(values.buffer).toString('base64')).toBe(arrays[name]);
    }
    expect(Buffer.from((await opened.readDoubles('a')).buffer).toString('base64')).toBe(arrays['a']);
    await opened.close();
  });

  test('would have written the same bytes', async () => {
    const kinds = {
      'dense_1/kernel': Float32Array,
      a: Float64Array,
      é: Int32Array,
      bytes: Uint8Array,
      'dense_1/bias': Float32Array,
    };
    const tensors = Object.entries(kinds).map(([name, Kind]): Tensor => {
      const bytes = Uint8Array.from(Buffer.from(arrays[name]!, 'base64'));
      return { name, shape: shapes[name]!, data: new Kind(bytes.buffer) };
    });
    await writeSafetensors('test', at('x.safetensors'), tensors, { note: 'héllo' }, { overwrite: true });
    expect(readFileSync(at('x.safetensors')).toString('base64')).toBe(file);
  });
});
