// SPDX-License-Identifier: MIT
// predict.gathered: 1,000 calls of predict at the same time, one review each, over one call of 1,000 reviews.
import { tokenModel } from '../support/ours.mjs';
import { byTurns } from '../support/turns.mjs';

const ROWS = 1000;
const REPEATS = 5;

export default [
  {
    name: 'predict.gathered',
    unit: 'x',
    async run(context) {
      const { x, steps, kind } = await context.training(ROWS);
      const [rows] = x.shape;
      const reviews = Array.from({ length: rows }, (_, i) => ({
        data: x.data.slice(i * steps, (i + 1) * steps),
        shape: [1, steps],
      }));
      const model = tokenModel();
      const timed = (call) => async () => {
        const begin = performance.now();
        for (let i = 0; i < REPEATS; i++) await call();
        return (performance.now() - begin) / 1e3 / REPEATS;
      };
      const gathered = timed(() => Promise.all(reviews.map((review) => model.predict(review))));
      const together = timed(() => model.predict(x, { batchSize: rows }));
      try {
        for (const side of [gathered, together]) await side();
        const { value, details } = await byTurns({ gathered, together }, { rounds: 15 });
        return { value, details: { ...details, rows, threads: context.threads, isa: context.isa, data: kind } };
      } finally {
        model.dispose();
      }
    },
  },
];
