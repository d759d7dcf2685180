// SPDX-License-Identifier: MIT
// Words decoded one by one: what Keras' decoder, called for each word with the states of the word before, and our stream say.
import * as lib from '../../lib';
import { run } from '../support/graph_run';
import { readGolden } from '../reference/golden';

interface Packed {
  shape: number[];
  data: number[];
}
interface Case {
  cell: 'LSTM' | 'GRU' | 'SimpleRNN';
  maskZero: boolean;
  weights: Packed[];
  source: Packed;
  words: number[][];
  votes: number[][][];
}
const { sizes, cases } = readGolden<{ sizes: { words: number; units: number }; cases: Case[] }>('decoding');
const { words: WORDS, units: UNITS } = sizes;

/** Keras computes in float64. */
const CLOSE = 1e-5;

function build({ cell, maskZero, weights }: Case): { encoder: lib.Model; decoder: lib.Model } {
  const recurrent = (options: lib.LSTMOptions): lib.Recurrent => new lib[cell](UNITS, options);
  const [source, target, word] = ['source', 'target', 'word'].map(
    (name) => new lib.Input([null], { dtype: 'int32', name }),
  );
  const embedding = new lib.Embedding(WORDS, 5, { maskZero });
  const reader = recurrent({ returnState: true });
  const encoded = reader.apply<lib.SymbolicTensor[]>(embedding.apply(source!));
  const writer = recurrent({ returnSequences: true });
  const vote = new lib.Dense(WORDS, { activation: 'softmax' });
  const trained = new lib.Model(
    [source!, target!],
    vote.apply(writer.apply(embedding.apply(target!), { initialState: encoded.slice(1) })),
  );
  trained.setWeights(weights.map(({ shape, data }) => ({ shape, data: Float32Array.from(data) })));
  const states = encoded.slice(1).map(() => new lib.Input([UNITS]));
  const decoded = vote.apply(writer.apply(embedding.apply(word!), { initialState: states }));
  return { encoder: new lib.Model(source!, encoded.slice(1)), decoder: new lib.Model([word!, ...states], decoded) };
}

test.each(cases)('$cell, maskZero: $maskZero: the words and their votes are those of Keras', async (golden) => {
  const { encoder, decoder } = build(golden);
  const [rows, from] = golden.source.shape as [number, number];
  for (let row = 0; row < rows; row++) {
    const data = Int32Array.from(golden.source.data.slice(row * from, (row + 1) * from));
    const stream = decoder.openStream({ constants: await run(encoder, [{ data, shape: [1, from] }]) });
    const said = [1];
    for (const wanted of golden.votes[row]!) {
      const votes = stream.push(said.at(-1)!);
      votes.forEach((vote, i) => expect(Math.abs(vote - wanted[i]!)).toBeLessThan(CLOSE));
      said.push(1 + votes.subarray(1).indexOf(Math.max(...votes.subarray(1))));
    }
    expect(said).toEqual(golden.words[row]);
  }
  expect(new Set(golden.words.map(String)).size).toBeGreaterThan(1);
});
