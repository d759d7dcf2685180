// SPDX-License-Identifier: MIT
// A process that answers lines with lines of JSON: the peers (bench/versus/README.md) and our own workers.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';

const MINUTES = 60e3;
/** A whole experiment of a peer takes minutes on a busy machine; one that takes longer than this hangs. */
const PATIENCE = 30 * MINUTES;
const STDERR_KEPT = 4000;

/** One process and its answers, one at a time. */
export class LineProcess {
  #child;
  #answers = [];
  #waiting;
  #gone;
  #stderr = '';
  #kill = () => this.#child.kill();

  constructor(command, { env = {} } = {}) {
    this.#child = spawn(command[0], command.slice(1), {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    process.once('exit', this.#kill);
    this.#child.stdin.on('error', () => undefined); // the end of the process says more
    this.#child.stderr.on('data', (text) => (this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT)));
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#receive({ line }));
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('close', (code, signal) => this.#end(`ended with ${signal ?? code}\n${this.#stderr}`));
  }

  /** The next line; rejects where the process ends first, or keeps silent for too long. */
  async answer() {
    const { line, end } = this.#answers.shift() ?? (await this.#wait());
    if (end !== undefined) throw new Error(end);
    const answer = JSON.parse(line);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  /** Sends a request and waits for its answer. */
  ask(request) {
    this.#child.stdin.write(`${request}\n`);
    return this.answer();
  }

  /** Ends the process: politely, then not. */
  async quit() {
    if (this.#gone) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end('quit\n');
    const timer = setTimeout(this.#kill, 5000);
    await closed;
    clearTimeout(timer);
  }

  #wait() {
    if (this.#gone) return { end: this.#gone };
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#receive({ end: 'no answer in time' }), PATIENCE);
      this.#waiting = (message) => {
        clearTimeout(timer);
        resolve(message);
      };
    });
  }

  #receive(message) {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(message);
    else this.#answers.push(message);
  }

  #end(reason) {
    process.off('exit', this.#kill);
    this.#gone ??= reason.trim();
    this.#receive({ end: this.#gone });
  }
}
