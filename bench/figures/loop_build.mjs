// SPDX-License-Identifier: MIT
// loop.build: how long the event loop is held by what the public API does with a model of 100 million parameters.
import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../support/context.mjs';
import { outsideOf, watchMachine } from '../support/machine_halts.mjs';
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

/** When a timer of one millisecond was held while `work` went on: [begin, end] in milliseconds of `process.hrtime`. */
async function gapsDuring(work) {
  const now = () => Number(process.hrtime.bigint()) / 1e6;
  const gaps = [];
  let last = now();
  const timer = setInterval(() => {
    gaps.push([last, (last = now())]);
  }, 1);
  await work();
  // What the work holds at its end counts too.
  await sleep(5);
  clearInterval(timer);
  return gaps;
}

/** The longest of them beyond the timer's own millisecond. */
const longest = (gaps, length) => Math.max(0, ...gaps.map((gap) => length(gap) - 1));

export default [
  {
    name: 'loop.build',
    unit: 'ms',
    async run(context) {
      const [path, keras] = ['large.safetensors', 'large.keras'].map((name) => context.file(name));
      const x = { data: Int32Array.from({ length: ROWS * STEPS }, (_, i) => (i * 7919) % WORDS), shape: [ROWS, STEPS] };
      const y = new Float32Array(ROWS).fill(1);
      const held = {};
      const withHalts = {};
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
          const machine = await watchMachine();
          const gaps = await gapsDuring(work);
          const halts = await machine.stop();
          (held[name] ??= []).push(longest(gaps, (gap) => outsideOf(halts, gap)));
          (withHalts[name] ??= []).push(longest(gaps, ([begin, end]) => end - begin));
          say(
            `  ${name}: ${rounded(held[name].at(-1))} ms, ${rounded(withHalts[name].at(-1))} with halts of the machine`,
          );
        }
        parameters = model.countParams();
        model.dispose();
      }
      const medians = (times) =>
        Object.fromEntries(Object.entries(times).map(([name, each]) => [name, rounded(median(each))]));
      const { idle, ...works } = medians(held);
      return {
        value: Math.max(...Object.values(works)),
        details: {
          idleMs: idle,
          worksMs: works,
          withHaltsMs: medians(withHalts),
          parameters,
          rounds: ROUNDS,
          threads: context.threads,
        },
      };
    },
  },
];
