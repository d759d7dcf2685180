// SPDX-License-Identifier: MIT
// Finds the addon: the file that OSTINATO_ADDON names; else a build of this machine (`npx ostinato build`, node-gyp,
// cmake-js); else the prebuilt binary of the package. A failure names all that was tried, and what to do.
import { createRequire } from 'node:module';
import path from 'node:path';
import { makeError } from '../errors';
import { packageRoot } from './package_root';
import { hostLibc, hostName, hostTargets, type Libc } from './platform';
import { requirePrebuild } from './prebuilds';
import type { NativeBinding } from './binding';

/** A place where the addon was looked for. */
export interface Attempt {
  readonly source: 'OSTINATO_ADDON' | 'local build' | 'prebuilt binary';
  /** A path, or the name of a prebuilt binary. */
  readonly place: string;
  /** Why it was not taken; null for the one that was. */
  readonly failure: string | null;
}

export interface LoadedAddon {
  readonly binding: NativeBinding;
  /** The last one is what was taken. */
  readonly attempts: readonly Attempt[];
}

/** Where the program began, as far as can be told: a relative OSTINATO_ADDON keeps its meaning after a `chdir`. */
const BEGUN_IN = workingDirectory();

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return path.sep; // it was removed
  }
}

/**
 * Loads the addon.
 *
 * @throws NativeLoadError `ERR_NATIVE_LOAD`; what the addon itself refuses: ConfigError `ERR_CONFIG`
 */
export function loadAddon(): LoadedAddon {
  const libc = hostLibc();
  const attempts: Attempt[] = [];
  for (const { source, place, load } of candidates(libc)) {
    const found = load();
    if ('addon' in found) {
      attempts.push({ source, place, failure: null });
      return { binding: found.addon as NativeBinding, attempts };
    }
    const { message, code } = found.error as Error & { code?: string };
    // The engine's own refusal (an OSTINATO_ISA that this machine lacks) is the answer, not a failed attempt.
    if (code === 'ERR_CONFIG') throw makeError('ERR_CONFIG', message);
    const isMissing = code === 'MODULE_NOT_FOUND' || /no such file|cannot find module/i.test(message.split('\n')[0]!);
    attempts.push({ source, place, failure: isMissing ? 'no such file' : message.trim().split('\n')[0]! });
  }
  throw makeError('ERR_NATIVE_LOAD', refusalText(attempts, libc));
}

interface Candidate extends Pick<Attempt, 'source' | 'place'> {
  load(): ReturnType<typeof requirePrebuild>;
}

function candidates(libc: Libc): Candidate[] {
  const named = process.env['OSTINATO_ADDON'];
  if (named) return [fileCandidate('OSTINATO_ADDON', path.resolve(BEGUN_IN, named))];
  return [
    ...localBuilds().map((file) => fileCandidate('local build', file)),
    ...hostTargets(libc).map((target): Candidate => ({
      source: 'prebuilt binary',
      place: target,
      load: () => requirePrebuild(target),
    })),
  ];
}

/** Where both build systems leave the addon. In the bundle of somebody else there is no such place. */
function localBuilds(): string[] {
  const root = packageRoot();
  if (root === undefined) return [];
  return ['Release', 'Debug'].map((kind) => path.join(root, 'build', kind, 'ostinato.node'));
}

/** Loaded by a `require` that bundlers do not look into. */
function fileCandidate(source: Attempt['source'], file: string): Candidate {
  const load: Candidate['load'] = () => {
    try {
      return { addon: createRequire(file)(file) as unknown };
    } catch (error) {
      return { error };
    }
  };
  return { source, place: file, load };
}

function refusalText(attempts: readonly Attempt[], libc: Libc): string {
  const tried = attempts.map(({ source, place, failure }) => `${source} ${place}: ${failure}`).join('; ');
  return (
    `ostinato: expected a native addon for ${hostName(libc)} with Node-API 8, received none on ` +
    `Node ${process.versions.node}: ${tried === '' ? 'no binary is published for it' : tried}. ${advice(attempts)}`
  );
}

function advice(attempts: readonly Attempt[]): string {
  const failures = attempts.map(({ failure }) => failure ?? '');
  const has = (pattern: RegExp): boolean => failures.some((failure) => pattern.test(failure));
  if (has(/loading addons is disabled|ERR_DLOPEN_DISABLED/i))
    return 'Node was told to load no addons: begin it with --allow-addons, without --no-addons.';
  if (attempts[0]?.source === 'OSTINATO_ADDON') return 'Correct OSTINATO_ADDON, or unset it to let ostinato choose.';
  const reason = has(/GLIBC_[\d.]+' not found/) ? 'The prebuilt binary needs glibc 2.28 or newer. ' : '';
  return `${reason}Compile one with "npx ostinato build" (a C++17 compiler is needed); in a bundle, see docs/bundling.md; "npx ostinato doctor" tells more.`;
}
