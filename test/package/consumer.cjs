// SPDX-License-Identifier: MIT
// A program that has installed the package: it trains, predicts, saves and loads, and tells what it ran on. The last line
// is the result. Run by Node, Bun and Deno, from a bundle, a worker thread and a folder that may not be written to.
const { mkdtempSync, rmSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const ostinato = require('ostinato');

async function main() {
  const { Dense, Embedding, loadModel, LSTM, Sequential, setRandomSeed } = ostinato;
  setRandomSeed(7);
  const model = new Sequential([new Embedding(20, 8), new LSTM(8), new Dense(1, { activation: 'sigmoid' })]);
  model.compile({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['acc'] });
  const rows = 64;
  const steps = 10;
  const data = Int32Array.from({ length: rows * steps }, (_, i) => 1 + ((i * 7) % 19));
  const x = { data, shape: [rows, steps] };
  const y = Float32Array.from({ length: rows }, (_, row) => (data[row * steps] > 9 ? 1 : 0));
  const { history } = await model.fit(x, y, { epochs: 20, batchSize: 16, verbose: 0, seed: 1 });
  const before = await model.predict(x);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ostinato-consumer-'));
  const file = path.join(folder, 'model.safetensors');
  await model.save(file);
  const loaded = await loadModel(file);
  const after = await loaded.predict(x);
  rmSync(folder, { recursive: true });
  loaded.dispose();
  const losses = history.loss;
  return {
    learns: losses[losses.length - 1] < losses[0],
    isSame: before.data.every((value, i) => value === after.data[i]),
    loss: losses[losses.length - 1],
    isa: ostinato.cpuInfo().isa,
    node: process.versions.node,
  };
}

module.exports = { main };
if (require.main === module || process.env.OSTINATO_CONSUMER_RUNS)
  main().then((result) => process.stdout.write(`${JSON.stringify(result)}\n`));
