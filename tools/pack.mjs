// SPDX-License-Identifier: MIT
// The tarball: what it needs besides the sources, and the packing of it.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ensurePackage } from './ensure.mjs';
import { missingPrebuilds, PREBUILDS } from './prebuild/build.mjs';
import { readBinary } from './prebuild/binary.mjs';
import { binaryProblems, TARGETS } from './prebuild/targets.mjs';
import { capture, npmCommand, ROOT, StepError } from './steps.mjs';

const require = createRequire(import.meta.url);

/** Says that a binary of `prebuilds/` is this machine's own build, and no release. */
const LOCAL = path.join(PREBUILDS, '.local');

/** Whether `prebuilds/` holds a binary that was built for a release. */
export function isReleaseBuild(target) {
  return existsSync(path.join(PREBUILDS, `${target}.node`)) && !existsSync(LOCAL);
}

/** The headers that `ostinato build` needs, for machines that have no development dependencies. */
export function writeHeaders() {
  const folder = path.join(ROOT, 'dist', 'headers');
  mkdirSync(folder, { recursive: true });
  const addonApi = path.join(ROOT, 'node_modules', 'node-addon-api');
  const nodeApi = path.join(ROOT, 'node_modules', 'node-api-headers');
  for (const name of ['napi.h', 'napi-inl.h', 'napi-inl.deprecated.h'])
    copyFileSync(path.join(addonApi, name), path.join(folder, name));
  for (const name of ['node_api.h', 'node_api_types.h', 'js_native_api.h', 'js_native_api_types.h'])
    copyFileSync(path.join(nodeApi, 'include', name), path.join(folder, name));
  const license = (root, name) => `${path.basename(root)}\n\n${readFileSync(path.join(root, name), 'utf8').trim()}\n`;
  writeFileSync(path.join(folder, 'LICENSES'), `${license(addonApi, 'LICENSE.md')}\n${license(nodeApi, 'LICENSE')}`);
}

/** Puts this machine's build where a package has its prebuilt binaries: a package made from git has no others. */
export function keepLocalBuild() {
  const { hostTargets } = require('../dist/native/platform.js');
  const [target] = hostTargets();
  if (target === undefined) return; // the package compiles where it is installed
  mkdirSync(PREBUILDS, { recursive: true });
  copyFileSync(path.join(ROOT, 'build', 'Release', 'ostinato.node'), path.join(PREBUILDS, `${target}.node`));
  writeFileSync(LOCAL, `${target} is a build of this machine; \`npm run prebuild -- --pack\` makes a release.\n`);
}

/** Release builds begin with a folder that holds none of this machine's own. */
export function dropLocalBuild() {
  if (existsSync(LOCAL)) rmSync(PREBUILDS, { recursive: true });
}

/** Packs what there is. @returns the path of the tarball */
export function pack(folder) {
  ensurePackage();
  writeHeaders();
  mkdirSync(folder, { recursive: true });
  const flags = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { ok, stdout, output } = capture([...npmCommand(), ...flags]);
  if (!ok) throw new StepError(`npm pack failed: ${output}`);
  const packed = JSON.parse(stdout);
  const [entry] = Array.isArray(packed) ? packed : Object.values(packed);
  return path.join(folder, entry.filename);
}

/** Most bytes of a release. */
const LARGEST = 10_000_000;

/** Packs a release: every binary is there and in order. */
export function packRelease(folder = path.join(ROOT, 'build')) {
  const missing = missingPrebuilds();
  if (missing.length > 0 || existsSync(LOCAL))
    throw new StepError(
      `expected prebuilt binaries of all targets, received none of ${missing.join(', ') || 'a release'}.`,
    );
  const problems = Object.keys(TARGETS).flatMap((name) => {
    const file = path.join(PREBUILDS, `${name}.node`);
    return binaryProblems(name, readBinary(file), readFileSync(file)).map((problem) => `${name}: ${problem}`);
  });
  if (problems.length > 0) throw new StepError(problems.join('\n'));
  const tarball = pack(folder);
  const { size } = statSync(tarball);
  if (size > LARGEST) throw new StepError(`the tarball has ${size} bytes, more than ${LARGEST}.`);
  return tarball;
}
