// SPDX-License-Identifier: MIT
// What the figures are held to. `atMost` turns the comparison round; `stretch` is shown, never judged.

/** name -> { bar, atMost?, stretch? }, in the unit of the figure. */
export const BARS = Object.freeze({
  'train.imdb.b128.share': { bar: 50, stretch: 65 },
  'train.imdb.b32.share': { bar: 42, stretch: 55 },
  'train.imdb.b128.versus': { bar: 25 },
  'train.imdb.b32.versus': { bar: 12 },
  'train.imdb.book.versus': { bar: 25 },
  'train.imdb.book.accuracy': { bar: 0.845 },
  'train.rnn128.share': { bar: 60 },
  'train.rnn128.versus': { bar: 2 },
  'train.rnn512.share': { bar: 60 },
  'train.rnn512.versus': { bar: 1.6 },
  'train.stack4.versus': { bar: 10 },
  'train.lstm32.versus': { bar: 12 },
  'train.gru32.versus': { bar: 12 },
  'train.lstm32.accuracy': { bar: 0.87 },
  'train.lstm128.share': { bar: 65 },
  'train.lstm128.versus': { bar: 2.5 },
  'train.gru128.share': { bar: 65 },
  'train.gru128.versus': { bar: 2.5 },
  'train.lstm512.share': { bar: 75 },
  'train.lstm512.versus': { bar: 1.25 },
  'train.gru512.share': { bar: 75 },
  'train.gru512.versus': { bar: 1.25 },
  'train.imdb.masked': { bar: 1, atMost: true },
  'train.lstm32.masked': { bar: 1, atMost: true },
  'train.subnormal': { bar: 1.2, atMost: true },
  'infer.rnn32.versus': { bar: 4 },
  'infer.lstm32.versus': { bar: 1.7 },
  'infer.gru32.versus': { bar: 1.7 },
  'infer.lstm128.versus': { bar: 1.5 },
  'infer.gru128.versus': { bar: 1.5 },
  'infer.lstm256.versus': { bar: 1.2 },
  'infer.gru256.versus': { bar: 1.2 },
  'infer.lstm512.b64.versus': { bar: 1 },
  'stream.step': { bar: 3, atMost: true },
  'stream.step.x1000': { bar: 0.5, atMost: true },
  'predict.gathered': { bar: 1.5, atMost: true },
  'train.imdb.avx2': { bar: 1.6, atMost: true },
  'loop.delay': { bar: 10, atMost: true },
  'memory.book': { bar: 400, atMost: true },
  'fit.generator': { bar: 1.05, atMost: true },
  'fit.extras': { bar: 5, atMost: true },
  'resume.kill': { bar: 100 },
});

/** Whether a value holds its bar; null where there is no value or no bar. */
export function holds(name, value) {
  const rule = BARS[name];
  if (rule === undefined || value === null) return null;
  return rule.atMost ? value <= rule.bar : value >= rule.bar;
}
