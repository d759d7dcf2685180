// SPDX-License-Identifier: MIT
// Messages that name what is wrong and what helps, where a plausible mistake once got a message about something else.
import {
  Callback,
  CSVLogger,
  Dense,
  Embedding,
  Input,
  LSTM,
  NdArray,
  Sequential,
  SimpleRNN,
  textDatasetFromDirectory,
  timeseriesDatasetFromArray,
  type FitOptions,
} from '../../lib';
import { mkdirSync, writeFileSync } from 'node:fs';
import { codeOfAsync, messageOf } from '../support/error_code';
import { temporaryFolder } from '../support/temporary_folder';

const at = temporaryFolder();
const quiet = { verbose: 0 } as const;
const zeros = (...shape: number[]) => new NdArray(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);

/** What a call rejects with. */
async function messageOfAsync(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing thrown',
    (error: Error) => error.message,
  );
}

function dense(units = 1, loss = 'mse'): Sequential {
  const model = new Sequential([new Input([3]), new Dense(units, { activation: 'sigmoid' })], { name: 'm' });
  model.compile({ loss });
  return model;
}

/** Outputs [N,4,units]. */
function sequences(units: number, loss: string, activation: 'sigmoid' | 'softmax'): Sequential {
  const layers = [new Input([4, 3]), new SimpleRNN(2, { returnSequences: true }), new Dense(units, { activation })];
  const model = new Sequential(layers, { name: 'm' });
  model.compile({ loss });
  return model;
}

function stateful(): Sequential {
  const layers = [new Input([null, 3]), new SimpleRNN(2, { stateful: true }), new Dense(1)];
  const model = new Sequential(layers, { name: 'm' });
  model.compile({ loss: 'mse' });
  return model;
}

describe('batches of a stateful model', () => {
  const fit = (options: FitOptions, rows = 4, model = stateful()) =>
    messageOfAsync(model.fit(zeros(rows, 2, 3), zeros(rows), { ...quiet, batchSize: 2, ...options }));
  const held = (rows: number) => [zeros(rows, 2, 3), zeros(rows)] as const;

  test.each<[string, FitOptions, number, string]>([
    [
      'validation of one row where training has batches of two',
      { validationData: held(1) },
      4,
      'm.fit: expected 2 rows in each batch of validationData as in each batch of x, for a layer is stateful, received 1. ' +
        'All batches of a call go on from the same states.',
    ],
    [
      'validation in batches of another size',
      { validationData: held(3), validationBatchSize: 3 },
      4,
      'm.fit: expected 2 rows in each batch of validationData as in each batch of x, for a layer is stateful, received 3. ' +
        'All batches of a call go on from the same states.',
    ],
    [
      'validation that fills no batches',
      { validationData: held(3) },
      4,
      'm.fit: expected rows of validationData that fill batches of 2, for a layer is stateful, received 3. ' +
        'Leave rows out, or choose another validationBatchSize.',
    ],
    [
      'a split that fills no batches',
      { validationSplit: 0.5 },
      6,
      // Half of six are three.
      'm.fit: expected rows of x that fill batches of 2, for a layer is stateful, received 3. ' +
        'Leave rows out, or choose another batchSize.',
    ],
    [
      'a split whose held rows fill no batches',
      { validationSplit: 0.4 },
      7,
      'm.fit: expected rows of the validationSplit that fill batches of 2, for a layer is stateful, received 3. ' +
        'Leave rows out, or choose another validationBatchSize.',
    ],
  ])('%s: refused by name, and not with resetStates()', async (_title, options, rows, message) => {
    expect(await fit(options, rows)).toBe(message);
  });

  test('from a source name the batch', async () => {
    const batches = function* (...sizes: number[]) {
      for (const rows of sizes) yield [zeros(rows, 2, 3), zeros(rows)] as const;
    };
    expect(await messageOfAsync(stateful().fit(() => batches(2, 1), quiet))).toBe(
      'm.fit: expected 2 rows in batch 1 of x as in batch 0 of x, for a layer is stateful, received 1. ' +
        'All batches of a call go on from the same states.',
    );
    expect(await fit({ validationData: () => batches(1) })).toContain(
      'expected 2 rows in batch 0 of validationData as in each batch of x',
    );
    expect(await messageOfAsync(stateful().predict(() => [zeros(2, 2, 3), zeros(1, 2, 3)]))).toContain(
      'expected 2 rows in batch 1 of x as in batch 0 of x',
    );
  });

  test('of a later call are refused with resetStates(), which helps', async () => {
    const model = stateful();
    await model.fit(zeros(4, 2, 3), zeros(4), { ...quiet, batchSize: 2 });
    expect(await messageOfAsync(model.predict(zeros(3, 2, 3)))).toBe(
      'm.predict: expected 2 rows in each batch of x, one for each state that stateful layers hold, received 3. ' +
        'Call resetStates() first.',
    );
    model.resetStates();
    expect((await model.predict(zeros(3, 2, 3))).shape).toEqual([3, 1]);
  });

  test('of a call that was refused leave no trace', async () => {
    const model = stateful();
    const callbacks = [new CSVLogger(at('none', 'log.csv'))];
    expect(await codeOfAsync(model.fit(zeros(4, 2, 3), zeros(4), { ...quiet, batchSize: 4, callbacks }))).toBe('ERR_NOT_FOUND'); // prettier-ignore
    expect(await codeOfAsync(model.predict(zeros(4, 2, 3), { batchSize: 3 }))).toBe('ERR_SHAPE');
    expect(await fit({}, 4, model)).toBe('nothing thrown');
  });

  test('after a callback reset the states are still of one size', async () => {
    const model = stateful();
    const reset = new (class extends Callback {
      override onEpochBegin(): void {
        this.model!.resetStates();
      }
    })();
    expect(await fit({ callbacks: [reset], epochs: 2 }, 4, model)).toBe('nothing thrown');
    expect(await messageOfAsync(model.predict(zeros(3, 2, 3)))).toContain('m.predict: expected 2 rows in each batch');
  });
});

