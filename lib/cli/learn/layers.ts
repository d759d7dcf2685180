// SPDX-License-Identifier: MIT
// The words of `--layers 'embedding:32,lstm:64,dense:1'` as layers. Recurrent layers give every step where a layer follows
// that reads steps.
import { nearest } from '../../util/did_you_mean';
import {
  internal,
  Bidirectional,
  Dense,
  Dropout,
  Embedding,
  GlobalAveragePooling1D,
  GlobalMaxPooling1D,
  GRU,
  LSTM,
  SimpleRNN,
} from '../../index';
import type { Layer } from '../../layers';

const { describe, refusal } = internal;

/** One word of the list. */
interface Item {
  readonly name: string;
  readonly size: number;
}

interface Kind {
  /** What the number after the colon is; undefined: there is none. */
  readonly size?: 'units' | 'rate';
  /** Whether the layer reads one row of numbers for each step. */
  readonly readsSteps: boolean;
  /** Whether it gives one row of numbers for each step, of what it reads. */
  readonly givesSteps: 'always' | 'never' | 'asked' | 'same';
  make(size: number, returnSequences: boolean, words: number): Layer;
}

const KINDS: Readonly<Record<string, Kind>> = {
  embedding: {
    size: 'units',
    readsSteps: false,
    givesSteps: 'always',
    make: (size, _, words) => new Embedding(words, size, { maskZero: true }),
  },
  rnn: recurrent((size, returnSequences) => new SimpleRNN(size, { returnSequences })),
  lstm: recurrent((size, returnSequences) => new LSTM(size, { returnSequences })),
  gru: recurrent((size, returnSequences) => new GRU(size, { returnSequences })),
  bilstm: recurrent((size, returnSequences) => new Bidirectional(new LSTM(size, { returnSequences }))),
  bigru: recurrent((size, returnSequences) => new Bidirectional(new GRU(size, { returnSequences }))),
  average: { readsSteps: true, givesSteps: 'never', make: () => new GlobalAveragePooling1D() },
  max: { readsSteps: true, givesSteps: 'never', make: () => new GlobalMaxPooling1D() },
  dropout: { size: 'rate', readsSteps: false, givesSteps: 'same', make: (rate) => new Dropout(rate) },
  dense: {
    size: 'units',
    readsSteps: false,
    givesSteps: 'same',
    make: (size) => new Dense(size, { activation: 'relu' }),
  },
};

function recurrent(make: (size: number, returnSequences: boolean) => Layer): Kind {
  return { size: 'units', readsSteps: true, givesSteps: 'asked', make };
}

/** The names of the layers. */
export const LAYER_NAMES = Object.keys(KINDS);

/**
 * Layers of a list of words.
 *
 * @param begin 'words': ids of words, which an embedding must read first; 'steps' or 'row' of numbers
 * @param words size of the vocabulary
 * @param outputs size of the layer that gives the predictions: where the list ends in `dense` of that size, that one is left
 *   to the caller
 * @throws ConfigError `ERR_CONFIG` with the word, `ERR_UNKNOWN_NAME` with the nearest name
 */
export function readLayers(text: string, begin: 'words' | 'steps' | 'row', words: number, outputs: number): Layer[] {
  const where = '--layers';
  const items = text.split(',').map((word) => readItem(where, word.trim()));
  const last = items.at(-1);
  if (last?.name === 'dense' && last.size === outputs) items.pop();
  if ((items[0]?.name === 'embedding') !== (begin === 'words')) {
    const expected = begin === 'words' ? 'embedding:SIZE first, which reads words' : 'no embedding, which reads words';
    throw refusal('ERR_CONFIG', where, expected, describe(text));
  }
  let hasSteps = begin === 'steps';
  const made = items.map(({ name, size }, index) => {
    const kind = KINDS[name]!;
    if ((name === 'embedding' && index > 0) || (kind.readsSteps && !hasSteps)) {
      const hint = 'A recurrent layer or a pooling reads the steps of an embedding, a series or a recurrent layer.';
      throw refusal('ERR_CONFIG', where, `layers that ${name} can follow`, describe(text), hint);
    }
    const asked = items.slice(index + 1).some((item) => KINDS[item.name]!.readsSteps);
    if (kind.givesSteps !== 'same') hasSteps = kind.givesSteps === 'always' || (kind.givesSteps === 'asked' && asked);
    return kind.make(size, hasSteps, words);
  });
  if (!hasSteps) return made;
  const hint = `Add lstm:32, average or another of ${LAYER_NAMES.join(', ')}.`;
  throw refusal('ERR_CONFIG', where, 'a layer that makes one row of the steps', describe(text), hint);
}

function readItem(where: string, word: string): Item {
  const [name = '', number, ...rest] = word.split(':');
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined) {
    const guess = nearest(name, LAYER_NAMES);
    throw refusal('ERR_UNKNOWN_NAME', where, LAYER_NAMES.join(', '), describe(name), guess && `Did you mean ${guess}?`);
  }
  const expected = kind.size === undefined ? name : kind.size === 'rate' ? `${name}:RATE below 1` : `${name}:SIZE`;
  const size = number === undefined ? NaN : kind.size === 'rate' ? rateOf(number) : unitsOf(number);
  if (rest.length > 0 || (kind.size === undefined ? number !== undefined : Number.isNaN(size)))
    throw refusal('ERR_CONFIG', where, expected, describe(word));
  return { name, size };
}

function unitsOf(text: string): number {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : NaN;
}

function rateOf(text: string): number {
  return /^0?\.\d+$|^0$/.test(text) ? Number(text) : NaN;
}
