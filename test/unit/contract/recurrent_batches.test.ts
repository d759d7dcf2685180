// SPDX-License-Identifier: MIT
// Rows are sorted by what they have of padding and masks before they are walked, and come in batches: whose states and
// whose mask is whose must not depend on either.
import {
  Bidirectional,
  Dense,
  Embedding,
  GRU,
  Input,
  LSTM,
  NdArray,
  Sequential,
  setRandomSeed,
  SimpleRNN,
} from '../../../lib';
import { Model } from '../../../lib/models';
import { drawFrom } from '../../reference/random';
import { floats } from './engine_model';
import type { SymbolicTensor } from '../../../lib/graph/symbolic_tensor';

const [N, T, C, H] = [7, 6, 3, 5];
const CELLS = [
  ['SimpleRNN', SimpleRNN],
  ['LSTM', LSTM],
  ['GRU', GRU],
] as const;

/** Rows of words whose padding, or whose masked steps, are neither sorted nor alike. */
const LENGTHS = [2, 6, 0, 4, 1, 5, 3];
const words = (seed: number): number[][] =>
  LENGTHS.map((length, row) => {
    const ids = drawFrom(seed + row).integers(T, 1, 20);
    return Array.from(ids, (id, t) => (t < T - length ? 0 : id));
  });
const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
};

beforeEach(() => setRandomSeed(6));

describe.each(CELLS)('%s', (_, Class) => {
  test('computes the same of masked words in batches as at once', async () => {
    const model = new Sequential([new Embedding(20, C, { maskZero: true }), new Class(H), new Dense(2)]);
    const rows = words(40);
    const whole = await model.predict(rows);
    for (const batchSize of [1, 2, 3])
      expect(worst((await model.predict(rows, { batchSize })).data, whole.data)).toBeLessThan(1e-6);
  });

  test.each([
    ['padded', false],
    ['masked', true],
  ])('goes on where the same row of the batch before ended, %s words', async (_name, maskZero) => {
    const build = (stateful: boolean): Sequential =>
      new Sequential([new Embedding(20, C, { maskZero }), new Class(H, { stateful }), new Dense(2)]);
    const [going, whole] = [build(true), build(false)];
    await whole.predict([[0]]);
    const [first, second] = [words(50), words(60)];
    await going.predict(first, { batchSize: N });
    const later = await going.predict(second, { batchSize: N });
    whole.setWeights(going.getWeights());
    const both = await whole.predict(first.map((row, i) => [...row, ...second[i]!]));
    expect(worst(later.data, both.data)).toBeLessThan(1e-6);
  });

  test('begins each row of every batch in the state given for it, and gives back its last one', async () => {
    const layer = new Bidirectional(new Class(H, { returnState: true }));
    const draw = drawFrom(70);
    const input = new Input([null, C]);
    const given = layer.stateSizes.map((size) => new Input([size]));
    const mask = new Input([T]);
    const outputs = layer.apply<SymbolicTensor[]>(input, { initialState: given, mask });
    const model = new Model([input, ...given, mask], outputs);
    const counts = LENGTHS.flatMap((length) => Array.from({ length: T }, (__, t) => Number(t < length)));
    const x = [
      floats(draw.normal(N * T * C), [N, T, C]),
      ...layer.stateSizes.map((size) => floats(draw.normal(N * size), [N, size])),
      floats(counts, [N, T]),
    ];
    const whole = await model.predict<NdArray[]>(x, { batchSize: N });
    expect(whole.map(({ shape }) => shape)).toEqual([[N, 2 * H], ...layer.stateSizes.map((size) => [N, size])]);
    // A row of no steps ends in the states that it began in.
    const none = LENGTHS.indexOf(0);
    whole.slice(1).forEach((state, i) => {
      expect([...state.row(none).data]).toEqual([...x[1 + i]!.data.subarray(none * H, (none + 1) * H)]);
    });
    for (const batchSize of [1, 2, 3]) {
      const parts = await model.predict<NdArray[]>(x, { batchSize });
      parts.forEach(({ data }, i) => expect(worst(data, whole[i]!.data)).toBeLessThan(1e-6));
    }
  });

  test('merges the directions of masked words step by step', async () => {
    const embedding = new Embedding(20, C, { maskZero: true });
    const forward = new Class(H, { returnSequences: true });
    const both = new Bidirectional(forward, { mergeMode: 'sum' });
    const model = new Sequential([embedding, both]);
    const rows = words(80).map((row) => [...row].reverse()); // what counts comes first
    const merged = await model.predict(rows);
    const weights = both.getWeights();
    const half = weights.length / 2;
    for (const [row, ids] of rows.entries()) {
      const length = LENGTHS[row]!;
      if (length === 0) continue;
      const vectors = await embedding.call<NdArray>([ids.slice(0, length)]);
      const direction = async (own: typeof weights, goBackwards: boolean): Promise<ArrayLike<number>> => {
        const layer = new Class(H, { returnSequences: true, goBackwards });
        layer.build([null, length, C]);
        layer.setWeights(own);
        return (await layer.call<NdArray>(vectors)).data;
      };
      const [there, back] = [
        await direction(weights.slice(0, half), false),
        await direction(weights.slice(half), true),
      ];
      // Outputs of the way back come in the order of the walk.
      const wanted = Array.from(there, (value, i) => value + back[(length - 1 - Math.floor(i / H)) * H + (i % H)]!);
      const got = Array.from(merged.data).slice(row * T * H, (row * T + length) * H);
      expect(worst(got, wanted)).toBeLessThan(1e-6);
    }
  });
});
