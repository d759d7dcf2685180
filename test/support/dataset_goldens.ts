// SPDX-License-Identifier: MIT
// The goldens of tools/golden/datasets.py, with their types.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImdbOptions } from '../../lib/datasets/imdb';
import type { ReutersOptions } from '../../lib/datasets/reuters';
import type { PaddedArrays, PadSequencesOptions } from '../../lib/preprocessing/sequence';

type LabelledRows = [x: number[][], y: number[]];

interface Goldens {
  imdb: {
    imdb: {
      input: { xTrain: number[][]; yTrain: number[]; xTest: number[][]; yTest: number[] };
      cases: { options: ImdbOptions; train: LabelledRows; test: LabelledRows }[];
    };
    pickles: { protocol: number; base64: string }[];
    shuffles: { seed: number; ten: number[]; last: number[] }[];
  };
  reuters: {
    npz: string;
    labels: string[];
    cases: { options: ReutersOptions; train: LabelledRows; test: LabelledRows }[];
  };
  pad_sequences: {
    cases: {
      sequences: number[][];
      options: PadSequencesOptions<keyof PaddedArrays>;
      shape: number[];
      data: number[];
    }[];
  };
}

/** One file of `test/golden`. */
export function readGolden<Name extends keyof Goldens>(name: Name): Goldens[Name] {
  return JSON.parse(readFileSync(join(__dirname, '..', 'golden', `${name}.json`), 'utf8')) as Goldens[Name];
}
