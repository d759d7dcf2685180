// SPDX-License-Identifier: MIT
// `ostinato serve MODEL...`: models of files over HTTP. A file that changes is loaded anew, and so are all on SIGHUP; SIGTERM
// and SIGINT end the server in order.
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { cpuInfo, setThreads } from '../index';
import { createServer, type ModelServer } from '../server';
import { defineCommand, flagTable, integerFlag, UsageError } from './command';
import { FileWatch } from './file_watch';

const OPERANDS = ['MODEL...'] as const;
const FLAGS = {
  port: { placeholder: 'N', help: 'port; 0 takes any that is free (default: 8080)' },
  host: { placeholder: 'ADDRESS', help: 'address (default: 127.0.0.1, this machine alone; 0.0.0.0 is all)' },
  threads: { placeholder: 'N', help: 'compute threads (default: OSTINATO_THREADS, else the cores but one)' },
  watch: { placeholder: 'SECONDS', help: 'how often files are looked at for a change; 0 is never (default: 1)' },
  'max-body': { placeholder: 'BYTES', help: 'largest body of a request (default: 8388608)' },
  'max-queue': { placeholder: 'N', help: 'requests at a time; more are 429 (default: 1024)' },
  'max-streams': { placeholder: 'N', help: 'streams at a time; 0 is none (default: 10000)' },
  timeout: { placeholder: 'MS', help: 'time that a request has (default: 30000)' },
  grace: { placeholder: 'MS', help: 'time from SIGTERM until nothing is accepted any more (default: 0)' },
  limit: { placeholder: 'MS', help: 'time that requests have from then on (default: 10000)' },
  'no-metrics': { help: 'without /metrics' },
  'log-requests': { help: 'a line for each request, too' },
  quiet: { help: 'without a log' },
  help: { help: 'this text' },
};

const HELP = `Usage: ostinato serve MODEL... [FLAGS]

Serves models over HTTP: the Open Inference Protocol (/v2/...), plain JSON (/models/NAME/predict), streams over WebSocket
(/models/NAME/stream), /metrics and /openapi.json. MODEL is a model file, or NAME=FILE; without NAME it is the name of the
file up to its ending. Needs: npm install fastify ws prom-client.

A file that changes is loaded and takes the place of the old model, without a request that fails; SIGHUP loads all anew.
SIGTERM and SIGINT end in order: readiness, requests, streams. The log is JSON, a line for each event, on stdout.

${flagTable(FLAGS)}
`;

const MOST = 2147483647;
type Models = ReadonlyMap<string, string>;

export const serve = defineCommand({
  summary: 'serves models over HTTP: ostinato serve reviews.safetensors --port 8080',
  help: HELP,
  flags: FLAGS,
  operands: OPERANDS,

  async run({ flags, operands }, surroundings) {
    const models = modelsOf(operands);
    const number = (name: keyof typeof FLAGS, min: number, max = MOST): number | undefined =>
      integerFlag(name, flags[name], undefined, [min, max]);
    const listen = withoutUndefined({ port: number('port', 0, 65535), host: flags.host as string | undefined });
    const end = withoutUndefined({ grace: number('grace', 0), limit: number('limit', 0) });
    const watch = number('watch', 0, 86400) ?? 1;
    const threads = number('threads', 1, 256) ?? defaultThreads();
    const files = new FileWatch(models);
    const server = await createServer(
      Object.fromEntries(models),
      withoutUndefined({
        maxBody: number('max-body', 1),
        maxQueue: number('max-queue', 1),
        maxStreams: number('max-streams', 0),
        timeout: number('timeout', 1),
        metrics: flags['no-metrics'] !== true,
        logger: flags.quiet === true ? false : { stream: surroundings.stdout },
        logRequests: flags['log-requests'] === true,
      }),
    );
    // Of the whole process: only where there is something to serve.
    setThreads(threads);
    keepHeapSmall();
    const stop = keepFresh(server, models, files, watch);
    try {
      // Signals first: whoever reads the address may end the server.
      const ended = endSignal();
      const address = await server.listen(listen);
      server.log.info({ address, models: server.models, threads }, 'serves');
      server.log.info({ signal: await ended }, 'ends');
      await server.close(end);
      return 0;
    } finally {
      stop();
      await server.close();
    }
  },
});

/** Requests are read and answered on a core of their own: a compute thread that it is taken from would hold up the others. */
function defaultThreads(): number {
  const { threads } = cpuInfo();
  return process.env['OSTINATO_THREADS'] === undefined ? Math.max(1, threads - 1) : threads;
}

/**
 * After a burst, in which requests last, V8 would place what requests allocate among what lives for long. There only a collection
 * of all memory frees it, twice a second under load, each of which holds requests up for some 10 ms (`serve.p99`). In a flood
 * requests last indeed: what they leave there is collected when it is half as much as what is needed (`serve.flood`).
 */
function keepHeapSmall(): void {
  try {
    for (const flag of ['--no-allocation-site-pretenuring', '--heap-growing-percent=50']) setFlagsFromString(flag);
  } catch {
    // A runtime without V8.
  }
}

/** Paths by names. */
function modelsOf(operands: readonly string[]): Models {
  const models = new Map<string, string>();
  for (const operand of operands) {
    const sign = operand.indexOf('=');
    const file = operand.slice(sign + 1);
    const name = sign > 0 ? operand.slice(0, sign) : path.basename(file, path.extname(file));
    if (models.has(name)) throw new UsageError(`expected models of different names, received ${name} twice`);
    models.set(name, file);
  }
  return models;
}

/** Loads models anew: each where its file changes, all on SIGHUP. @returns what ends that */
function keepFresh(server: ModelServer, models: Models, files: FileWatch, seconds: number): () => void {
  const reload = async (name: string): Promise<void> => {
    const file = models.get(name)!;
    try {
      const version = await server.load(name, file);
      server.log.info({ model: name, version, file }, 'loaded');
    } catch (error) {
      server.log.error({ model: name, file, err: error as Error }, 'not loaded: the model that is there stays');
    }
  };
  const all = (): void => [...models.keys()].forEach((name) => void reload(name));
  process.on('SIGHUP', all);
  if (seconds > 0) files.start(seconds * 1000, reload);
  return () => {
    process.off('SIGHUP', all);
    files.stop();
  };
}

/** The first signal to end; the second one ends the process as it does by itself. */
function endSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];
    const listener = (signal: NodeJS.Signals): void => {
      for (const other of signals) process.off(other, listener);
      resolve(signal);
    };
    for (const signal of signals) process.on(signal, listener);
  });
}

function withoutUndefined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof T]: Exclude<T[K], undefined> };
}
