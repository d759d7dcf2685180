// SPDX-License-Identifier: MIT
// abort.latency: how long a training takes to end once its signal says so, in the middle of batches that take seconds.
import { setTimeout as sleep } from 'node:timers/promises';
import { noise, ostinato } from '../support/ours.mjs';
import { say } from '../support/context.mjs';
import { rounded } from '../support/statistics.mjs';

const { Bidirectional, Conv1D, Dense, Embedding, GRU, LayerNormalization, LSTM, Sequential, SimpleRNN } = ostinato;

const ABORTS = 25;
const LONGEST_MS = 600;
const WORDS = 50000;

/** Layers before `Dense(1)`, and the axes of a row. */
const CASES = {
  lstm512: { rows: 1024, shape: [100, 64], layers: () => [new LSTM(512)] },
  gru512: { rows: 1024, shape: [100, 64], layers: () => [new GRU(512)] },
  rnn1024: { rows: 1024, shape: [100, 64], layers: () => [new SimpleRNN(1024)] },
  lstm2048: { rows: 64, shape: [20, 512], layers: () => [new LSTM(2048)] },
  stack: {
    rows: 512,
    shape: [100, 64],
    layers: () => [
      new Bidirectional(new LSTM(128, { returnSequences: true })),
      new LayerNormalization(),
      new GRU(256, { recurrentDropout: 0.2 }),
    ],
  },
  conv1d: { rows: 512, shape: [200, 64], layers: () => [new Conv1D(256, 9), new SimpleRNN(64)] },
  embedding: { rows: 1024, shape: [200], layers: () => [new Embedding(WORDS, 256), new LSTM(128)] },
  // 100 M weights: the optimizer's step is most of a batch.
  words: { rows: 16, shape: [20], layers: () => [new Embedding(WORDS, 2000), new SimpleRNN(32)] },
  dense: { rows: 4096, shape: [2048], layers: () => [new Dense(2048), new Dense(2048)] },
};

function makeTraining({ rows, shape, layers }) {
  const model = new Sequential([new ostinato.Input(shape), ...layers(), new Dense(1)]);
  model.compile({ optimizer: 'adam', loss: 'mse' });
  const draw = noise();
  const isTokens = shape.length === 1 && model.inputKind === 'tokens';
  const length = rows * shape.reduce((a, b) => a * b, 1);
  const data = isTokens
    ? Int32Array.from({ length }, () => Math.floor(((draw() + 1) / 2) * (WORDS - 1)))
    : Float32Array.from({ length }, draw);
  return { model, x: { data, shape: [rows, ...shape] }, y: Float32Array.from({ length: rows }, draw) };
}

/** Milliseconds from aborts at random moments to the rejection. */
async function latencies({ model, x, y }, random) {
  const times = [];
  while (times.length < ABORTS) {
    const stop = new AbortController();
    const options = { epochs: 1e6, batchSize: x.shape[0], verbose: 0, signal: stop.signal };
    const ended = model.fit(x, y, options).then(
      () => new Error('expected to be aborted'),
      (error) => error,
    );
    await sleep(((random() + 1) / 2) * LONGEST_MS);
    const begin = performance.now();
    stop.abort();
    const error = await ended;
    if (error.code !== 'ERR_ABORTED') throw error;
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b);
}

const p99 = (sorted) => sorted[Math.ceil(sorted.length * 0.99) - 1];

export default [
  {
    name: 'abort.latency',
    unit: 'ms',
    async run(context) {
      const random = noise(7);
      const byCase = {};
      const all = [];
      for (const [name, each] of Object.entries(CASES)) {
        const training = makeTraining(each);
        try {
          const times = await latencies(training, random);
          all.push(...times);
          byCase[name] = { p50Ms: rounded(times[times.length >> 1]), maxMs: rounded(times.at(-1)) };
          say(`  ${name}: p50 ${byCase[name].p50Ms} ms, longest ${byCase[name].maxMs} ms`);
        } finally {
          training.model.dispose();
        }
      }
      all.sort((a, b) => a - b);
      return {
        value: p99(all),
        details: { ...byCase, aborts: all.length, threads: context.threads, isa: context.isa },
      };
    },
  },
];
