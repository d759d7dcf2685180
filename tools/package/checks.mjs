// SPDX-License-Identifier: MIT
// What the packed tarball must do, each as a function that throws where it does not. Programs come from the kits `checks`
// and `runtimes` (tools/kits/); the project that a check installs into is empty and knows no network.
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { checkTypes } from '../check_types.mjs';
import { CACHE, kit } from '../kits.mjs';
import { compileIncluders } from '../prebuild/build.mjs';
import { ROOT, StepError } from '../steps.mjs';
import { expectConsumer, expectRun, makeFolder, makeProject, remove, run, sizeOf } from './project.mjs';

const require = createRequire(import.meta.url);
const node = process.execPath;

const program = (relative) => path.join(kit('checks'), relative);
const runtime = (name) => path.join(kit('runtimes'), name, 'bin', 'node');
const bun = () => path.join(kit('runtimes'), '@oven', 'bun-linux-x64', 'bin', 'bun');
const deno = () => path.join(kit('runtimes'), '@deno', 'linux-x64-glibc', 'deno');

/** Nothing may be asked of a registry: an address that no server has. */
const OFFLINE = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_cache: path.join(CACHE, 'no-cache') };
const NPM_FLAGS = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'];

/** All checks, in order. @param tarball the package, packed */
export function packageChecks(tarball) {
  const shared = installedProject(tarball);
  return [
    ['npm 11 installs it offline, without scripts, as the only package', () => npmInstall('npm11', node, tarball)],
    [
      'npm 12 installs it offline, without scripts, as the only package',
      () => npmInstall('npm12', runtime('node24'), tarball),
    ],
    ['pnpm installs it', () => installWith(pnpm(tarball))],
    ['Yarn with node_modules installs it', () => installWith(yarn('node-modules', tarball))],
    ['Yarn with Plug and Play installs it', () => installWith(yarn('pnp', tarball))],
    ['Bun installs it', () => installWith({ install: [[bun(), 'add', '--ignore-scripts', tarball]], start: [bun()] })],
    ...['node20', 'node22', 'node24', 'node26'].map((name) => [
      `it runs on ${name}: CommonJS, ES module, worker threads`,
      () => everyProgram([runtime(name)], shared()),
    ]),
    ['it runs on Bun', () => everyProgram([bun(), 'run'], shared())],
    ['it runs on Deno', () => everyProgram([deno(), 'run', '-A', '--node-modules-dir=manual'], shared())],
    ['it runs from a folder that another user owns and nobody may write to', () => readOnly(shared())],
    ['jest runs it', () => jest(shared())],
    ['vitest runs it', () => vitest(shared())],
    ...bundleRecipes().map(([name, recipe]) => [
      `${name} bundles and minifies it (docs/bundling.md)`,
      () => bundled(recipe, shared()),
    ]),
    ['publint finds nothing', () => expectRun([node, program('publint/src/cli.js'), packageIn(shared()), '--strict'])],
    ['attw finds nothing', () => attw(tarball)],
    ...['ts50', 'ts54', 'ts57', 'ts60', 'ts70'].map((name) => [
      `its types compile with ${name}`,
      () => types(name, shared()),
    ]),
    ['it holds what it should and nothing else', () => contents(shared())],
    ['the package is one file, in which every public name is that of the source', () => oneFile(shared())],
    ['ostinato/server says what it needs, and serves where it has it', () => server(shared())],
    ['ostinato doctor names the prebuilt binary; a missing one is explained', () => doctor(shared())],
    ['ostinato build compiles where there is no prebuilt binary', () => compiled(tarball, ostinatoBuild)],
    ['cmake-js compiles where there is no prebuilt binary', () => compiled(tarball, cmakeJs)],
    [
      'the sources that meet the headers of Windows compile for it',
      () => compileIncluders('win32-x64', 'base/system_windows.h'),
    ],
    ['the workflows are well formed (actionlint)', () => workflows()],
  ];
}

function packageIn(project) {
  return path.join(project, 'node_modules', 'ostinato');
}

