// SPDX-License-Identifier: MIT
// `npm run prebuild -- --test [TARGET...]`: runs on this machine what can run of the prebuilt binaries, each from the packed
// tarball: Nehalem and arm64 under qemu, musl on Debian's musl, Windows under Wine. Where jest runs, it runs all tests
// on the binary of the tarball; elsewhere they are compiled to JavaScript here and run by runner.cjs. The last table goes
// into docs/platforms.md.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CACHE } from '../kits.mjs';
import { pack } from '../pack.mjs';
import { capture, filesBelow, moduleProgram, ROOT, say, StepError } from '../steps.mjs';
import { run } from '../package/project.mjs';
import { buildTarget, PREBUILDS } from './build.mjs';
import { MACHINES } from './machines.mjs';

const require = createRequire(import.meta.url);

/** What makes a test one of this machine or of jest: processes, threads, connections, compilers, modules that are mocked. */
const BOUND =
  /from '(node:(child_process|http|net|worker_threads)|typescript|ws)'|process\.execPath|jest\.(mock|doMock|useFakeTimers|isolateModules)\(/;

/** Runs the machines of these targets; all where none is named. */
export async function testTargets(names, { json, only = '' } = {}) {
  const chosen = MACHINES.filter(({ target }) => names.length === 0 || names.includes(target));
  if (chosen.length === 0) throw new StepError(`no machine here runs ${names.join(', ')}: see docs/platforms.md`);
  const results = [];
  for (const machine of chosen) {
    results.push(await testMachine(machine, only));
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  }
  process.stdout.write(`${tableOf(results)}\n`);
  return results.every(({ problem, failed }) => problem === undefined && failed === 0) ? 0 : 1;
}

async function testMachine(machine, only) {
  const begun = Date.now();
  const { name, target } = machine;
  const done = (result) => ({ name, target, ...result, seconds: Math.round((Date.now() - begun) / 1000) });
  try {
    const missing = machine.missing();
    if (missing !== undefined) return done({ problem: `not run: ${missing}` });
    if (!existsSync(path.join(PREBUILDS, `${target}.node`))) await buildTarget(target);
    const testing = path.join(CACHE, 'testing', `${target}.node`);
    await buildTarget(target, { testing: true, output: testing });
    say(`running ${name}`);
    const folder = prepare(target, testing);
    const consumer = lastLine(machine, folder, [path.join(folder, 'test', 'package', 'consumer.cjs')], {
      OSTINATO_CONSUMER_RUNS: '1',
    });
    if (consumer.learns !== true || consumer.isSame !== true) throw new StepError(JSON.stringify(consumer));
    if (machine.runsJest)
      return done({ isa: consumer.isa, runtime: consumer.node, ...runJest(machine, folder, testing, only) });
    const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
    const files = (machine.files ?? testFiles()).filter(choice(only));
    if (files.length === 0) throw new StepError('no test file is chosen');
    for (const file of files) {
      const result = runFile(machine, folder, file.replace(/\.ts$/, '.js'));
      for (const key of ['passed', 'failed', 'skipped']) counts[key] += result[key];
      counts.failures.push(...result.failures.map((failure) => `${file}: ${failure}`));
    }
    report(machine, counts);
    return done({ isa: consumer.isa, runtime: consumer.node, ...counts });
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return done({ problem: error.message.trim().split('\n').slice(0, 12).join('\n') });
  }
}

/** Files whose names have one of the texts. */
function choice(only) {
  return (file) => only.split(',').some((text) => file.includes(text));
}

function report({ name }, { failures }) {
  for (const failure of failures.slice(0, 30)) say(`${name}: ${failure}`);
}

/** Tests of the repository, on the binary of the tarball and its testing twin. */
function runJest(machine, folder, testing, only) {
  const result = path.join(folder, 'result.json');
  const jest = [process.execPath, moduleProgram('jest/bin/jest.js'), '--json', `--outputFile=${result}`];
  const env = {
    OSTINATO_ADDON: path.join(folder, 'prebuilds', `${machine.target}.node`),
    OSTINATO_TESTING_ADDON: testing,
  };
  const { output } = run([...jest, ...only.split(',').filter(Boolean)], { cwd: ROOT, env, timeout: 3_600_000 });
  if (!existsSync(result)) throw new StepError(output.slice(-2000));
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(result, 'utf8'));
  const failures = testResults
    .filter(({ status }) => status === 'failed')
    .map(({ name: file, message }) => `${path.relative(ROOT, file)}: ${message.slice(0, 1500)}`);
  const counts = {
    passed: numPassedTests,
    failed: Math.max(numFailedTests, failures.length),
    skipped: numPendingTests,
    failures,
  };
  report(machine, counts);
  return counts;
}

