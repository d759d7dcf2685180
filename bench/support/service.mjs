// SPDX-License-Identifier: MIT
// examples/service under clients that label, train and choose versions, and what it must still have after it was killed.
/* global clearTimeout */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './ours.mjs';

export const SERVICE = path.join(ROOT, 'examples', 'service');
/** What it must be told to install before it can be measured; undefined where it is there. */
export const missing = () =>
  existsSync(path.join(SERVICE, 'node_modules', 'ostinato')) ? undefined : 'needs `npm install` in examples/service';

const WORDS = ['film', 'plot', 'acting', 'music', 'story', 'end', 'this', 'was', 'and', 'the'];
const SIGNS = [
  ['bore', 'awful', 'dull'],
  ['fine', 'great', 'lovely'],
];
const PROBE = { text: 'this film was fine and the end was awful' };
const JSONL = 'application/jsonl';
const PAGE = 500;
/** Small: a training lasts about as long as a process lives. */
const SETTINGS = Object.freeze({ epochs: 12, length: 20, units: 16, words: 500, saveEvery: 5 });
/** How often a client that looks at a training cancels it. */
const CANCELLED = 0.005;

/** A process of the service in a folder. */
export class ServiceProcess {
  constructor(folder) {
    const main = path.join(SERVICE, 'server', 'main.mjs');
    this.begin = performance.now();
    this.child = spawn(process.execPath, [main, '--folder', folder, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.errors = '';
    this.child.stderr.on('data', (text) => (this.errors += text));
    this.ended = once(this.child, 'close');
    this.line = once(createInterface({ input: this.child.stdout }), 'line');
  }

  /** Milliseconds until it took requests; undefined where it was killed before. */
  async ready() {
    const [line] = await Promise.race([this.line, this.ended]);
    if (typeof line !== 'string') {
      if (this.child.signalCode === 'SIGKILL') return undefined;
      throw new Error(`the service ended: ${this.errors}`);
    }
    this.address = JSON.parse(line).address;
    if ((await this.ask('GET', '/v2/health/ready')) === undefined) return undefined;
    return performance.now() - this.begin;
  }

  /** The answer as `{ status, json }`; undefined where the process was killed before it came. */
  async ask(method, url, body, type = 'application/json') {
    try {
      const given = body === undefined ? {} : { body, headers: { 'content-type': type } };
      const response = await fetch(this.address + url, { method, ...given });
      return { status: response.status, json: await response.json() };
    } catch (error) {
      if (this.child.signalCode === null && !this.isKilled) throw error;
      return undefined;
    }
  }

  async kill(signal) {
    this.isKilled = true;
    this.child.kill(signal);
    await this.ended;
  }

  /** Kills it after so many milliseconds. */
  killAfter(milliseconds) {
    const timer = setTimeout(() => void this.kill('SIGKILL'), milliseconds);
    void this.ended.then(() => clearTimeout(timer));
  }
}

/** Clients of one folder: they know what was acknowledged. */
export class Clients {
  /** id -> { text, label, maybe }: `maybe` is a label whose answer did not come. */
  #texts = new Map();
  /** Bodies whose answer did not come. */
  #unanswered = [];
  /** Probe scores by version: they never change. */
  #scores = new Map();
  #chosen;
  #maybeChosen;
  #cancelled = new Set();
  #newestTraining = 0;
  #count = 0;
  #random;

  constructor(random) {
    this.#random = random;
  }

  #below = (bound) => Math.floor(this.#random() * bound);

  /** Works until the process is killed. */
  async work(service) {
    const loops = [this.#post, this.#label, this.#train, this.#choose];
    await Promise.all(
      loops.map(async (loop) => {
        while (!service.isKilled) {
          await loop.call(this, service);
          await sleep(this.#below(20));
        }
      }),
    );
  }

  async #post(service) {
    const rows = Array.from({ length: 1 + this.#below(8) }, () => this.#makeRow());
    const answer = await service.ask('POST', '/texts', rows.map((row) => JSON.stringify(row)).join('\n'), JSONL);
    if (answer === undefined) return this.#unanswered.push(rows);
    expect(answer.status === 201, 'texts were refused', answer);
    answer.json.ids.forEach((id, index) => this.#texts.set(id, rows[index]));
  }

  #makeRow() {
    const label = this.#below(2);
    const words = Array.from({ length: 4 + this.#below(8) }, () => WORDS[this.#below(WORDS.length)]);
    words.splice(this.#below(words.length), 0, SIGNS[label][this.#below(3)]);
    return { text: `${words.join(' ')} ${this.#count++}`, ...(this.#random() < 0.8 && { label }) };
  }

  async #label(service) {
    const ids = [...this.#texts.keys()];
    if (ids.length === 0) return;
    const id = ids[this.#below(ids.length)];
    const row = this.#texts.get(id);
    row.maybe = this.#below(2);
    const answer = await service.ask('POST', `/texts/${id}/label`, JSON.stringify({ label: row.maybe }));
    if (answer === undefined) return;
    expect(answer.status === 200, 'a label was refused', answer);
    row.label = row.maybe;
    delete row.maybe;
  }

  async #train(service) {
    const { json: { training } = {} } = (await service.ask('GET', '/trainings/current')) ?? {};
    if (training?.state === 'running') {
      if (this.#random() >= CANCELLED) return;
      const answer = await service.ask('DELETE', '/trainings/current');
      if (answer?.status === 200) this.#cancelled.add(answer.json.training.id);
      return;
    }
    if (training !== undefined) expect(training?.state !== 'failed', 'a training failed', training);
    const seed = this.#below(1e6);
    const answer = await service.ask('POST', '/trainings', JSON.stringify({ ...SETTINGS, seed }));
    if (answer?.status === 202) this.#newestTraining = answer.json.id;
    else if (answer !== undefined) expect(answer.status === 409, 'a training was refused', answer);
  }

  async #choose(service) {
    const answer = await service.ask('GET', '/versions');
    if (answer === undefined || answer.json.versions.length === 0 || this.#random() > 0.3) return;
    const { versions } = answer.json;
    const { id } = versions[this.#below(versions.length)];
    this.#maybeChosen = id;
    const chosen = await service.ask('POST', `/versions/${id}/current`);
    if (chosen === undefined) return;
    expect(chosen.status === 200, 'a version was refused', chosen);
    this.#chosen = id;
    this.#maybeChosen = undefined;
  }

  /**
   * Whether the service that came up has all that was acknowledged. Gives whether it goes on with a training, or undefined
   * where it was killed meanwhile.
   *
   * @throws Error where something is lost
   */
  async check(service) {
    const texts = new Map();
    for (let after = 0; ;) {
      const answer = await service.ask('GET', `/texts?limit=${PAGE}&after=${after}`);
      if (answer === undefined) return undefined;
      for (const row of answer.json.texts) texts.set(row.id, row);
      if (answer.json.texts.length < PAGE) break;
      after = answer.json.texts.at(-1).id;
    }
    this.#checkTexts(texts);
    const versions = await service.ask('GET', '/versions');
    const trainings = await service.ask('GET', '/trainings/current');
    if (versions === undefined || trainings === undefined) return undefined;
    const { training } = trainings.json;
    expect((training?.id ?? 0) >= this.#newestTraining, `training ${this.#newestTraining} is lost`, training);
    expect(training?.state !== 'failed', 'a training failed', training);
    if (this.#cancelled.has(training?.id))
      expect(training.state === 'cancelled', 'a cancelled training runs', training);
    this.#checkChoice(versions.json);
    if (versions.json.current !== null && !(await this.#checkScore(service))) return undefined;
    return training?.state === 'running';
  }

  #checkTexts(found) {
    for (const [id, row] of this.#texts) {
      const { text, label } = found.get(id) ?? {};
      expect(text === row.text, `text ${id} is lost`, row);
      const given = row.label ?? null;
      expect(label === given || label === row.maybe, `label ${given} of text ${id} is lost`, { label, ...row });
      if (label !== null) row.label = label;
      delete row.maybe;
    }
    const ids = new Map([...found.values()].map(({ id, text }) => [text, id]));
    for (const rows of this.#unanswered.splice(0)) {
      const there = rows.filter(({ text }) => ids.has(text));
      expect(there.length === 0 || there.length === rows.length, 'a part of a body is there', rows);
      for (const row of there) this.#texts.set(ids.get(row.text), row);
    }
  }

  #checkChoice({ current, switches }) {
    expect(
      current === (switches[0]?.version ?? null),
      'the version in service is not that of the last switch',
      current,
    );
    const [chosen, before] = switches.filter(({ reason }) => reason === 'chosen').map(({ version }) => version);
    const isThere = this.#chosen === undefined || chosen === this.#chosen;
    const isMaybe = chosen === this.#maybeChosen && (this.#chosen === undefined || before === this.#chosen);
    expect(isThere || isMaybe || switches.length === 50, `the choice of version ${this.#chosen} is lost`, switches);
    if (chosen !== undefined) this.#chosen = chosen;
    this.#maybeChosen = undefined;
  }

  async #checkScore(service) {
    const answer = await service.ask('POST', '/score', JSON.stringify(PROBE));
    if (answer === undefined) return false;
    expect(answer.status === 200, 'the model does not answer', answer);
    const { version, score } = answer.json;
    const before = this.#scores.get(version) ?? score;
    this.#scores.set(version, score);
    expect(score === before, `version ${version} answers ${score}, and ${before} before`, answer.json);
    return true;
  }

  get acknowledged() {
    return this.#texts.size;
  }
}

function expect(isTrue, message, value) {
  if (!isTrue) throw new Error(`${message}: ${JSON.stringify(value)?.slice(0, 300)}`);
}
