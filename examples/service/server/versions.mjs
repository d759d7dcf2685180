// SPDX-License-Identifier: MIT
// Versions of the model: files, and which of them is in service.
import path from 'node:path';
import { loadAssets, loadModel, TextVectorization } from 'ostinato';
import { vectorized } from './vectorized.mjs';

/** The name that the model has in paths of the server: `/models/sentiment/predict`. */
export const NAME = 'sentiment';
const PREFIX = 'version-';
const BATCH = 256;
const TINY = 1e-7;

export class Versions {
  #store;
  #server;
  #folder;
  #switching = Promise.resolve();
  /** Our versions by those that the server counts. */
  #served = new Map();

  constructor(store, server, folder) {
    this.#store = store;
    this.#server = server;
    this.#folder = folder;
  }

  /** The name of the file of a version, below the folder. */
  static fileOf(id) {
    return `${PREFIX}${id}.safetensors`;
  }

  /** Whether a file of the folder is one of a version, or what a save that was killed has left of one. */
  static isFile(name) {
    return name.startsWith(PREFIX);
  }

  path(file) {
    return path.join(this.#folder, file);
  }

  /** The version that answered, by what the server calls it. */
  servedAs(served) {
    return this.#served.get(served);
  }

  /** Puts the version in service that was there last; where its file is damaged, the newest one before it that is whole. */
  async start() {
    const current = this.#store.current();
    if (current === undefined) return;
    const others = this.#store.versions().filter(({ id }) => id !== current.id);
    for (const version of [current, ...others]) {
      try {
        const reason = `version ${current.id} cannot be loaded`;
        await this.serve(version, () => {
          if (version !== current) this.#store.addSwitch(version.id, reason);
        });
        return;
      } catch (error) {
        this.#server.log.error({ err: error, version: version.id }, 'a version cannot be loaded');
      }
    }
  }

  /**
   * Puts a version into service. Its file is loaded first, so that what is committed can be loaded after a restart; requests
   * that have come are answered by the old version.
   *
   * @param commit writes down that it is in service; where it returns false or throws, the old version comes back
   */
  serve(version, commit) {
    const work = async () => {
      await this.#load(version);
      let isCommitted = false;
      try {
        isCommitted = commit() !== false;
      } finally {
        if (!isCommitted) await this.#back();
      }
    };
    const done = this.#switching.then(work, work);
    this.#switching = done.catch(() => undefined);
    return done;
  }

  async #back() {
    const current = this.#store.current();
    if (current === undefined) await this.#server.unload(NAME);
    else await this.#load(current);
  }

  async #load({ id, file }) {
    this.#served.set(await this.#server.load(NAME, this.path(file)), id);
  }
}

/**
 * A model file measured on rows: `{ rows, accuracy, loss, confusion }`; `confusion[label][answer]` counts texts. It is a model
 * of its own: the one in service goes on answering.
 */
export async function measure(file, rows, signal) {
  const { vectorizer } = await loadAssets(file);
  const ids = await vectorized(TextVectorization.fromConfig(vectorizer), rows);
  const model = await loadModel(file, { compile: false });
  try {
    const { data } = await model.predict(ids, { batchSize: BATCH, priority: 'training', signal });
    const confusion = [
      [0, 0],
      [0, 0],
    ];
    let loss = 0;
    rows.forEach(({ label }, index) => {
      const score = data[index];
      confusion[label][Number(score > 0.5)]++;
      loss -= Math.log(Math.max(TINY, label === 1 ? score : 1 - score)) / rows.length;
    });
    return { rows: rows.length, accuracy: (confusion[0][0] + confusion[1][1]) / rows.length, loss, confusion };
  } finally {
    model.dispose();
  }
}
