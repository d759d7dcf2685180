// SPDX-License-Identifier: MIT
// Compiles the addon of a target with Zig, which holds the headers and libraries of all of them, and checks the result.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { ensurePackage } from '../ensure.mjs';
import { CACHE, kit } from '../kits.mjs';
import { filesBelow, ROOT, say, StepError } from '../steps.mjs';
import { readBinary } from './binary.mjs';
import { stripLocals } from './macho_strip.mjs';
import { keepExports } from './pe_exports.mjs';
import { binaryProblems, ENTRIES, isaProblems, TARGETS, zigMachine } from './targets.mjs';

const require = createRequire(import.meta.url);

/** Zig: the program that OSTINATO_ZIG names, else that of its kit. */
export function zig() {
  return process.env.OSTINATO_ZIG ?? path.join(kit('zig'), '@ryoppippi', 'zig-linux-x64', 'zig');
}

/** Where the binaries of a release are gathered; part of the package. */
export const PREBUILDS = path.join(ROOT, 'prebuilds');

/**
 * Builds and checks one binary.
 *
 * @returns its path, and what a row of the table says of it
 */
export async function buildTarget(name, { output = path.join(PREBUILDS, `${name}.node`), testing = false } = {}) {
  const target = TARGETS[name];
  const plan = planOf(name, { output, testing });
  const begun = Date.now();
  say(`building ${name}${testing ? ', its testing twin' : ''}`);
  mkdirSync(path.dirname(output), { recursive: true });
  rmSync(output, { force: true });
  // Keys are of the sources as they are now: what is edited meanwhile is compiled again next time.
  const keys = new Map(plan.compilations.map((compilation) => [compilation.object, keyOf(compilation)]));
  const stale = plan.compilations.filter(({ object }) => !isFresh(object, keys.get(object)));
  for (const { object } of stale) rmSync(`${object}.key`, { force: true });
  await runPlanOf(name, { ...plan, compilations: stale });
  for (const { object } of stale) writeFileSync(`${object}.key`, keys.get(object));
  removeByproducts(output);
  if (target.os === 'win32') keepExports(output, ENTRIES);
  if (target.os === 'darwin') stripLocals(output);
  const problems = plan.compilations
    .filter(({ isa }) => isa !== undefined)
    .flatMap(({ object }) => isaProblems(path.basename(object), readBinary(object)));
  const binary = readBinary(output);
  if (!testing) problems.push(...binaryProblems(name, binary, readFileSync(output)));
  if (problems.length > 0) throw new StepError(problems.map((problem) => `${name}: ${problem}`).join('\n'));
  return {
    name,
    file: output,
    bytes: statSync(output).size,
    seconds: (Date.now() - begun) / 1000,
    needs: target.needs,
    binary,
  };
}

/**
 * Compiles, for a target that cannot run here, the sources that include a header directly or by way of others.
 *
 * @param header as it is included, say `base/system_windows.h`
 */
export async function compileIncluders(name, header) {
  const sources = includersOf(header);
  const { compilations } = planOf(name, { testing: true, objects: path.join(CACHE, 'checked', name) });
  const chosen = compilations.filter(({ source }) => sources.has(source));
  if (chosen.length === 0) throw new StepError(`no source of ${name} includes ${header}`);
  await runPlanOf(name, { compilations: chosen, link: [] });
}

/** The files of native/ that include a header, directly or by way of others. */
function includersOf(header) {
  const files = filesBelow('native', (file) => /\.(h|cc)$/.test(file));
  const texts = new Map(files.map((file) => [file, readFileSync(path.join(ROOT, file), 'utf8')]));
  const found = new Set([`native/${header}`]);
  for (const name of found)
    for (const [file, text] of texts) if (text.includes(`#include "${name.slice('native/'.length)}"`)) found.add(file);
  return found;
}

/** The commands that build a target, or its testing twin, with Zig. */
function planOf(name, { output = '', testing, objects = path.join(CACHE, 'objects', name) }) {
  ensurePackage();
  const { planAddon } = require('../../dist/cli/native/plan.js');
  const target = TARGETS[name];
  const toolchain = {
    compiler: [zig(), 'c++', '-target', target.zig],
    headers: [require('node-addon-api').include_dir, require('node-api-headers').include_dir].map(relativeToRoot),
    machine: zigMachine(target),
    // Zig's C++ library is part of the binary.
    nodeFlags: target.os === 'darwin' ? ['-DOSTINATO_HIDES_NEW', '-fvisibility-global-new-delete=force-hidden'] : [],
    linkFlags: [],
  };
  return planAddon(ROOT, target, toolchain, { objects, output, testing });
}

async function runPlanOf(name, plan) {
  const { CommandFailed, runPlan } = require('../../dist/cli/native/run_plan.js');
  const cache = path.join(CACHE, 'zig');
  const env = { ...process.env, ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache };
  try {
    await runPlan(ROOT, plan, { jobs: os.availableParallelism(), env });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    throw new StepError(`${name}: ${error.command.slice(-4).join(' ')}: ${error.output}`);
  }
}

/** Whether an object was compiled from the same sources by the same command. */
function isFresh(object, key) {
  return existsSync(object) && existsSync(`${object}.key`) && readFileSync(`${object}.key`, 'utf8') === key;
}

let headers;

/** Any header may be in any source: so an object hangs on all of them, on its own source, and on its command. */
function keyOf({ source, command }) {
  headers ??= hashOf(filesBelow('native', (file) => file.endsWith('.h')));
  return `${headers} ${hashOf([source])} ${createHash('sha256').update(command.join('\0')).digest('hex')}`;
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(path.join(ROOT, file)));
  return hash.digest('hex');
}

/** Linkers for Windows leave an import library and debug symbols beside their output. */
function removeByproducts(output) {
  const folder = path.dirname(output);
  for (const name of readdirSync(folder)) if (/\.(lib|pdb|exp)$/.test(name)) rmSync(path.join(folder, name));
}

function relativeToRoot(folder) {
  return path.relative(ROOT, path.resolve(ROOT, folder));
}

/** The table of sizes. */
export function tableOf(results) {
  const rows = [
    ['target', 'bytes', 'needs', 'libraries', 'seconds'],
    ...results.map(({ name, bytes, needs, binary, seconds }) => [
      name,
      bytes.toLocaleString('en'),
      needs,
      binary.libraries
        .join(' ')
        .replaceAll(/api-ms-win-crt-[a-z0-9-]+\.dll ?/g, '')
        .trim() || '-',
      seconds.toFixed(0),
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The binaries of `prebuilds/` that are missing. */
export function missingPrebuilds() {
  return Object.keys(TARGETS).filter((name) => !existsSync(path.join(PREBUILDS, `${name}.node`)));
}
