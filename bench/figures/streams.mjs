// SPDX-License-Identifier: MIT
// stream.step, stream.step.x1000: a timestep of LSTM(64) and Dense(1) on 16 features, from JavaScript and back.
import { noise, ostinato } from '../support/ours.mjs';
import { say } from '../support/context.mjs';
import { best, median, rounded } from '../support/statistics.mjs';

const { Dense, Input, LSTM, Sequential } = ostinato;
const FEATURES = 16;
const TURNS = 101;
const PUSHES = 500;
const STREAMS = 1000;

function makeModel() {
  return new Sequential([new Input([null, FEATURES]), new LSTM(64), new Dense(1)]);
}

/** Microseconds of each of `count` calls of `body`, turn after turn. */
function timeTurns(count, body) {
  const turns = [];
  for (let turn = -1; turn < TURNS; turn++) {
    const begin = performance.now();
    body(turn + 1);
    const microseconds = ((performance.now() - begin) * 1e3) / count;
    if (turn >= 0) turns.push(microseconds); // the one before packs the weights
  }
  return turns;
}

/** The median turn; how far the best and the last of ten lie from it tells how noisy the machine was. */
function figure(name, measure) {
  return {
    name,
    unit: 'us',
    run(context) {
      const model = makeModel();
      try {
        const turns = measure(model);
        const late = [...turns].sort((a, b) => a - b)[Math.floor(turns.length * 0.9)];
        say(`  median ${rounded(median(turns))} us, best ${rounded(best(turns))}, 9 of 10 within ${rounded(late)}`);
        const details = { bestUs: rounded(best(turns)), p90Us: rounded(late), turns: TURNS };
        return { value: median(turns), details: { ...details, threads: context.threads, isa: context.isa } };
      } finally {
        model.dispose();
      }
    },
  };
}

export default [
  figure('stream.step', (model) => {
    const draw = noise();
    const steps = Array.from({ length: PUSHES }, () => Float32Array.from({ length: FEATURES }, draw));
    const stream = model.openStream();
    let sum = 0;
    const turns = timeTurns(PUSHES, () => {
      for (const x of steps) sum += stream.push(x)[0];
    });
    if (!Number.isFinite(sum)) throw new Error('the predictions are no numbers');
    return turns;
  }),
  figure('stream.step.x1000', (model) => {
    const x = Float32Array.from({ length: STREAMS * FEATURES }, noise());
    const out = new Float32Array(STREAMS);
    const group = model.openStreams(STREAMS);
    return timeTurns(STREAMS, () => group.step(x, out));
  }),
];
