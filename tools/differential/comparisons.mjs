// SPDX-License-Identifier: MIT
// The comparisons of the tests, for tools. Of the package they import types alone, so that they run as soon as types are
// stripped.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { ROOT } from '../steps.mjs';

const NAMES = ['differential', 'differential_graphs', 'differential_onnx', 'onnx_models'];

/** What test/support/NAME.ts exports, by name. */
export function loadComparisons() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'differential-'));
  try {
    for (const name of NAMES) {
      const source = readFileSync(path.join(ROOT, `test/support/${name}.ts`), 'utf8');
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
      });
      writeFileSync(path.join(folder, `${name}.js`), outputText);
    }
    const require = createRequire(import.meta.url);
    return Object.fromEntries(NAMES.map((name) => [name, require(path.join(folder, `${name}.js`))]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
