// SPDX-License-Identifier: MIT
// `node server/main.mjs [--folder DIR] [--port N] [--host ADDRESS] [--log]`
//
// Prints `{ "address": ... }` when it takes requests. SIGTERM and SIGINT end it in order; a training goes on at the next start,
// as after any other end.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createServer } from 'ostinato/server';
import { Events } from './events.mjs';
import { addRoutes } from './routes.mjs';
import { Store } from './store.mjs';
import { Trainings } from './training.mjs';
import { Versions } from './versions.mjs';

const { values: flags } = parseArgs({
  options: {
    folder: { type: 'string', default: 'data' },
    port: { type: 'string', default: '8080' },
    host: { type: 'string', default: '127.0.0.1' },
    log: { type: 'boolean', default: false },
  },
});

/** Milliseconds that requests have to be answered when the service ends. */
const LIMIT = 3000;

const folder = path.resolve(flags.folder);
await mkdir(folder, { recursive: true });
const store = await Store.open(path.join(folder, 'service.db'));
const server = await createServer({}, { logger: flags.log });
const versions = new Versions(store, server, folder);
const events = new Events();
const trainings = new Trainings({ store, versions, events, log: server.log, folder });
addRoutes(server.app, { store, trainings, versions, events });
await versions.start();
await trainings.prepare();
const address = await server.listen({ port: Number(flags.port), host: flags.host });
console.log(JSON.stringify({ address }));
trainings.resume();

let ending;
for (const signal of ['SIGTERM', 'SIGINT'])
  process.on(signal, () => {
    ending ??= end();
  });

async function end() {
  await Promise.all([trainings.stop(), server.close({ limit: LIMIT })]);
  store.close();
}