/** The tarball unpacked, with the tests in it, all of it JavaScript. */
function prepare(target, testing) {
  const folder = path.join(CACHE, 'test', target);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const tarball = pack(path.join(CACHE, 'packed'));
  const { ok, output } = capture(['tar', 'xzf', tarball, '-C', folder, '--strip-components=1']);
  if (!ok) throw new StepError(output);
  // This target's binary alone: no other can be taken by mistake.
  for (const name of readdirSync(path.join(folder, 'prebuilds')))
    if (name !== `${target}.node`) rmSync(path.join(folder, 'prebuilds', name));
  cpSync(path.join(ROOT, 'test'), path.join(folder, 'test'), { recursive: true });
  cpSync(testing, path.join(folder, 'testing.node'));
  cpSync(path.join(ROOT, 'tools', 'prebuild', 'runner.cjs'), path.join(folder, 'runner.cjs'));
  compile(folder);
  // What a program calls the package is the package itself.
  mkdirSync(path.join(folder, 'node_modules', 'ostinato'), { recursive: true });
  writeFileSync(
    path.join(folder, 'node_modules', 'ostinato', 'index.js'),
    "module.exports = require('../../dist/index.js');\n",
  );
  return folder;
}

/** Compiles lib/ and test/ of a folder in place, by the compiler that jest uses. */
function compile(folder) {
  const swc = require('@swc/core');
  const options = { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } };
  for (const room of ['lib', 'test'])
    for (const relative of filesBelow(room, (file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))) {
      const { code } = swc.transformFileSync(path.join(ROOT, relative), options);
      const output = path.join(folder, relative.replace(/\.ts$/, '.js'));
      mkdirSync(path.dirname(output), { recursive: true });
      writeFileSync(output, code);
    }
}

/** Tests that mean the same wherever they run, and use nothing that does not. */
function testFiles() {
  return filesBelow('test', (file) => file.endsWith('.test.ts')).filter((file) => !isBound(file));
}

/** Whether a test, or what it imports of the tests, is {@link BOUND}. */
function isBound(file, seen = new Set()) {
  if (seen.has(file)) return false;
  seen.add(file);
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  if (BOUND.test(text)) return true;
  const imported = [...text.matchAll(/from '(\.[^']*)'/g)].map(([, name]) =>
    path.join(path.dirname(file), `${name}.ts`),
  );
  return imported.some((name) => name.startsWith('test') && existsSync(path.join(ROOT, name)) && isBound(name, seen));
}

function runFile(machine, folder, file) {
  const result = path.join(folder, 'result.json');
  rmSync(result, { force: true });
  const modules = path.dirname(moduleProgram('expect'));
  const script = [path.join(folder, 'runner.cjs'), modules, result, path.join(folder, file)];
  const { status, signal, output } = start(machine, folder, script, {
    OSTINATO_TESTING_ADDON: machine.pathOf(path.join(folder, 'testing.node')),
  });
  const counts = existsSync(result) ? JSON.parse(readFileSync(result, 'utf8')) : undefined;
  if (counts?.isDone) return counts;
  const failure = `ended with ${signal ?? status}: ${output.trim().slice(-1500)}`;
  return {
    passed: 0,
    skipped: 0,
    ...counts,
    failed: (counts?.failed ?? 0) + 1,
    failures: [...(counts?.failures ?? []), failure],
  };
}

function lastLine(machine, folder, script, env) {
  const { status, signal, stdout, output } = start(machine, folder, script, env);
  if (status !== 0) throw new StepError(`${machine.name} ended with ${signal ?? status}: ${output.slice(-2000)}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

function start(machine, folder, [script, ...args], env) {
  const command = [...machine.start(), ...[script, ...args].map((each) => machine.pathOf(each))];
  // Wine cannot write to a pipe; and there is one place to look when something goes wrong.
  const log = path.join(folder, 'output.log');
  const shell = ['sh', '-c', '"$@" > "$0" 2>&1', log, ...command];
  const { status, signal } = run(shell, { cwd: folder, env: { ...machine.env, ...env }, timeout: 3_600_000 });
  const output = existsSync(log) ? readFileSync(log, 'utf8') : '';
  return { status, signal, stdout: output, output };
}

function tableOf(results) {
  const header = ['machine', 'target', 'ISA', 'Node', 'passed', 'failed', 'skipped', 's'];
  const rows = results.map(({ name, target, isa, runtime, passed, failed, skipped, seconds, problem }) =>
    problem === undefined
      ? [name, target, isa, runtime, passed, failed, skipped, seconds]
      : [name, target, '', '', '', '', problem.split('\n')[0], seconds],
  );
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
