// SPDX-License-Identifier: MIT
// What the process around the package may be like, by the name that the argument gives; the last line is the result.
const path = require('node:path');
const { load } = require('./model.cjs');

const outcome = async (call) => {
  try {
    return await call();
  } catch (error) {
    return { name: error.name, code: error.code ?? null, message: error.message };
  }
};

function denseModel(ostinato, units = 1) {
  const { Dense, Input, Sequential } = ostinato;
  const model = new Sequential([new Input([3]), new Dense(units)]);
  model.compile({ loss: 'mse' });
  return model;
}

const tasks = {
  // Under the permission model: what may be written is written, what may not be read is refused in our words.
  async permission(folder, hidden) {
    const ostinato = load();
    const file = path.join(folder, 'model.safetensors');
    const model = denseModel(ostinato);
    const before = await model.predict([[1, 2, 3]]);
    return {
      saved: await outcome(() => model.save(file).then(() => 'done')),
      refused: await outcome(() => model.save(file, { overwrite: false })),
      loaded: await outcome(
        async () => (await (await ostinato.loadModel(file)).predict([[1, 2, 3]])).data[0] === before.data[0],
      ),
      hidden: await outcome(() => ostinato.loadModel(path.join(hidden, 'model.safetensors'))),
      hiddenFolder: await outcome(() => ostinato.textDatasetFromDirectory(hidden)),
      hiddenVocabulary: await outcome(
        () => new ostinato.TextVectorization({ vocabulary: path.join(hidden, 'words.txt') }),
      ),
      hiddenReviews: await outcome(() => ostinato.datasets.imdb.loadData({ path: path.join(hidden, 'imdb.npz') })),
    };
  },

  async addon(folder) {
    const ostinato = load();
    process.chdir(folder);
    return outcome(() => ostinato.cpuInfo().isa);
  },

  async threads() {
    return outcome(() => load().cpuInfo().threads);
  },

  // The stacks of so many threads do not fit under a limit on memory of so many MiB; then it is lifted.
  async shortage(threads, room) {
    const { execFileSync } = require('node:child_process');
    const { readdirSync, readFileSync } = require('node:fs');
    const ostinato = load();
    const model = denseModel(ostinato);
    await model.predict([[1, 2, 3]]);
    ostinato.setThreads(2);
    const limit = (value) => execFileSync('prlimit', [`--pid=${process.pid}`, `--as=${value}:unlimited`]);
    const pages = Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[0]);
    limit(pages * 4096 + Number(room) * 2 ** 20);
    ostinato.setThreads(Number(threads));
    const during = ostinato.cpuInfo().threads;
    limit('unlimited');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await model.predict([[1, 2, 3]]);
    return { during, after: ostinato.cpuInfo().threads, tasks: readdirSync('/proc/self/task').length };
  },

  // The store of the call that loads the addon is collected once the call is over.
  async context(method) {
    const { AsyncLocalStorage } = require('node:async_hooks');
    const storage = new AsyncLocalStorage();
    const ostinato = load();
    let seen;
    const first = async () => {
      const store = { big: new Array(1000).fill(1) };
      const note = () => (seen = storage.getStore() === store);
      await storage.run(store, async () => {
        const model = denseModel(ostinato);
        const callbacks = [new ostinato.LambdaCallback({ onEpochEnd: note, onPredictEnd: note })];
        if (method === 'fit') await model.fit([[1, 2, 3]], [1], { verbose: 0, callbacks });
        else await model.predict([[1, 2, 3]], { callbacks });
        model.dispose();
      });
      return new WeakRef(store);
    };
    const reference = await first();
    for (let i = 0; i < 20 && reference.deref() !== undefined; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      globalThis.gc();
    }
    return { seen, isCollected: reference.deref() === undefined };
  },

  // What the addon keeps open, as tools that look for it see it.
  async handles() {
    const { createHook } = require('node:async_hooks');
    const ours = [];
    const hook = createHook({
      init: (_id, type, _trigger, resource) => type === 'ostinato' && ours.push(resource),
    }).enable();
    const ostinato = load();
    const model = denseModel(ostinato);
    await model.predict([[1, 2, 3]]);
    await new Promise((resolve) => setImmediate(resolve));
    hook.disable();
    const holds = () => ours.map((resource) => resource.hasRef());
    const idle = holds();
    const controller = new AbortController();
    const { signal } = controller;
    const pending = model.fit([[1, 2, 3]], [1], { verbose: 0, epochs: 1e6, signal }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const computing = holds();
    controller.abort();
    await pending;
    await new Promise((resolve) => setImmediate(resolve));
    return { idle, computing, after: holds() };
  },

  // Many models under one signal: as many listeners as one has, and no warning of a leak.
  async signal() {
    const warnings = [];
    process.on('warning', (warning) => warnings.push(warning.name));
    const ostinato = load();
    const controller = new AbortController();
    const { signal } = controller;
    const { getEventListeners } = require('node:events');
    const models = Array.from({ length: 12 }, () => denseModel(ostinato));
    const x = Array.from({ length: 8 }, () => [1, 2, 3]);
    const y = new Float32Array(8);
    const calls = models.map((model) => model.fit(x, y, { verbose: 0, epochs: 1e6, validationSplit: 0.5, signal }));
    calls.push(...models.map(() => denseModel(ostinato).predict(x, { signal })));
    const listeners = getEventListeners(signal, 'abort').length;
    const ended = calls.map((call) => call.then(() => 'done', (error) => error.code)); // prettier-ignore
    // Predictions may be done before.
    const ends = ended.slice(0, models.length);
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort();
    await Promise.all(ended);
    return {
      ends: [...new Set(await Promise.all(ends))].sort(),
      listeners,
      left: getEventListeners(signal, 'abort').length,
      warnings,
    };
  },
};

const [name, ...args] = process.argv.slice(2);
void tasks[name](...args).then((result) => process.stdout.write(`${JSON.stringify(result)}\n`));
