// SPDX-License-Identifier: MIT
// `ostinato doctor`: what the package finds on this machine, and which binary it took and why.
import os from 'node:os';
import { internal, OstinatoError } from '../index';
import { hostName, hostTargets } from '../native/platform';
import { defineCommand, flagTable } from './command';
import { packageVersion } from './package_root';

const { loadedAddon } = internal;

const FLAGS = { help: { help: 'this text' } };
const VARIABLES = ['OSTINATO_ADDON', 'OSTINATO_ISA', 'OSTINATO_THREADS'] as const;

export const doctor = defineCommand({
  summary: 'tells which binary is loaded, on which CPU, with how many threads',
  help: `Usage: ostinato doctor\n\n${flagTable(FLAGS)}\n`,
  flags: FLAGS,

  async run(_line, { stdout, env }) {
    const line = (name: string, text: string): unknown => stdout.write(`${`${name}:`.padEnd(12)} ${text}\n`);
    const [cpu] = os.cpus();
    line('ostinato', packageVersion());
    line('runtime', runtimeName());
    line('platform', hostName());
    line('CPU', `${cpu?.model.trim() || process.arch}, ${os.cpus().length} cores of the system`);
    for (const name of VARIABLES) if (env[name]) line(name, env[name]);
    try {
      const { binding, attempts } = loadedAddon();
      for (const { source, place, failure } of attempts)
        line(failure === null ? 'binary' : 'not taken', `${source} ${place}${failure === null ? '' : `: ${failure}`}`);
      const { isa, available, threads, cores } = binding.cpuInfo();
      line('ISA', `${isa} (of ${available.join(', ')})`);
      line('threads', `${threads} (${cores} cores by affinity and quota)`);
      return 0;
    } catch (error) {
      if (!(error instanceof OstinatoError)) throw error;
      const [target] = hostTargets();
      line('binary', `none (prebuilt for this machine: ${target ?? 'none is published'})`);
      line('reason', error.message);
      return 1;
    }
  },
});

/** The program that runs us: Bun and Deno say they are a Node, too. */
function runtimeName(): string {
  const { bun, deno, node } = process.versions as Readonly<Record<string, string | undefined>>;
  const own = bun !== undefined ? `Bun ${bun}, as ` : deno !== undefined ? `Deno ${deno}, as ` : '';
  return `${own}Node ${node ?? 'unknown'}, Node-API ${process.versions['napi'] ?? 'unknown'}`;
}