describe('several inputs, outputs or batches', () => {
  const x = zeros(4, 3);
  const y = zeros(4);
  const hint = 'One array is taken here; a list of batches is given as a function, () => batches.';

  test.each<[string, () => Promise<unknown>, string]>([
    ['two inputs', () => dense().fit([x, x] as never, y, quiet), 'x to be one array'],
    ['two inputs to predict', () => dense().predict([x, x] as never), 'x to be one array'],
    ['two outputs', () => dense().fit(x, [y, y] as never, quiet), 'y to be one array'],
    [
      'objects with data and shape',
      () => dense().predict([{ data: x.data, shape: x.shape }] as never),
      'x to be one array',
    ],
    ['a list of batches', () => dense().fit([[x, y], [x, y]] as never, quiet), 'x to be one array'], // prettier-ignore
    ['a list of batches to validate on', () => dense().fit(x, y, { ...quiet, validationData: [[x, y], [x, y]] as never }), 'validationData x to be one array'], // prettier-ignore
  ])('in an array: %s', async (_title, call, expected) => {
    const message = await messageOfAsync(call());
    expect(message).toContain(`expected ${expected}, received an array of arrays with shapes`);
    expect(message).toContain(hint);
    expect(await codeOfAsync(call())).toBe('ERR_TYPE');
  });

  test('by name', async () => {
    expect(await messageOfAsync(dense().fit({ first: x, second: x } as never, y, quiet))).toContain(
      'expected x by name: ',
    );
  });

  test('rows that are typed arrays are rows of one input', async () => {
    expect((await dense().predict([new Float32Array(3), new Float32Array(3)])).shape).toEqual([2, 1]);
  });
});

describe('targets of -1', () => {
  const padded = [[0, 1, -1, -1]]; // prettier-ignore
  test('with 1 alone are labels of two classes', async () => {
    expect(await messageOfAsync(dense(1, 'bce').fit(zeros(2, 3), [1, -1], quiet))).toContain(
      'Labels -1 and 1 must become 0 and 1.',
    );
  });

  test('with 0 among them are padding', async () => {
    const bce = await messageOfAsync(sequences(1, 'bce', 'sigmoid').fit(zeros(1, 4, 3), padded, quiet));
    expect(bce).toContain('Where it is padding, put 0 there and weigh it 0 by sampleWeight.');
    expect(bce).not.toContain('Labels -1 and 1');
    const oneHot = [[[0, 1], [1, 0], [-1, -1], [0, 1]]]; // prettier-ignore
    expect(
      await messageOfAsync(sequences(2, 'categorical_crossentropy', 'softmax').fit(zeros(1, 4, 3), oneHot, quiet)),
    ).toContain('weigh it 0 by sampleWeight');
  });

  test('among ids are padding, which the loss can leave out', async () => {
    const model = sequences(3, 'sparse_categorical_crossentropy', 'softmax');
    expect(await messageOfAsync(model.fit(zeros(1, 4, 3), padded, quiet))).toContain('give the loss ignoreClass: -1');
  });

  test('and what the hints say helps', async () => {
    const model = sequences(1, 'bce', 'sigmoid');
    const sampleWeight = [[1, 1, 0, 0]];
    await model.fit(zeros(1, 4, 3), [[0, 1, 0, 0]], { ...quiet, sampleWeight });
  });
});

