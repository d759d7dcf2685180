// SPDX-License-Identifier: MIT
// Predicts many long rows in a process of its own and writes how far its memory rose meanwhile, and what is left of it.
import { writeFileSync } from 'node:fs';
import { ostinato } from '../support/ours.mjs';

const [rows, steps, words, units, threads, out] = process.argv
  .slice(2)
  .map((text) => (/^\d+$/.test(text) ? +text : text));
const { Dense, Embedding, LSTM, Sequential, setThreads } = ostinato;

setThreads(threads);
const model = new Sequential([new Embedding(words, 32, { inputShape: [steps] }), new LSTM(units), new Dense(1)]);
const x = { data: Int32Array.from({ length: rows * steps }, (_, i) => 1 + (i % (words - 1))), shape: [rows, steps] };
await model.predict({ data: x.data.subarray(0, steps), shape: [1, steps] });
const before = process.memoryUsage.rss();
await model.predict(x, { batchSize: rows });
const peak = process.resourceUsage().maxRSS * 1024;
const modelBytes = model.memoryBytes;
model.trim();
writeFileSync(out, JSON.stringify({ before, peak, modelBytes, trimmedBytes: model.memoryBytes }));
model.dispose();
