// SPDX-License-Identifier: MIT
import { setImmediate } from 'node:timers/promises';

/** Rows that are turned into ids at a time; the event loop goes on in between. */
const PIECE = 64;

/** Ids of the words of many texts, [N, T], for a vectorizer with an `outputSequenceLength`. */
export async function vectorized(vectorizer, rows) {
  const width = vectorizer.outputSequenceLength;
  const data = new Int32Array(rows.length * width);
  for (let begin = 0; begin < rows.length; begin += PIECE) {
    const texts = rows.slice(begin, begin + PIECE).map(({ text }) => text);
    data.set(vectorizer.call(texts).data, begin * width);
    await setImmediate();
  }
  return { data, shape: [rows.length, width] };
}
