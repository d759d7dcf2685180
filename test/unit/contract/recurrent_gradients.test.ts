// SPDX-License-Identifier: MIT
// Outputs, loss and gradients of every recurrent layer against the oracle in double precision, over options, sizes
// around the blocks, masks and both directions. Tolerances as in gradients.test.ts.
import type { OracleLayer, OracleRecurrent } from '../../reference/sequential';
import { loadBinding } from '../../../lib/native/engine';
import { checkModel, INPUTS, type Input } from './model_check';

type Options = Partial<Omit<OracleRecurrent, 'kind'>>;

const recurrent = (kind: OracleRecurrent['kind'], options: Options = {}): OracleRecurrent => ({
  kind,
  units: 5,
  activation: 'tanh',
  useBias: true,
  returnSequences: false,
  ...options,
});

const KINDS = ['simple_rnn', 'lstm', 'gru'] as const;

const CELLS: [string, OracleRecurrent['kind'], Options][] = [
  ...KINDS.map((kind): [string, OracleRecurrent['kind'], Options] => [kind, kind, {}]),
  ['gru that resets before the product', 'gru', { resetAfter: false }],
  ['lstm without bias', 'lstm', { useBias: false }],
  ['gru without bias', 'gru', { useBias: false }],
  ['lstm of relu and hard_sigmoid', 'lstm', { activation: 'relu', recurrentActivation: 'hard_sigmoid' }],
  ['lstm of tanh and legacy_hard_sigmoid', 'lstm', { recurrentActivation: 'legacy_hard_sigmoid' }],
  ['lstm of silu gates', 'lstm', { activation: 'softsign', recurrentActivation: 'silu' }],
  ['gru of gelu', 'gru', { activation: 'gelu', recurrentActivation: 'sigmoid' }],
  ['gru that resets before, of mish', 'gru', { activation: 'mish', resetAfter: false }],
  ['simple_rnn of silu', 'simple_rnn', { activation: 'silu' }],
];

describe.each(CELLS)('%s', (_, kind, options) => {
  describe.each(INPUTS)('%s', (input) => {
    test.each([
      ['the last output', { returnSequences: false }],
      ['all outputs', { returnSequences: true }],
      ['the last output backwards', { returnSequences: false, goBackwards: true }],
      ['the last output, which zeroOutputForMask leaves alone', { returnSequences: false, zeroOutputForMask: true }],
      ['all outputs, zero where masked', { returnSequences: true, zeroOutputForMask: true }],
    ])('%s', async (_name, more) => {
      await checkModel([recurrent(kind, { ...options, ...more })], input, 100);
    });

    test('a stack of two', async () => {
      const below = recurrent(kind, { ...options, returnSequences: true });
      await checkModel([below, recurrent(kind, { ...options, units: 4 })], input, 200);
    });
  });

  test.each([1, 7, 16, 17, 33, 48])('%d units', async (units) => {
    await checkModel([recurrent(kind, { ...options, units })], 'tokens', 310 + units, 9, 5);
    await checkModel(
      [recurrent(kind, { ...options, units, returnSequences: true })],
      'masked values',
      400 + units,
      13,
      4,
    );
  });

  test.each([1, 2, 3, 8, 31, 64])('%d rows', async (rows) => {
    await checkModel([recurrent(kind, { ...options, units: 18 })], 'padded tokens', 500 + rows, rows, 9);
  });

  test('all outputs backwards, without masks', async () => {
    await checkModel([recurrent(kind, { ...options, returnSequences: true, goBackwards: true })], 'values', 600);
    await checkModel([recurrent(kind, { ...options, returnSequences: true, goBackwards: true })], 'tokens', 601);
  });
});

// Sums over more than 1,024 rows are made of several; while preemption points are counted, each of their rows is a task of
// its own, as in layers of hundreds of units.
describe('of many rows, whose gradients many tasks reduce', () => {
  beforeEach(() => loadBinding().testPreemption('cancel', 0, 0));
  afterEach(() => loadBinding().testPreemption('off', 0, 0));

  test.each(CELLS.filter(([name]) => !name.includes(' of ')))('%s', async (_, kind, options) => {
    await checkModel([recurrent(kind, { ...options, units: 9 })], 'values', 650, 60, 20);
    await checkModel([recurrent(kind, { ...options, units: 9 })], 'masked tokens', 651, 90, 20);
  });
});

describe.each(KINDS)('both directions of %s', (kind) => {
  describe.each(INPUTS)('%s', (input) => {
    test.each(['concat', 'sum', 'mul', 'ave'] as const)('%s', async (mergeMode) => {
      for (const returnSequences of [false, true]) {
        const forward = recurrent(kind, { returnSequences });
        const backward = recurrent(kind, { returnSequences, goBackwards: true });
        await checkModel([{ kind: 'bidirectional', mergeMode, forward, backward }], input, 700);
      }
    });
  });

  test.each(INPUTS)('%s: the first of them backwards, the second one not', async (input) => {
    const forward = recurrent(kind, { returnSequences: true, goBackwards: true });
    const backward = recurrent(kind, { returnSequences: true });
    const both: OracleLayer = { kind: 'bidirectional', mergeMode: 'concat', forward, backward };
    await checkModel([both, recurrent('gru', { units: 4 })], input, 750);
  });

  test('stacked, with a recurrent layer behind', async () => {
    const direction = (goBackwards: boolean) => recurrent(kind, { returnSequences: true, goBackwards, units: 6 });
    const both: OracleLayer = {
      kind: 'bidirectional',
      mergeMode: 'concat',
      forward: direction(false),
      backward: direction(true),
    };
    for (const input of INPUTS) await checkModel([both, both, recurrent('lstm', { units: 4 })], input, 800);
  });
});

describe.each(KINDS)('layers around a %s that see the masked steps', (kind) => {
  const MASKED: Input[] = ['masked tokens', 'masked values'];
  const sequences: Options = { returnSequences: true };

  test.each(MASKED)('%s: flattened outputs pass on what masked steps repeat', async (input) => {
    await checkModel([recurrent(kind, sequences), { kind: 'flatten' }], input, 900);
    await checkModel([recurrent(kind, { ...sequences, zeroOutputForMask: true }), { kind: 'flatten' }], input, 901);
  });

  test.each(MASKED)('%s: outputs backwards, whose masks are reversed with them, and a layer on them', async (input) => {
    for (const seed of [910, 911])
      await checkModel(
        [recurrent(kind, { ...sequences, goBackwards: true }), recurrent(kind, { units: 3 })],
        input,
        seed,
      );
  });

  test('a layer that learns below a Masking learns from the steps that count', async () => {
    const relu: OracleLayer = { kind: 'dense', units: 2, activation: 'relu', useBias: false };
    for (const seed of [920, 921])
      await checkModel([relu, { kind: 'masking', maskValue: 0 }, recurrent(kind)], 'values', seed);
  });
});

test.each([
  ['many', 5, 7],
  ['few', 3, 4],
])('%s words that are masked and then flattened learn as the others do', async (_, rows, steps) => {
  await checkModel([{ kind: 'flatten' }], 'masked tokens', 930, rows, steps);
  await checkModel([{ kind: 'flatten' }], 'masked tokens', 931, rows, steps);
});
