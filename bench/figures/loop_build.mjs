// SPDX-License-Identifier: MIT
// loop.build: how long the event loop is held by what the public API does with a model of 100 million parameters.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../support/context.mjs';
import { ostinato } from '../support/ours.mjs';
import { median, rounded } from '../support/statistics.mjs';

const { Dense, Embedding, LSTM, loadModel, Sequential } = ostinato;

const ROUNDS = 3;
const WORDS = 640000;
const STEPS = 20;
const ROWS = 8;

function make() {
  const model = new Sequential([
    new Embedding(WORDS, 128, { inputShape: [STEPS] }),
    new LSTM(1024, { returnSequences: true }),
    new LSTM(1024),
    new Dense(1),
  ]);
  model.compile({ optimizer: 'rmsprop', loss: 'mse' });
  return model;
}

/** The longest time in milliseconds that a timer of one millisecond was late while `work` went on. */
async function longestDuring(work) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await sleep(5);
  histogram.reset();
  await work();
  // What the work holds at its end counts too.
  await sleep(5);
  histogram.disable();
  return Math.max(0, histogram.max / 1e6 - 1);
}

export default [
  {
    name: 'loop.build',
    unit: 'ms',
    async run(context) {
      const [path, keras] = ['large.safetensors', 'large.keras'].map((name) => context.file(name));
      const x = { data: Int32Array.from({ length: ROWS * STEPS }, (_, i) => (i * 7919) % WORDS), shape: [ROWS, STEPS] };
      const y = new Float32Array(ROWS).fill(1);
      const held = {};
      let parameters = 0;
      for (let round = 0; round < ROUNDS; round++) {
        let model, weights;
        const works = {
          construct: () => (model = make()),
          predict: () => model.predict(x),
          fit: () => model.fit(x, y, { epochs: 2, verbose: 0 }),
          getWeightsAsync: async () => (weights = await model.getWeightsAsync()),
          setWeightsAsync: () => model.setWeightsAsync(weights),
          save: () => model.save(path),
          compile: () => model.compile({ optimizer: 'adam', loss: 'mse' }),
          dispose: () => model.dispose(),
          loadModel: async () => (model = await loadModel(path)),
          prepare: () => model.prepare(),
          saveKeras: () => model.save(keras, { includeOptimizer: false }),
          loadKeras: async () => (await loadModel(keras)).dispose(),
        };
        for (const [name, work] of Object.entries({ idle: () => sleep(300), ...works })) {
          (held[name] ??= []).push(await longestDuring(work));
          say(`  ${name}: ${rounded(held[name].at(-1))} ms`);
        }
        parameters = model.countParams();
        model.dispose();
      }
      const byWork = Object.fromEntries(Object.entries(held).map(([name, times]) => [name, rounded(median(times))]));
      const { idle, ...works } = byWork;
      return {
        value: Math.max(...Object.values(works)),
        details: { idleMs: idle, worksMs: works, parameters, rounds: ROUNDS, threads: context.threads },
      };
    },
  },
];
