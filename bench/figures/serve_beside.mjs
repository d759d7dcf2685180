// SPDX-License-Identifier: MIT
// serve.beside: how long a prediction of one row takes while as many trainings as there are threads hold them all.
import { setTimeout as sleep } from 'node:timers/promises';
import { floatData, floatModel } from '../support/ours.mjs';
import { median, rounded } from '../support/statistics.mjs';

const SERVED = Object.freeze({ cell: 'lstm', steps: 20, features: 16, units: 32 });
const CASES = [
  { cell: 'lstm', steps: 50, features: 64, units: 256, batch: 256 },
  { cell: 'lstm', steps: 50, features: 64, units: 512, batch: 512 },
];
const CALLS = 150;

/** Trains for ever. */
function train(shape) {
  const model = floatModel(shape);
  const { x, y } = floatData(shape, 1);
  const stop = new AbortController();
  const options = { epochs: 1e6, batchSize: shape.batch, verbose: 0, signal: stop.signal };
  const ended = model.fit(x, y, options).catch((error) => {
    if (error.code !== 'ERR_ABORTED') throw error;
  });
  return async () => {
    stop.abort();
    await ended;
    model.dispose();
  };
}

/** Milliseconds of calls one after another, at moments that have nothing to do with the trainings. */
async function serve(model, row) {
  const times = [];
  for (let call = 0; call < CALLS; call++) {
    await sleep(5 + (call % 7) * 3);
    const begin = performance.now();
    await model.predict(row);
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b);
}

export default CASES.map((shape) => ({
  name: `serve.beside.${shape.cell}${shape.units}`,
  unit: 'ms',
  async run(context) {
    const model = floatModel(SERVED);
    const { x: row } = floatData({ ...SERVED, batch: 1 }, 1);
    await model.predict(row);
    const alone = await serve(model, row);
    const stops = Array.from({ length: context.threads }, () => train(shape));
    try {
      await sleep(1000);
      const times = await serve(model, row);
      return {
        value: median(times),
        details: {
          p99Ms: rounded(times[Math.ceil(times.length * 0.99) - 1]),
          aloneMs: rounded(median(alone)),
          calls: CALLS,
          ...shape,
          threads: context.threads,
          isa: context.isa,
        },
      };
    } finally {
      await Promise.all(stops.map((stop) => stop()));
      model.dispose();
    }
  },
}));
