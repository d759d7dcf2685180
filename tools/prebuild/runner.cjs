// SPDX-License-Identifier: MIT
// Runs test files that were compiled to JavaScript, in a runtime that jest does not run on: Node of another processor
// under an emulator, Node for Windows under Wine, Bun on musl. Only what the tests use of jest: describe, test, hooks,
// `each`, `expect`, mocks of functions.
//   runtime runner.cjs MODULES RESULT FILE...: writes { passed, failed, skipped, failures } to RESULT
/* global clearTimeout */
const { writeFileSync } = require('node:fs');
const path = require('node:path');

const [modules, result, ...files] = process.argv.slice(2);
const { expect } = require(path.join(modules, 'expect'));
const { bind } = require(path.join(modules, 'jest-each'));
const { ModuleMocker } = require(path.join(modules, 'jest-mock'));

const TIMEOUT_MS = 600000;
const HOOKS = ['beforeAll', 'afterAll', 'beforeEach', 'afterEach'];

const makeBlock = (title, parent) => ({
  title,
  parent,
  entries: [],
  hooks: Object.fromEntries(HOOKS.map((name) => [name, []])),
});
let block;

function define(make) {
  const own = make({ skip: false });
  own.skip = make({ skip: true });
  own.only = own;
  own.each = bind(own);
  own.skip.each = bind(own.skip);
  return own;
}

const describe = define(({ skip }) => (title, body) => {
  const inner = makeBlock(title, block);
  inner.skip = skip;
  block.entries.push(inner);
  block = inner;
  try {
    body();
  } finally {
    block = inner.parent;
  }
});
const test = define(
  ({ skip }) =>
    (title, body) =>
      block.entries.push({ title, body, skip }),
);
for (const name of HOOKS) globalThis[name] = (body) => block.hooks[name].push(body);
const jest = Object.assign(new ModuleMocker(globalThis), { setTimeout: () => jest });
Object.assign(globalThis, { describe, test, it: test, expect, jest });

const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };

function fail(title, error) {
  counts.failed++;
  counts.failures.push(`${title}: ${String(error?.stack ?? error).slice(0, 2000)}`);
}

async function call(body) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  try {
    await Promise.race([body.length > 0 ? new Promise((done) => body(done)) : body(), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function runBlock(own, above, skip) {
  const titles = [...above, own.title].filter(Boolean);
  const chain = [];
  for (let each = own; each; each = each.parent) chain.unshift(each);
  try {
    for (const hook of own.hooks.beforeAll) await call(hook);
    for (const entry of own.entries) {
      if (entry.entries) await runBlock(entry, titles, skip || entry.skip);
      else if (skip || entry.skip) counts.skipped++;
      else await runTest(entry, titles, chain);
    }
    for (const hook of own.hooks.afterAll) await call(hook);
  } catch (error) {
    fail(titles.join(' > '), error);
  }
}

async function runTest({ title, body }, titles, chain) {
  try {
    for (const each of chain) for (const hook of each.hooks.beforeEach) await call(hook);
    try {
      await call(body);
    } finally {
      for (const each of [...chain].reverse()) for (const hook of each.hooks.afterEach) await call(hook);
    }
    counts.passed++;
  } catch (error) {
    fail([...titles, title].join(' > '), error);
  }
}

(async () => {
  for (const file of files) {
    block = makeBlock(path.basename(file), undefined);
    const root = block;
    try {
      require(path.resolve(file));
      await runBlock(root, [], false);
    } catch (error) {
      fail(file, error);
    }
    writeFileSync(result, JSON.stringify(counts));
  }
  writeFileSync(result, JSON.stringify({ ...counts, isDone: true }));
  process.exit(0);
})();
