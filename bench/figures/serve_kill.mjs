// SPDX-License-Identifier: MIT
// serve.kill: examples/service, killed (SIGKILL) at random moments while clients label, train and choose versions.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { randomFrom } from '../../tools/fuzz/mutate.mjs';
import { say } from '../support/context.mjs';
import { Clients, missing, SERVICE, ServiceProcess } from '../support/service.mjs';
import { median, rounded } from '../support/statistics.mjs';

const KILLS = 200;
const SEED = 20261130;
/** Kills in one folder: so its trainings stay short. */
const IN_A_FOLDER = 20;
/** One kill in so many falls into the start; the others come after it. In milliseconds. */
const STARTS = Object.freeze({ each: 5, latest: 600 });
const LATEST = 1500;
/** Milliseconds within which it takes requests again. */
const READY = 2000;
const MINUTES = 20;

const module = (name) => import(pathToFileURL(path.join(SERVICE, 'server', name)));

/** What a folder came to. */
class Result {
  kills = 0;
  /** Kills after which something was gone, and trainings whose bits are others. */
  losses = [];
  ready = [];
  resumed = 0;
  acknowledged = 0;
  compared = 0;
}

/** Kills in one folder until `kills` or the end of the time; then lets its training end, and compares all of them. */
async function killInFolder(folder, result, random, { kills, until }) {
  const clients = new Clients(random);
  const up = async (service) => {
    const ready = await service.ready();
    if (ready === undefined) return undefined;
    result.ready.push(ready);
    const isResumed = await clients.check(service);
    if (isResumed) result.resumed++;
    return isResumed;
  };
  for (let i = 0; i < kills && performance.now() < until; i++) {
    const service = new ServiceProcess(folder);
    const isStart = i % STARTS.each === STARTS.each - 1;
    if (isStart) service.killAfter(random() * STARTS.latest);
    try {
      if ((await up(service)) !== undefined) {
        if (!isStart) service.killAfter(random() * LATEST);
        await clients.work(service);
      }
      await service.ended;
    } finally {
      await service.kill('SIGKILL');
    }
    result.kills++;
  }
  const last = new ServiceProcess(folder);
  try {
    await up(last);
    for (;;) {
      const { json } = await last.ask('GET', '/trainings/current');
      if (json.training?.state !== 'running') break;
      await new Promise((done) => setTimeout(done, 50));
    }
    await clients.check(last);
  } finally {
    await last.kill('SIGTERM');
  }
  result.acknowledged += clients.acknowledged;
  await compare(folder, result);
}

/** Every version of the folder against a training of the same rows that nothing interrupts: byte by byte. */
async function compare(folder, result) {
  const { Store } = await module('store.mjs');
  const { fitFile } = await module('fit.mjs');
  const store = await Store.open(path.join(folder, 'service.db'));
  try {
    for (const { id, file } of store.versions()) {
      const { labels, seed, settings } = store.training(id);
      const [rows, held] = [await store.rows(labels, false), await store.rows(labels, true)];
      const again = path.join(folder, 'again');
      mkdirSync(again);
      const other = path.join(again, file);
      await fitFile({ rows, held, seed, settings, backup: path.join(again, 'backup'), file: other });
      result.compared++;
      if (!readFileSync(path.join(folder, file)).equals(readFileSync(other)))
        result.losses.push(`training ${id} has other bits`);
      rmSync(again, { recursive: true });
    }
  } finally {
    store.close();
  }
}

export default [
  {
    name: 'serve.kill',
    unit: '%',
    async run({ kills = KILLS }) {
      const skipped = missing();
      if (skipped !== undefined) return { skipped };
      const until = performance.now() + MINUTES * 60e3;
      const result = new Result();
      for (let i = 0; result.kills < kills && performance.now() < until; i++) {
        const folder = mkdtempSync(path.join(tmpdir(), 'ostinato-serve-kill-'));
        const random = randomFrom(SEED, i);
        const share = Math.min(IN_A_FOLDER, kills - result.kills);
        const before = { kills: result.kills, losses: result.losses.length };
        try {
          await killInFolder(folder, result, random, { kills: share, until });
        } catch (error) {
          result.losses.push(error.message);
          // The rest of the folder is not to be trusted; the kill after which this was seen counts.
          if (result.kills === before.kills) result.kills++;
        } finally {
          if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
        }
        say(`  ${result.kills} of ${kills} kills, ${result.compared} trainings, ${result.losses.length} losses`);
        for (const loss of result.losses.slice(before.losses)) say(`    ${loss}`);
      }
      const late = result.ready.filter((milliseconds) => milliseconds >= READY).length;
      const bad = result.losses.length + late;
      return {
        value: (100 * Math.max(0, result.kills - bad)) / result.kills,
        details: {
          kills: result.kills,
          losses: result.losses.length,
          late,
          readyMs: { median: rounded(median(result.ready)), max: rounded(Math.max(...result.ready)) },
          texts: result.acknowledged,
          resumed: result.resumed,
          compared: result.compared,
          seed: SEED,
        },
      };
    },
  },
];