/** A project with the tarball installed by npm, made once. */
function installedProject(tarball) {
  let project;
  return () => {
    if (project === undefined) {
      project = makeProject(path.join(makeFolder('checks'), 'project'));
      process.on('exit', () => remove(path.dirname(project)));
      expectRun([node, program('npm11/bin/npm-cli.js'), ...NPM_FLAGS, tarball], { cwd: project, env: OFFLINE });
    }
    return project;
  };
}

function inFolder(name, body) {
  const folder = makeFolder(name);
  try {
    return body(makeProject(path.join(folder, 'project')));
  } finally {
    remove(folder);
  }
}

/** Every program of test/package that is run by itself. */
function everyProgram(start, cwd) {
  for (const file of ['consumer.cjs', 'consumer.mjs', 'worker.cjs']) expectConsumer([...start, file], { cwd });
}

function npmInstall(name, runs, tarball) {
  return inFolder(name, (cwd) => {
    const output = expectRun([runs, program(`${name}/bin/npm-cli.js`), ...NPM_FLAGS, tarball], { cwd, env: OFFLINE });
    if (!/added 1 package\b/.test(output)) throw new StepError(`expected one package, received: ${output}`);
    expectConsumer([runs, 'consumer.mjs'], { cwd });
  });
}

function installWith({ install, start, files = {}, env = {} }) {
  return inFolder('install', (cwd) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(cwd, name), text);
    for (const command of install) expectRun(command, { cwd, env: { ...OFFLINE, ...env } });
    for (const file of ['consumer.cjs', 'consumer.mjs']) expectConsumer([...start, file], { cwd });
  });
}

function pnpm(tarball) {
  const flags = [
    'add',
    '--offline',
    '--ignore-scripts',
    '--store-dir',
    'store',
    '--config.manage-package-manager-versions=false',
  ];
  return { install: [[runtime('node24'), program('pnpm/bin/pnpm.cjs'), ...flags, tarball]], start: [node] };
}

function yarn(linker, tarball) {
  const settings = [
    'enableNetwork: false',
    'enableTelemetry: false',
    'enableScripts: false',
    'enableImmutableInstalls: false',
    // Else Plug'n'Play is for CommonJS programs alone.
    'pnpEnableEsmLoader: true',
  ];
  const command = [node, program('@yarnpkg/cli-dist/bin/yarn.js')];
  return {
    files: { '.yarnrc.yml': [...settings, `nodeLinker: ${linker}`, ''].join('\n'), 'yarn.lock': '' },
    install: [[...command, 'add', `ostinato@file:${tarball}`]],
    start: linker === 'pnp' ? [...command, 'node'] : [node],
    env: { YARN_GLOBAL_FOLDER: path.join(CACHE, 'yarn') },
  };
}

/** As a user without any right to write; where we are none that may change who we are, as ourselves. */
function readOnly(project) {
  const folder = makeFolder('read-only');
  const isRoot = process.getuid?.() === 0;
  const copy = path.join(folder, 'project');
  try {
    cpSync(project, copy, { recursive: true });
    const forAll = (change) => {
      for (const entry of ['', ...readdirSync(copy, { recursive: true })]) change(path.join(copy, entry));
    };
    forAll((file) => chmodSync(file, 0o555));
    if (isRoot) forAll((file) => chownSync(file, 1, 1));
    chmodSync(folder, 0o755);
    const who = isRoot ? { uid: 65534, gid: 65534 } : {};
    // The program that runs may lie where nobody else may look.
    const runner = path.join(folder, 'node');
    cpSync(node, runner);
    chmodSync(runner, 0o755);
    expectConsumer([runner, 'consumer.mjs'], { cwd: copy, ...who });
  } finally {
    run(['chmod', '-R', 'u+w', folder]);
    remove(folder);
  }
}

