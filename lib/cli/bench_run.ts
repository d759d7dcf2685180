// SPDX-License-Identifier: MIT
// The measurement of `ostinato bench`.
import os from 'node:os';
import {
  internal,
  Dense,
  Embedding,
  NdArray,
  Sequential,
  SimpleRNN,
  cpuInfo,
  padSequences,
  setRandomSeed,
  setThreads,
} from '../index';
import { monotonicSeconds } from '../util/timers';
import { packageVersion } from './package_root';
import type { Surroundings } from './command';

const { syntheticReviews } = internal;

export interface BenchSettings {
  readonly seconds: number;
  readonly threads: number | undefined;
  readonly json: boolean;
}

/** What `--json` prints. */
export interface BenchReport {
  readonly ostinato: string;
  readonly cpu: string;
  readonly isa: string;
  readonly threads: number;
  readonly cores: number;
  /** Milliseconds of a training step of 128 rows. */
  readonly trainStepMs: number;
  readonly trainRowsPerSecond: number;
  readonly predictRowsPerSecond: number;
  /** Milliseconds of a prediction of one row. */
  readonly predictOneMs: number;
}

const WORDS = 10000;
const STEPS = 500;
const ROWS = 128;
/** Steps that are timed together: what a call costs by itself is little beside them. */
const BATCHES = 8;

/** Measures, and prints the figures. */
export async function runBench(
  { seconds, threads, json }: BenchSettings,
  { stdout }: Surroundings,
): Promise<BenchReport> {
  if (threads !== undefined) setThreads(threads);
  setRandomSeed(1);
  const { x, y } = syntheticReviews({ numWords: WORDS, train: ROWS * BATCHES, test: 1 }).train;
  const tokens = padSequences(x, { maxlen: STEPS });
  const one = new NdArray(tokens.data.slice(0, STEPS), [1, STEPS]);
  const model = new Sequential([new Embedding(WORDS, 32), new SimpleRNN(32), new Dense(1, { activation: 'sigmoid' })]);
  model.compile({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['accuracy'] });
  try {
    const share = seconds / 3;
    const step = (await median(share, () => model.fit(tokens, y, { batchSize: ROWS, verbose: 0 }))) / BATCHES;
    const batch = (await median(share, () => model.predict(tokens, { batchSize: ROWS }))) / (ROWS * BATCHES);
    const single = await median(share, () => model.predict(one));
    const info = cpuInfo();
    const report: BenchReport = {
      ostinato: packageVersion(),
      cpu: os.cpus()[0]?.model.trim() || process.arch,
      isa: info.isa,
      threads: info.threads,
      cores: info.cores,
      trainStepMs: step * 1e3,
      trainRowsPerSecond: ROWS / step,
      predictRowsPerSecond: 1 / batch,
      predictOneMs: single * 1e3,
    };
    stdout.write(json ? `${JSON.stringify(report)}\n` : textOf(report));
    return report;
  } finally {
    model.dispose();
  }
}

/** Seconds of a call, the median of those that fit into a time; the first one warms up. */
async function median(seconds: number, call: () => Promise<unknown>): Promise<number> {
  await call();
  const times: number[] = [];
  const end = monotonicSeconds() + seconds;
  do {
    const begin = monotonicSeconds();
    await call();
    times.push(monotonicSeconds() - begin);
  } while (monotonicSeconds() < end);
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

function textOf(report: BenchReport): string {
  const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
  return [
    `ostinato ${report.ostinato}, ${report.cpu}, ${report.isa}, ${report.threads} threads`,
    `training step of ${ROWS} rows:  ${report.trainStepMs.toFixed(2)} ms (${whole(report.trainRowsPerSecond)} rows/s)`,
    `predictions, ${ROWS} at once:  ${whole(report.predictRowsPerSecond)} rows/s`,
    `prediction of one row:      ${report.predictOneMs.toFixed(3)} ms`,
    '',
  ].join('\n');
}