test('ids for outputs of one unit are told of the loss that they go with', async () => {
  const message = await messageOfAsync(dense(1, 'sparse_categorical_crossentropy').fit(zeros(2, 3), [0, 1], quiet));
  expect(message).toContain('Outputs of one unit go with binary_crossentropy');
});

describe('rows of different lengths', () => {
  test('of tokens are to be padded', async () => {
    const model = new Sequential([new Embedding(4, 2), new LSTM(2)]);
    expect(await messageOfAsync(model.predict([[1, 2], [1]]))).toContain('Pad them: sequence.padSequences(rows).');
  });

  test('of numbers are to be padded as numbers', async () => {
    expect(await messageOfAsync(dense().predict([[1, 2, 3], [1]]))).toContain(
      "sequence.padSequences(rows, { dtype: 'float32' })",
    );
  });

  test('of features, which have no timesteps, are not', async () => {
    const model = sequences(1, 'mse', 'sigmoid');
    expect(
      await messageOfAsync(
        model.predict([
          [
            [1, 2, 3],
            [1, 2],
          ],
        ] as never),
      ),
    ).not.toContain('padSequences');
  });
});

describe('ranges that data decide', () => {
  test('a series of one step is told to be too short', () => {
    expect(messageOf(() => timeseriesDatasetFromArray(zeros(1), null, 1))).toBe(
      'timeseriesDatasetFromArray: expected a series of at least 2 steps, received 1.',
    );
  });

  test('windows that do not fit a part of a series name the part and what widens them', () => {
    const make = () => timeseriesDatasetFromArray(zeros(20), null, 3, { startIndex: 14, samplingRate: 3 });
    expect(messageOf(make)).toBe(
      'timeseriesDatasetFromArray: expected at least 7 steps for a window, received 6 from startIndex 14 to 20. ' +
        'Shorten sequenceLength, or lower samplingRate.',
    );
  });

  test('an integer that is too large is told the largest', async () => {
    expect(await messageOfAsync(dense().fit(zeros(4, 3), zeros(4), { ...quiet, batchSize: 2 ** 31 }))).toContain(
      'batchSize to be an integer from 1 to 2147483647, received 2147483648',
    );
  });

  test('rows of an array without any have no range', () => {
    expect(messageOf(() => new NdArray(new Float32Array(0), [0, 2]).row(0))).toBe(
      'NdArray.row: expected an index of 0 rows, received 0.',
    );
  });
});

describe('an empty subset of texts', () => {
  const write = (count: number): string => {
    mkdirSync(at('texts', 'a'), { recursive: true });
    for (let i = 0; i < count; i++) writeFileSync(at('texts', 'a', `${i}.txt`), 'text');
    return at('texts');
  };
  const split = { validationSplit: 0.2, subset: 'both', seed: 1 } as const;

  test('is the fault of the split', async () => {
    expect(await messageOfAsync(textDatasetFromDirectory(write(4), split))).toMatch(
      /expected validationSplit to leave files for validation, of 4 in ".*", received 0\.2\./,
    );
  });

  test('is that of the folder where it has no files', async () => {
    expect(await messageOfAsync(textDatasetFromDirectory(write(0), split))).toMatch(
      /expected files \.txt in ".*", received none/,
    );
  });
});

test('a recurrent layer behind an Input without timesteps is told of both ways to get them', () => {
  expect(messageOf(() => new Sequential([new Input([3]), new LSTM(2)]))).toContain(
    'or give the Input timesteps: [T,C]',
  );
});
