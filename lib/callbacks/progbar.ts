// SPDX-License-Identifier: MIT
// Keras 3's progress bar, character for character on a terminal; on anything else one plain line at the end.
import { describe, refusal } from '../util/validate';
import type { Logs } from './callback';

/** Where a progress bar is written: `process.stdout`, or anything with `write`. */
export interface ProgbarStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** The option `stream` of a callback; undefined stands for `process.stdout`. @throws ConfigError `ERR_TYPE` */
export function checkStream(where: string, stream: ProgbarStream | undefined): ProgbarStream | undefined {
  if (stream === undefined || typeof (stream as ProgbarStream | null)?.write === 'function') return stream;
  throw refusal('ERR_TYPE', where, 'stream to have a method write', describe(stream));
}

/** Settings of a {@link Progbar}. */
export interface ProgbarSettings {
  /** Steps in all, at least 1; undefined where nobody knows yet. */
  readonly target: number | undefined;
  /** 1: a bar; 2: one line at the end. */
  readonly verbose: 0 | 1 | 2;
  readonly stream: ProgbarStream;
  /** Seconds, from any origin. */
  readonly now: () => number;
}

const WIDTH = 20;
const REFRESH_SECONDS = 0.05;
const BAR = '━';

/**
 * A bar over a number of steps, known or not. Values are shown as they come: they are running means already.
 *
 * Differs from Keras: the line is returned to with `\r` alone, without the backspaces before it.
 * Source: keras/src/utils/progbar.py.
 */
export class Progbar {
  readonly #settings: ProgbarSettings;
  readonly #start: number;
  #afterFirstStep: number | undefined;
  #lastUpdate = -Infinity;
  #lastWidth = 0;
  #values: Logs = {};

  constructor(settings: ProgbarSettings) {
    this.#settings = settings;
    this.#start = settings.now();
  }

  /**
   * Shows that `current` steps are done.
   *
   * @param values shown after the times, in this order; values of earlier calls stay
   * @param finalize whether this is the last call
   */
  update(current: number, values: Logs, finalize: boolean): void {
    const { verbose, stream, now } = this.#settings;
    this.#values = { ...this.#values, ...values };
    const time = now();
    const perStep = this.#secondsPerStep(current, time);
    if (verbose === 0) return;
    if (verbose === 2) {
      if (finalize) stream.write(`${this.#count(current)} - ${this.#elapsed(time)} -${this.#tail(perStep)}\n`);
      return;
    }
    if (!finalize && (stream.isTTY !== true || time - this.#lastUpdate < REFRESH_SECONDS)) return;
    const { target } = this.#settings;
    const clock = finalize || target === undefined ? this.#elapsed(time) : formatEta(perStep * (target - current));
    if (stream.isTTY === true) this.#draw(current, clock, perStep, finalize);
    else stream.write(`${this.#count(current)} ${BAR.repeat(WIDTH)} ${clock}${this.#tail(perStep)}\n`);
    this.#lastUpdate = time;
  }

  /** Ends the line of a bar that will not reach its end, so that what is printed next begins on its own. */
  leave(): void {
    if (this.#lastWidth > 0) this.#settings.stream.write('\n');
  }

  #draw(current: number, clock: string, perStep: number, finalize: boolean): void {
    const { target } = this.#settings;
    if (target === undefined) return this.#drawUnknown(current, clock, perStep, finalize);
    const done = Math.trunc((WIDTH * current) / target);
    const count = this.#count(current);
    const tail = this.#tail(perStep);
    const bar =
      (done > 0 ? `\u001b[32m${BAR.repeat(done)}\u001b[0m` : '') + `\u001b[37m${BAR.repeat(WIDTH - done)}\u001b[0m`;
    const width = count.length + 1 + WIDTH + 1 + clock.length + tail.length;
    this.#write(`\u001b[1m${count}\u001b[0m ${bar} \u001b[1m${clock}\u001b[0m${tail}`, width, finalize);
  }

  /** Without a target there is no bar. */
  #drawUnknown(current: number, clock: string, perStep: number, finalize: boolean): void {
    const count = this.#count(current);
    const tail = this.#tail(perStep);
    this.#write(`${count} \u001b[1m${clock}\u001b[0m${tail}`, count.length + 1 + clock.length + tail.length, finalize);
  }

  /** Over the line before, of which nothing may stay. */
  #write(text: string, width: number, finalize: boolean): void {
    const wipe = ' '.repeat(Math.max(0, this.#lastWidth - width));
    this.#settings.stream.write(`\r${text}${wipe}${finalize ? '\n' : ''}`);
    this.#lastWidth = finalize ? 0 : width;
  }

  #count(current: number): string {
    if (this.#settings.target === undefined) return `${String(current).padStart(7)}/Unknown`;
    const target = String(this.#settings.target);
    return `${String(current).padStart(target.length)}/${target}`;
  }

  #elapsed(time: number): string {
    return `${(time - this.#start).toFixed(0)}s`;
  }

  #tail(perStep: number): string {
    const values = Object.entries(this.#values).map(([name, value]) => ` - ${name}: ${formatValue(value)}`);
    return formatStepTime(perStep) + values.join('');
  }

  /** Mean over the steps but the first, which is not like the others; over all where the first was not seen alone. */
  #secondsPerStep(current: number, time: number): number {
    if (current === 0) return 0;
    if (this.#afterFirstStep !== undefined && current > 1) return (time - this.#afterFirstStep) / (current - 1);
    if (current === 1) this.#afterFirstStep = time;
    return (time - this.#start) / current;
  }
}

/** Python's `%.4f`, or `%.4e` up to 1e-3. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Math.abs(value) > 1e-3) return value.toFixed(4);
  return value.toExponential(4).replace(/(?<=e[+-])(?=\d$)/, '0');
}

function formatEta(seconds: number): string {
  const s = Math.trunc(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  if (seconds > 3600) return `${Math.trunc(s / 3600)}:${two(Math.trunc((s % 3600) / 60))}:${two(s % 60)}`;
  if (seconds > 60) return `${Math.trunc(s / 60)}:${two(s % 60)}`;
  return `${s}s`;
}

function formatStepTime(seconds: number): string {
  if (seconds >= 1 || seconds === 0) return ` ${seconds.toFixed(0)}s/step`;
  if (seconds >= 1e-3) return ` ${(seconds * 1e3).toFixed(0)}ms/step`;
  return ` ${(seconds * 1e6).toFixed(0)}us/step`;
}
