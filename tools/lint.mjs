// SPDX-License-Identifier: MIT
// `npm run lint`: style, types and the rules of the house. Every check runs, so that one round shows all there is to do.
import { main, capture, filesBelow, moduleProgram, onPath, say, StepError } from './steps.mjs';

const node = process.execPath;
const sources = filesBelow('native', (file) => /\.(h|cc)$/.test(file));

const checks = [
  ['eslint', [node, moduleProgram('eslint/bin/eslint.js'), '--max-warnings', '0', '.']],
  ['prettier', [node, moduleProgram('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
  ['types', [node, moduleProgram('typescript/bin/tsc'), '-p', 'tsconfig.check.json']],
  ['includes', [node, 'tools/check_includes.mjs']],
  ['docs', [node, 'tools/check_docs.mjs']],
  ['isa symbols', [node, 'tools/check_isa_symbols.mjs']],
];

await main(() => {
  if (onPath('clang-format')) checks.push(['clang-format', ['clang-format', '--dry-run', '-Werror', ...sources]]);
  else if (process.env.CI) throw new StepError('clang-format is not on PATH, and in CI it must be.');
  else say('clang-format is not on PATH: the C++ format was not checked');

  const failed = [];
  for (const [name, command] of checks) {
    const { ok, output } = capture(command);
    process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name}\n`);
    if (ok) continue;
    failed.push(name);
    process.stdout.write(output);
  }
  if (failed.length > 0) throw new StepError(`lint found something in: ${failed.join(', ')}`);
});
