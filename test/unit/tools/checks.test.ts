// SPDX-License-Identifier: MIT
// The checks of the house rules must refuse what they are there to refuse.
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../../..');

/** Calls an exported function of a script of tools/, which are ES modules, in a process of its own. */
function call<R = string[]>(script: string, name: string, ...args: unknown[]): R {
  const source = `import { ${name} } from './tools/${script}'; console.log(JSON.stringify(${name}(...JSON.parse(process.argv[1]))));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', source, JSON.stringify(args)], {
    cwd: ROOT,
  });
  return JSON.parse(String(output)) as R;
}

describe('include check', () => {
  test.each([
    ['native/kernels/a-inl.h', '#include "layers/dense.h"'],
    ['native/kernels/a-inl.h', '#include <vector>'],
    ['native/isa/kernels_avx2.cc', '#include <algorithm>'],
    ['native/layers/dense.cc', '#include "kernels/gemm-inl.h"'],
    ['native/layers/dense.cc', '# include <napi.h>'],
    ['native/model/model.cc', '#include "napi/module.h"'],
    ['native/model/model.cc', '#include "reference/dense_ref.h"'],
    ['native/plan/plan.cc', '#include "model/model.h"'],
    ['native/layers/dense.cc', '#include "plan/plan.h"'],
    ['native/base/arena.h', '#include "../kernels/kernel_list.h"'],
    ['native/base/variable.h', '#include <windows.h>'],
    ['native/attic/a.cc', ''],
  ])('refuses %s with %s', (file, text) => {
    expect(call('check_includes.mjs', 'nativeProblems', file, text)).toHaveLength(1);
  });

  test('lets the arrows of the house pass', () => {
    const text = '#include <napi.h>\n#include <vector>\n#include "plan/plan.h"\n#include "napi/errors.h"\n';
    expect(call('check_includes.mjs', 'nativeProblems', 'native/napi/module.cc', text)).toEqual([]);
  });

  test.each([
    ['lib/util/a.ts', "import { x } from '../layers/dense';"],
    ['lib/layers/dense.ts', "import { y } from '../models/sequential';"],
    ['lib/models/sequential.ts', "export * from '..';"],
    ['lib/layers/dense.ts', "const x = require('../../build/Release/ostinato.node');"],
    ['lib/layers/dense.ts', 'const x = require(file);'],
    ['lib/graph/graph.ts', "import type { Model } from '../models/model';"],
    ['lib/graph/graph.ts', "import { pad } from '../preprocessing/sequence';"],
    ['lib/text/text.ts', "import { Graph } from '../graph/graph';"],
    ['lib/formats/tfjs/read.ts', "import { a } from '../keras';"],
    ['lib/formats/zip/zip_archive.ts', "import type { ModelDocument } from '../document';"],
    ['lib/serialization/safetensors.ts', "import { writeZip } from '../formats/zip';"],
    ['lib/formats/attic/a.ts', ''],
  ])('refuses %s with %s', (file, text) => {
    expect(call('check_includes.mjs', 'libProblems', file, text).length).toBeGreaterThan(0);
  });

  test('lets formats of models know the document and archives', () => {
    const text = "import { writeZip } from '../zip';\nimport type { ModelDocument } from '../document';\n";
    expect(call('check_includes.mjs', 'libProblems', 'lib/formats/keras/archive.ts', text)).toEqual([]);
  });

  test.each([
    ['lib/cli/train.ts', "import { Sequential } from '../models';"],
    ['lib/cli/learn/split.ts', "import { type Row, refusal } from '../../util/validate';"],
    ['lib/tables/lines.ts', "import {\n  refusal,\n  describe,\n} from '../util/validate';"],
    ['lib/server/routes.ts', "import { describe } from '../util/validate';"],
  ])('keeps a second copy of the library out of the bundle of %s: %s', (file, text) => {
    expect(call('check_includes.mjs', 'libProblems', file, text)).toHaveLength(1);
  });

  test('lets rooms behind other entries take the main one, and types of all', () => {
    const text = "import { Sequential } from '../index';\nimport type { Model } from '../models';\n";
    expect(call('check_includes.mjs', 'libProblems', 'lib/cli/train.ts', text)).toEqual([]);
  });

  test('lets layers and graphs know each other', () => {
    const problems = (file: string, text: string) => call('check_includes.mjs', 'libProblems', file, text);
    expect(problems('lib/layers/layer.ts', "import { GraphNode } from '../graph/node';")).toEqual([]);
    expect(problems('lib/graph/node.ts', "import type { Layer } from '../layers/layer';")).toEqual([]);
  });
});

describe('symbol check', () => {
  const listing = (...lines: string[]) => lines.map((line) => `0000000000000000 ${line}\n`).join('');
  const getter = 'T _ZN8ostinato11Avx2KernelsEv';

  test('an addon may ask Node and the C library for symbols, and nobody for our own', () => {
    const ask = (name: string) => call('check_isa_symbols.mjs', 'undefinedProblems', 'a.node', `   U ${name}\n`);
    expect([...ask('napi_create_error'), ...ask('_ZNSt6thread4joinEv'), ...ask('memcpy@GLIBC_2.14')]).toEqual([]);
    expect(ask('_ZN8ostinato11Environment5StartEv')).toHaveLength(1);
    expect(ask('_ZNK8ostinato5Model4SizeEv')).toHaveLength(1);
  });

  test('accepts one getter beside local symbols', () => {
    expect(call('check_isa_symbols.mjs', 'symbolProblems', 'k.o', listing(getter, 't local', 'r table'))).toEqual([]);
  });

  test.each([
    ['a weak function', listing(getter, 'W _ZSt3maxIfE')],
    ['a weak object', listing(getter, 'V _ZTIx')],
    ['a second global', listing(getter, 'T Helper')],
    ['a global variable', listing(getter, 'D counter')],
    ['a unique global', listing(getter, 'u _ZGVx')],
    ['no global', listing('t local')],
    ['another global', listing('T Helper')],
  ])('refuses %s', (_name, text) => {
    expect(call('check_isa_symbols.mjs', 'symbolProblems', 'k.o', text)).toHaveLength(1);
  });
});

describe('lint', () => {
  /** Rules that a line of a file breaks. */
  function lint(file: string, text: string): string[] {
    const eslint = path.join(ROOT, 'node_modules', 'eslint', 'bin', 'eslint.js');
    const { stdout } = spawnSync(process.execPath, [eslint, '--stdin', '--stdin-filename', file, '--format', 'json'], {
      cwd: ROOT,
      input: text,
      encoding: 'utf8',
    });
    const [{ messages }] = JSON.parse(stdout) as [{ messages: { ruleId: string }[] }];
    return messages.map(({ ruleId }) => ruleId);
  }

  test('lets nothing in lib/ go by the names of classes, nor depend on what a test may replace', () => {
    const text = [
      'export const names = (value: object) => [value.constructor.name, value.constructor?.name, Dense.name];',
      'setTimeout(() => performance.now() + Date.now(), 1);',
      "import { setImmediate } from 'node:timers/promises';",
      'process.nextTick(() => globalThis.setImmediate(setImmediate));',
      'Math.random();',
    ];
    const rules = (file: string) => lint(file, text.join('\n')).filter((rule) => /^no-restricted/.test(rule));
    expect(rules('lib/layers/dense.ts')).toEqual([
      'no-restricted-syntax',
      'no-restricted-syntax',
      'no-restricted-syntax',
      'no-restricted-globals',
      'no-restricted-globals',
      'no-restricted-globals',
      'no-restricted-imports',
      'no-restricted-properties',
      'no-restricted-globals',
      'no-restricted-properties',
    ]);
    expect(rules('test/unit/a.test.ts')).toEqual([]);
  });
});

describe('check of the pages', () => {
  const sidebarProblems = (pages: string[], files: string[]): string[] =>
    call('check_docs.mjs', 'sidebarProblems', pages, files);

  test.each([
    ['a page that is in no sidebar', ['docs/errors.md'], ['docs/errors.md', 'docs/new.md'], /new\.md: does not stand/],
    ['an entry without a page', ['docs/errors.md', 'docs/gone.md'], ['docs/errors.md'], /gone\.md: .* is no file/],
    ['an entry of another folder that is no file', ['docs/errors.md', 'GONE.md'], ['docs/errors.md'], /GONE\.md: /],
    ['an entry that stands twice', ['docs/errors.md', 'docs/errors.md'], ['docs/errors.md'], /address/],
    ['two entries of one address', ['docs/contributing.md', 'CONTRIBUTING.md'], ['docs/contributing.md'], /address/],
  ])('refuses %s', (_, pages, files, problem) => {
    expect(sidebarProblems(pages, files)).toEqual([expect.stringMatching(problem)]);
  });

  test('lets a sidebar of all pages pass, with files of other folders', () => {
    expect(sidebarProblems(['docs/errors.md', 'README.md'], ['docs/errors.md'])).toEqual([]);
  });

  test.each([
    ['a file that is not there', '[a](gone.md)', /leads nowhere/],
    ['a heading that is not there', '[a](errors.md#gone)', /names no heading of docs\/errors\.md/],
    ['a heading of the same page that is not there', '# A title\n\n[a](#another)', /names no heading/],
    ['a file outside of the repository', '[a](../../x.md)', /out of the repository/],
    ['an absolute path', '[a](/docs/errors.md)', /out of the repository/],
  ])('refuses a link to %s', (_, text, problem) => {
    expect(call('check_docs.mjs', 'linkProblems', 'docs/page.md', text)).toEqual([expect.stringMatching(problem)]);
  });

  test('lets links to files, headings and addresses pass, and passes over code', () => {
    const text = [
      '# The `title` of *it*, 2',
      '[a](errors.md) [b](../README.md#figures) [`c`](#the-title-of-it-2) [d](https://example.org/x) `[e](gone.md)`',
      '```js\n[f](gone.md)\n```',
    ].join('\n\n');
    expect(call('check_docs.mjs', 'linkProblems', 'docs/page.md', text)).toEqual([]);
  });

  test('pages of the site link to pages of the site, and name other files', () => {
    const text = '[a](../README.md#figures) [b](ko/tutorial.md) [c](../lib/index.ts)';
    const korean = '[a](../../README.md) [b](../errors.md#x)';
    expect(call<string>('docs/pages.mjs', 'pageForSite', 'docs/errors.md', text)).toBe(
      '[a](./overview.md#figures) [b](./ko/tutorial.md) c',
    );
    expect(call<string>('docs/pages.mjs', 'pageForSite', 'docs/ko/tutorial.md', korean)).toBe(
      '[a](./../overview.md) [b](./../errors.md#x)',
    );
  });
});
