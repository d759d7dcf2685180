// SPDX-License-Identifier: MIT
// Makes a checkout ready to run: installs packages, builds the addon, compiles TypeScript, each only where something is
// missing or out of date. Says one line per thing it does, and nothing where there is nothing to do.
// `--testing` also asks for the addon that the native tests use. Only node's own modules may be imported here: on a
// fresh clone there is nothing else.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { capture, main, moduleProgram, newestTime, npmCommand, onPath, ROOT, step } from './steps.mjs';

const at = (...parts) => path.join(ROOT, ...parts);

/** Brings everything up to date. */
export function ensure({ testing = false } = {}) {
  ensurePackages();
  ensureAddon(testing);
  ensureDist();
}

/** Brings what is written in TypeScript up to date, without the addon of this machine. */
export function ensurePackage() {
  ensurePackages();
  ensureDist();
}

/** Installs where what is installed differs from the lock file. Contents are compared: a checkout touches times. */
function ensurePackages() {
  if (isInstalled()) return;
  // Not `npm ci`: it refuses a lock file that was made where other systems' optional packages could not be seen. Without
  // saving, `npm install` takes the same locked versions and leaves the lock file alone.
  // The install script would build the addon too; the step below does, with its testing twin, and only once.
  const flags = ['install', '--no-save', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'];
  step('installing packages (npm install)', [...npmCommand(), ...flags], {
    hint: (output) =>
      /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN/.test(output) ? 'The npm registry could not be reached.' : '',
  });
}

function isInstalled() {
  const installed = lockedPackages(at('node_modules', '.package-lock.json'));
  const wanted = lockedPackages(at('package-lock.json'));
  if (!installed || !wanted) return false;
  return Object.entries(wanted).every(
    ([name, entry]) => name === '' || entry.optional || installed[name]?.version === entry.version,
  );
}

function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function ensureAddon(testing) {
  const stamp = at('build', '.addon-stamp');
  const products = ['ostinato.node', ...(testing ? ['ostinato_testing.node'] : [])];
  const sources = [at('native'), at('binding.gyp')];
  if (products.every((name) => existsSync(at('build', 'Release', name))) && isFresh(stamp, sources)) return;

  const started = new Date();
  const gyp = [process.execPath, moduleProgram('node-gyp/bin/node-gyp.js')];
  const nodedir = headersFolder();
  const where = nodedir ? [`--nodedir=${nodedir}`] : [];
  // The testing addon is always configured: asking for it only at times would rebuild everything at each change of mind.
  step('configuring the native build', [...gyp, 'configure', ...where, '--', '-Dtesting=1'], { hint: toolsHint });
  step('building the native addon (a minute or so)', [...gyp, 'build', '-j', 'max', ...where], { hint: toolsHint });
  setStamp(stamp, started);
}

function ensureDist() {
  const stamp = at('build', '.dist-stamp');
  const products = [at('dist', 'index.js'), at('dist', 'cli', 'main.js')];
  if (
    products.every((file) => existsSync(file)) &&
    isFresh(stamp, [at('lib'), at('tsconfig.json'), at('tools', 'bundle.mjs')])
  )
    return;
  const started = new Date();
  // What lib/ no longer has is not to be packed.
  rmSync(at('dist'), { recursive: true, force: true });
  step('checking TypeScript', [process.execPath, moduleProgram('typescript/bin/tsc'), '-p', 'tsconfig.json']);
  step('bundling JavaScript', [process.execPath, at('tools', 'bundle.mjs')]);
  setStamp(stamp, started);
}

/** A stamp and not the product's own time: a build that finds nothing to relink leaves an old product that is right. */
function isFresh(stamp, sources) {
  return existsSync(stamp) && statSync(stamp).mtimeMs > newestTime(sources);
}

/** Dated to the start of the step, so that what was edited meanwhile counts as newer. */
function setStamp(stamp, time) {
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, time, time);
}

/**
 * A folder whose include/node holds this node's headers, or undefined where node-gyp shall download them.
 * node-gyp sees npm's `nodedir` only where npm still passes on settings that it does not know, so it is asked for here.
 */
export function headersFolder() {
  const asked = capture([...npmCommand(), 'config', 'get', 'nodedir']).stdout.trim();
  const beside = path.resolve(path.dirname(process.execPath), '..');
  if (asked && path.isAbsolute(asked) && existsSync(asked)) return asked;
  return headersVersion(beside) === process.versions.node ? beside : undefined;
}

function headersVersion(folder) {
  try {
    const text = readFileSync(path.join(folder, 'include', 'node', 'node_version.h'), 'utf8');
    return ['MAJOR', 'MINOR', 'PATCH'].map((part) => text.match(`NODE_${part}_VERSION (\\d+)`)?.[1]).join('.');
  } catch {
    return undefined;
  }
}

/** Which package is missing, where a build failed for lack of a tool. */
function toolsHint(output) {
  if (process.platform === 'win32')
    return /find Visual Studio|find Python/i.test(output)
      ? 'Install Python 3 and the Visual Studio Build Tools with "Desktop development with C++".'
      : '';
  const mac = process.platform === 'darwin';
  const missing = [];
  if (!onPath('python3') && !onPath('python')) missing.push('python3');
  if (!onPath('make')) missing.push('make');
  const compiler = process.env.CXX?.split(' ')[0];
  if (compiler ? !onPath(compiler) && !existsSync(compiler) : !['c++', 'g++', 'clang++'].some(onPath))
    missing.push('g++');
  if (missing.length === 0)
    return /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|nodejs\.org/.test(output)
      ? "node's headers could not be downloaded: set them with `npm config set nodedir FOLDER`."
      : '';
  if (mac) return 'Install the command line tools: xcode-select --install';
  return `Not found: ${missing.join(', ')}. Install them, for instance: apt-get install ${missing.join(' ')}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main(() => ensure({ testing: process.argv.includes('--testing') }));