function jest(cwd) {
  const config = JSON.stringify({
    rootDir: cwd,
    testEnvironment: 'node',
    testMatch: ['**/jest.test.js'],
    transform: {},
  });
  const flags = ['--config', config, '--detectOpenHandles'];
  const { status, output } = run([node, path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'), ...flags], { cwd });
  if (status !== 0 || /open handle/i.test(output)) throw new StepError(output);
}

function vitest(cwd) {
  link(kit('checks'), cwd, 'vitest');
  const flags = ['run', '--root', cwd, '--no-cache', 'vitest.test.mjs'];
  for (const pool of ['threads', 'forks'])
    expectRun([node, program('vitest/vitest.mjs'), ...flags, '--pool', pool], { cwd });
}

/** Makes a package of a kit one of the project's. */
function link(modules, project, ...names) {
  for (const name of names) {
    const place = path.join(project, 'node_modules', name);
    mkdirSync(path.dirname(place), { recursive: true });
    try {
      symlinkSync(path.join(modules, name), place, 'junction');
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
}

/** The recipes of docs/bundling.md: name, files and commands of each section that has some. */
export function bundleRecipes(text = readFileSync(path.join(ROOT, 'docs', 'bundling.md'), 'utf8')) {
  const recipes = [];
  for (const section of text.split(/^## /m).slice(1)) {
    const blocks = [...section.matchAll(/```(js|sh)\n([\s\S]*?)```/g)].map(([, kind, body]) => ({ kind, body }));
    const files = blocks.filter(({ kind }) => kind === 'js').map(({ body }) => [/^\/\/ (\S+)\n/.exec(body)?.[1], body]);
    const commands = blocks.filter(({ kind }) => kind === 'sh').flatMap(({ body }) => body.trim().split('\n'));
    if (files.length > 0) recipes.push([section.split('\n')[0], { files, commands }]);
  }
  return recipes;
}

const BUNDLERS = [
  'esbuild',
  'webpack',
  'node-loader',
  'rollup',
  '@rollup/plugin-commonjs',
  '@rollup/plugin-node-resolve',
  '@rollup/plugin-terser',
  '@vercel/nft',
];

function bundled({ files, commands }, project) {
  const folder = makeFolder('bundle');
  try {
    const cwd = path.join(folder, 'source');
    mkdirSync(path.join(cwd, 'node_modules'), { recursive: true });
    cpSync(packageIn(project), path.join(cwd, 'node_modules', 'ostinato'), { recursive: true });
    link(kit('checks'), cwd, ...BUNDLERS);
    writeFileSync(path.join(cwd, 'package.json'), '{ "private": true }');
    // The bundle is the program: it runs wherever it is begun from.
    const app = readFileSync(path.join(ROOT, 'test', 'package', 'consumer.cjs'), 'utf8');
    writeFileSync(path.join(cwd, 'app.cjs'), app);
    for (const [name, body] of files) writeFileSync(path.join(cwd, name), body);
    for (const command of commands) expectRun(command.replace(/^node /, `${node} `).split(' '), { cwd });
    const elsewhere = path.join(folder, 'elsewhere');
    cpSync(path.join(cwd, 'out'), elsewhere, { recursive: true });
    // Node would take a package.json of ours that lies in a folder above for the package itself.
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
    remove(cwd);
    return expectConsumer([node, 'app.cjs'], { cwd: elsewhere, env: { OSTINATO_CONSUMER_RUNS: '1' } });
  } finally {
    remove(folder);
  }
}

function attw(tarball) {
  // The package is CommonJS for everyone; what is asked for and not found is a subpath that it does not have.
  expectRun([
    node,
    program('@arethetypeswrong/cli/dist/index.js'),
    tarball,
    '--no-emoji',
    '--no-color',
    '--profile',
    'node16',
  ]);
}

function types(name, project) {
  const file = name === 'ts70' ? 'bin/tsc' : 'lib/tsc.js';
  const failures = checkTypes([node, program(`${name}/${file}`)], packageIn(project));
  if (failures.length > 0) throw new StepError(failures.join('\n'));
}

/** Largest unpacked size: three quarters are the binaries. */
const LARGEST = 25_000_000;

function contents(project) {
  const folder = packageIn(project);
  const names = readdirSync(folder).sort();
  const expected = [
    'CHANGELOG.md',
    'CMakeLists.txt',
    'LICENSE',
    'README.md',
    'dist',
    'docs',
    'native',
    'package.json',
    'prebuilds',
  ];
  if (names.join() !== expected.join())
    throw new StepError(`expected ${expected.join(', ')}, received ${names.join(', ')}`);
  const manifest = require(path.join(folder, 'package.json'));
  for (const key of ['dependencies', 'optionalDependencies', 'bundleDependencies'])
    if (manifest[key] !== undefined) throw new StepError(`expected no ${key}`);
  for (const name of Object.keys(manifest.peerDependencies ?? {}))
    if (manifest.peerDependenciesMeta?.[name]?.optional !== true)
      throw new StepError(`expected optional peers alone, received ${name}`);
  const hooks = ['preinstall', 'install', 'postinstall'].filter((name) => manifest.scripts?.[name] !== undefined);
  if (hooks.length > 0) throw new StepError(`expected no script that runs at install, received ${hooks.join(', ')}`);
  if (sizeOf(folder) > LARGEST) throw new StepError(`expected at most ${LARGEST} bytes, received ${sizeOf(folder)}`);
}

/** A program waits for each file that it loads, and its errors and logs have the names that the documents have. */
function oneFile(cwd) {
  const told = expectRun([node, '-p', ONE_FILE], { cwd });
  const { files, renamed } = JSON.parse(told);
  if (files.length !== 1) throw new StepError(`expected one file, received ${files.join(', ')}`);
  if (renamed.length > 0) throw new StepError(`expected the names of the source, received ${renamed.join(', ')}`);
}

const ONE_FILE = `
  const ostinato = require('ostinato');
  // What other entries of the package take is not for users.
  const { internal, ...shown } = ostinato;
  const rooms = [shown, ...Object.values(shown).filter((value) => typeof value === 'object')];
  const named = rooms.flatMap((room) => Object.entries(room)).filter(([, value]) => typeof value === 'function');
  const renamed = named.filter(([name, value]) => value.name !== name).map(([name, value]) => name + ': ' + value.name);
  JSON.stringify({ files: Object.keys(require.cache), renamed });
`;

function doctor(cwd) {
  const cli = path.join(packageIn(cwd), 'dist', 'cli', 'main.js');
  const told = expectRun([node, cli, 'doctor'], { cwd });
  for (const pattern of [/binary: +prebuilt binary linux-x64/, /ISA: +\w+/, /threads: +\d+/])
    if (!pattern.test(told)) throw new StepError(`expected ${pattern} in:\n${told}`);
  const { status, stdout } = run([node, cli, 'doctor'], { cwd, env: { OSTINATO_ADDON: './missing.node' } });
  if (status !== 1 || !/missing\.node: no such file/.test(stdout)) throw new StepError(stdout);
}

const ostinatoBuild = (folder) => [path.join(folder, 'dist', 'cli', 'main.js'), 'build'];
const cmakeJs = (folder) => [path.join(ROOT, 'node_modules', 'cmake-js', 'bin', 'cmake-js'), 'compile', '-d', folder];

function server(cwd) {
  const told = () => JSON.parse(expectRun([node, 'server.mjs'], { cwd }));
  const missing = told();
  if (missing.isTold !== true) throw new StepError(JSON.stringify(missing));
  link(path.join(ROOT, 'node_modules'), cwd, 'fastify', 'ws', 'prom-client');
  const there = told();
  if (there.isShared !== true || there.serves !== true) throw new StepError(JSON.stringify(there));
}

/** @param compile the script, and its arguments, that compiles the package in a folder */
function compiled(tarball, compile) {
  return inFolder('compile', (cwd) => {
    expectRun([node, program('npm11/bin/npm-cli.js'), ...NPM_FLAGS, tarball], { cwd, env: OFFLINE });
    const folder = packageIn(cwd);
    remove(path.join(folder, 'prebuilds'));
    const { status, output } = run([node, 'consumer.cjs'], { cwd });
    if (status === 0 || !/npx ostinato build/.test(output))
      throw new StepError(`expected the way to compile: ${output}`);
    expectRun([node, ...compile(folder)], { cwd });
    expectConsumer([node, 'consumer.cjs'], { cwd });
  });
}

function workflows() {
  expectRun([node, path.join(ROOT, 'tools', 'package', 'actionlint.mjs')]);
}
