// SPDX-License-Identifier: MIT
// Rows are sorted by what they have of padding and masks before they are walked, and come in batches: whose states and
// whose mask is whose must not depend on either.
import {
  Bidirectional,
  Dense,
  Embedding,
  GRU,
  LSTM,
  NdArray,
  Sequential,
  setRandomSeed,
  SimpleRNN,
} from '../../../lib';
import { ALL_SHORTCUTS } from '../../../lib/native/shortcuts';
import { loadBinding } from '../../../lib/native/engine';
import { MAX_WORKSPACE } from '../../../lib/native/workspace';
import { predictBatch } from '../../../lib/native/predict';
import { engineError } from '../../../lib/native/engine';
import { drawFrom } from '../../reference/random';
import type { NativeDataset, NativeModel } from '../../../lib/native/binding';

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
    const layer = new Bidirectional(new Class(H));
    layer.build([null, T, C]);
    const draw = drawFrom(70);
    const size = layer.stateSizes.reduce((a, b) => a + b, 0);
    const { NativeDataset, NativeModel } = loadBinding();
    const config = {
      input: 'values' as const,
      inputShape: [-1, C],
      layers: [layer.toNative()],
      shortcuts: ALL_SHORTCUTS,
    };
    const native: NativeModel = new NativeModel(config);
    layer.getWeights().forEach(({ data }, i) => native.writeWeight(i, data as Float32Array));
    const dataset: NativeDataset = new NativeDataset({
      rows: N,
      inputShape: [T, C],
      inputs: Float32Array.from(draw.normal(N * T * C)),
      targets: null,
      targetSize: 0,
      weights: null,
      weightSize: 0,
      initialState: Float32Array.from(draw.normal(N * size)),
      mask: Uint8Array.from(LENGTHS.flatMap((length) => Array.from({ length: T }, (__, t) => Number(t < length)))),
    });
    const arrays = () => ({ outputs: new Float32Array(N * 2 * H), states: new Float32Array(N * size) });
    const whole = arrays();
    await predictBatch(native, dataset, { ...whole, training: false });
    for (const batchSize of [1, 2, 3]) {
      const parts = arrays();
      await new Promise<void>((resolve, reject) =>
        native.run(
          {
            mode: 'predict',
            priority: 'serving',
            maxWorkspace: MAX_WORKSPACE,
            datasets: [dataset],
            order: null,
            begin: 0,
            end: N,
            batchSize,
            ...parts,
            totals: null,
            training: false,
          },
          (code, message) => (code === null ? resolve() : reject(engineError(code, message))),
        ),
      );
      expect(worst(parts.outputs, whole.outputs)).toBeLessThan(1e-6);
      expect(worst(parts.states, whole.states)).toBeLessThan(1e-6);
    }
    native.dispose();
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
