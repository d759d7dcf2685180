// SPDX-License-Identifier: MIT
// One training at a time: begun, watched, cancelled, gone on with after a restart. What it makes is measured on the rows that
// are held back, against the version in service, and takes its place where it is better.
import { randomInt } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fitFile, SETTINGS } from './fit.mjs';
import { Refusal, refuse, shown } from './refusal.mjs';
import { measure, Versions } from './versions.mjs';

const WHERE = 'POST /trainings';
/** Labelled texts that a training needs, and how many that are held back. */
const LEAST = Object.freeze({ train: 8, held: 2 });
const MAX_SEED = 2 ** 32;

export class Trainings {
  #store;
  #versions;
  #events;
  #log;
  #folder;
  /** What computes: `{ id, stop }`. */
  #running;

  constructor({ store, versions, events, log, folder }) {
    this.#store = store;
    this.#versions = versions;
    this.#events = events;
    this.#log = log;
    this.#folder = folder;
  }

  /** Removes files that belong to nothing any more, before anything begins. */
  async prepare() {
    const unfinished = this.#store.unfinishedTraining();
    const newest = this.#store.newestTraining();
    if (newest !== undefined) this.#events.begin(summaryOf(newest), newest.curves);
    const kept = new Set(this.#store.versions().map(({ file }) => file));
    if (unfinished !== undefined) kept.add(backupOf(unfinished.id)).add(Versions.fileOf(unfinished.id));
    for (const name of await readdir(this.#folder))
      if ((name.startsWith(backupOf('')) || Versions.isFile(name)) && !kept.has(name)) await this.#remove(name);
  }

  /** Goes on with the training that was cut off, where there is one. */
  resume() {
    const unfinished = this.#store.unfinishedTraining();
    if (unfinished !== undefined && this.#running === undefined) this.#run(unfinished);
  }

  /** @throws Refusal 409 where one runs, or where there is too little to train on */
  begin(given) {
    const settings = readSettings(given);
    // The commit decides: what is over there has at most its backup to remove.
    const unfinished = this.#store.unfinishedTraining();
    if (unfinished !== undefined)
      throw new Refusal(409, 'ERR_BUSY', WHERE, 'one training at a time', `another while ${unfinished.id} runs`);
    const { train, held } = this.#store.counts();
    if (train < LEAST.train || held < LEAST.held) {
      const expected = `${LEAST.train} labelled texts to train on and ${LEAST.held} that are held back, at least`;
      throw new Refusal(409, 'ERR_STATE', WHERE, expected, `${train} and ${held}`);
    }
    const { seed = randomInt(MAX_SEED), ...others } = settings;
    const training = this.#store.beginTraining(seed, others);
    this.#events.begin(summaryOf(training));
    this.#run(training);
    return summaryOf(training);
  }

  /** The newest training, running or over. */
  newest() {
    const training = this.#store.newestTraining();
    return training && summaryOf(training);
  }

  /** @throws Refusal 404 where none runs */
  async cancel() {
    const unfinished = this.#store.unfinishedTraining();
    if (unfinished === undefined)
      throw new Refusal(404, 'ERR_NOT_FOUND', 'DELETE /trainings/current', 'a training that runs', 'none');
    const { id } = unfinished;
    this.#store.endTraining(id, 'cancelled', { curves: this.#events.curves });
    const cancelled = summaryOf(this.#store.training(id));
    this.#events.end(cancelled);
    const running = this.#running;
    if (running?.id === id) await running.stop();
    return cancelled;
  }

  /** Stops computing. The training is not over: the next start goes on with it. */
  async stop() {
    await this.#running?.stop();
  }

  #run(training) {
    const controller = new AbortController();
    const ended = this.#work(training, controller.signal).catch((error) =>
      this.#log.error({ err: error, training: training.id }, 'the end of a training cannot be kept'),
    );
    const stop = () => {
      controller.abort();
      return ended;
    };
    const running = { id: training.id, stop };
    this.#running = running;
    void ended.then(() => {
      if (this.#running === running) this.#running = undefined;
    });
  }

  async #work(training, signal) {
    const { id } = training;
    const backup = backupOf(id);
    try {
      await this.#train(training, path.join(this.#folder, backup), signal);
    } catch (error) {
      if (!signal.aborted) {
        this.#log.error({ err: error, training: id }, 'a training failed');
        this.#store.endTraining(id, 'failed', { curves: this.#events.curves, error: error.message });
      }
    }
    const after = this.#store.training(id);
    // It was stopped, not cancelled: it keeps its backup.
    if (after.state === 'running') return;
    // Another may have begun since the commit.
    if (this.newest().id === id) this.#events.end(summaryOf(after));
    await this.#remove(backup);
    if (after.state !== 'done') await this.#remove(Versions.fileOf(id));
  }

  async #train({ id, seed, settings, labels }, backup, signal) {
    const store = this.#store;
    const [rows, held] = [await store.rows(labels, false), await store.rows(labels, true)];
    const file = Versions.fileOf(id);
    const where = this.#versions.path(file);
    const report = (progress, curves) => {
      if (!signal.aborted) this.#events.progress(progress, curves);
    };
    const curves = await fitFile({ rows, held, seed, settings, backup, file: where, report, signal });
    const mine = await measure(where, held, signal);
    const rival = await this.#rival(held, signal);
    const isBetter = rival === undefined || better(mine, rival.measure);
    const commit = () => store.addVersion(id, { file, measure: mine, curves, rival, isBetter });
    if (isBetter) await this.#versions.serve({ id, file }, commit);
    else commit();
  }

  /** The version in service, measured on the same rows; undefined where there is none whose file can be read. */
  async #rival(held, signal) {
    const current = this.#store.current();
    if (current === undefined) return undefined;
    try {
      return { id: current.id, measure: await measure(this.#versions.path(current.file), held, signal) };
    } catch (error) {
      if (signal.aborted) throw error;
      this.#log.error({ err: error, version: current.id }, 'a version cannot be measured');
      return undefined;
    }
  }

  #remove(name) {
    return rm(path.join(this.#folder, name), { recursive: true, force: true });
  }
}

function backupOf(id) {
  return `backup-${id}`;
}

/** More texts right; of as many, the lower loss. */
function better(mine, theirs) {
  return mine.accuracy === theirs.accuracy ? mine.loss < theirs.loss : mine.accuracy > theirs.accuracy;
}

function summaryOf({ curves: _curves, ...summary }) {
  return summary;
}

/** Settings with their defaults. @throws Refusal */
function readSettings(given = {}) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw refuse(WHERE, 'settings', given);
  const names = [...Object.keys(SETTINGS), 'seed'];
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Refusal(400, 'ERR_UNKNOWN_OPTION', WHERE, names.join(', '), shown(unknown));
  const settings = { ...given };
  for (const [name, [initial, least, greatest]] of Object.entries({ ...SETTINGS, seed: [undefined, 0, MAX_SEED] })) {
    const { [name]: value = initial } = given;
    const isAllowed = typeof value === 'number' && value >= least && value <= greatest;
    const isWhole = Number.isInteger(value) || name === 'learningRate';
    if (value !== undefined && !(isAllowed && isWhole))
      throw refuse(WHERE, `${name} from ${least} to ${greatest}`, value);
    settings[name] = value;
  }
  return settings;
}
