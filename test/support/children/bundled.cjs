// SPDX-License-Identifier: MIT
// A program that is bundled and minified with the package before it runs: loads a model, goes on training it, predicts,
// is refused, and resumes a backup that the package as it is has written.
const util = require('node:util');
const lib = require('../../../lib');

const [model, backup, saved] = process.argv.slice(2);
const x = { data: Int32Array.from({ length: 60 }, (_, i) => (i * 7) % 20), shape: [12, 5] };
const y = Float32Array.from({ length: 12 }, (_, i) => i % 2);

const refused = async (call) => {
  try {
    await call();
    return 'nothing';
  } catch (error) {
    const { name, code, message } = error;
    const isTyped = error instanceof lib.OstinatoError && error instanceof lib.ConfigError;
    return { name, code, message, isTyped };
  }
};

async function main() {
  const loaded = await lib.loadModel(model);
  const before = [...(await loaded.predict(x)).data];
  const { history } = await loaded.fit(x, y, { epochs: 2, verbose: 0, shuffle: false });
  const after = [...(await loaded.predict(x)).data];
  const resumed = await lib.loadModel(model);
  const stop = new lib.EarlyStopping('loss', { patience: 50 });
  const callbacks = [stop, new lib.BackupAndRestore(backup)];
  const rest = await resumed.fit(x, y, { epochs: 4, verbose: 0, seed: 1, callbacks });
  await loaded.save(saved);
  return {
    isMinified: lib.ConfigError.name !== 'ConfigError',
    printed: [new lib.Dense(1), new lib.losses.Hinge(), stop, lib.History].map((value) => util.inspect(value)),
    classNames: loaded.layers.map(({ className }) => className),
    before,
    losses: history.loss,
    after,
    resumedLosses: rest.history.loss,
    errors: [
      await refused(() => new lib.Dense(3, { unit: 4 })),
      await refused(() => new lib.Sequential([new lib.Adam()])),
      await refused(() => loaded.fit(x, y, { callbacks: [lib.History] })),
      await refused(() => loaded.fit(x, y, { validationData: new lib.Dense(1) })),
      await refused(() => loaded.fit(x, y, { validationData: new Map() })),
      await refused(() => lib.modelFromJson(loaded.toJson().replace('"LSTM"', '"LSTN"'))),
    ],
  };
}

main().then(
  (result) => process.stdout.write(`${JSON.stringify(result)}\n`),
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  },
);
