// SPDX-License-Identifier: MIT
// Models that share layers, made, used and dropped in every order while garbage is collected in between: by how much the
// process grows, and what the layers that are kept compute in the end.
const { load } = require('./model.cjs');

const ostinato = load();
const { Dense, Embedding, Input, LSTM, Model, Sequential, setRandomSeed } = ostinato;
const tick = () => new Promise((resolve) => setImmediate(resolve));
const x = { data: Int32Array.from({ length: 8 * 20 }, (_, i) => (i * 7) % 50), shape: [8, 20] };
const y = { data: new Float32Array(8), shape: [8, 1] };

async function main() {
  setRandomSeed(3);
  const embedding = new Embedding(50, 32);
  const tower = new Sequential([embedding, new LSTM(64)]);
  const kept = new Model(tower.inputs, new Dense(1).apply(tower.output));
  const wanted = (await kept.predict(x)).data;
  let peak = 0;
  const run = async () => {
    for (let round = 0; round < 16; round++) {
      // About 1 MB of weights, and as much for Adam, behind the shared embedding, and a model over the whole tower.
      const words = new Input([null], { dtype: 'int32' });
      const own = new Model(words, new Dense(1).apply(new LSTM(256).apply(embedding.apply(words))));
      own.compile({ optimizer: 'adam', loss: 'mse' });
      await own.predict(x);
      const over = new Model(words, new Dense(1).apply(tower.apply(words)));
      const stream = over.openStream();
      over.compile({ optimizer: 'sgd', loss: 'mse' });
      if (round % 2 === 0) over.dispose();
      else stream.push(3);
      const copy = Model.fromConfig(own.getConfig());
      await copy.predict(x);
      globalThis.gc();
      await tick();
      peak = Math.max(peak, process.memoryUsage().rss);
      if (round === 4) peak = 0;
    }
  };
  await run();
  const before = process.memoryUsage().rss;
  await run();
  const after = (await kept.predict(x)).data;
  const isSame = wanted.every((value, i) => value === after[i]);
  // What lives on learns on.
  kept.compile({ optimizer: 'sgd', loss: 'mse' });
  await kept.fit(x, y, { epochs: 2, verbose: 0 });
  const learnt = (await new Model(tower.inputs, tower.output).predict(x)).data;
  console.log(JSON.stringify({ grown: peak - before, isSame, isFinite: learnt.every(Number.isFinite) }));
}

main();
