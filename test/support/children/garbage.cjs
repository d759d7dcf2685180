// SPDX-License-Identifier: MIT
// Models made, used and dropped without dispose. `pressed`: garbage is collected all the time, in the middle of `fit`.
// `left alone`: nobody asks for a collection, so that memory comes back only where V8 knows of it.
/* global clearInterval, setInterval */
const { build, load, reviews } = require('./model.cjs');

const ostinato = load();
const isPressed = process.argv[2] === 'pressed';
const MODELS = isPressed ? 40 : 60;
// Pressed: 2.5 MB of embeddings, twice again for gradients and slots. Left alone: all but some kB are the engine's states.
const shape = isPressed ? { words: 20000, width: 32, units: 16 } : { units: 128 };
const { x, y } = isPressed ? reviews(64, 20) : reviews(256, 200);

async function use(model) {
  if (!isPressed) {
    const outputs = await model.evaluate(x, y, { verbose: 0, batchSize: 256 });
    return outputs[0];
  }
  const fit = model.fit(x, y, { verbose: 0, epochs: 3, shuffle: false });
  const timer = setInterval(() => globalThis.gc(), 1);
  globalThis.gc();
  const { history } = await fit;
  clearInterval(timer);
  // A fast or a busy machine may not come to a collection per model; and finalizers want a turn of the loop.
  globalThis.gc();
  await new Promise((resolve) => setImmediate(resolve));
  return history.loss.at(-1);
}

(async () => {
  const results = new Set([await use(build(ostinato, shape))]);
  const before = process.memoryUsage().rss;
  let peak = 0;
  let bytes = 0;
  for (let i = 0; i < MODELS; i++) {
    const model = build(ostinato, shape);
    results.add(await use(model));
    bytes += model.memoryBytes;
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  process.stdout.write(`${JSON.stringify({ results: results.size, bytes, grown: peak - before })}\n`);
})();
