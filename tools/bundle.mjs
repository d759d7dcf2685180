// SPDX-License-Identifier: MIT
// The JavaScript of dist/: each entry one file, made from lib/ by esbuild, so that a program that loads the package reads one
// file and not three hundred: finding and compiling them took as long as all the rest of the way to a first prediction.
// Nothing is minified, and public classes have their names (lib/door.ts). `tsc` writes the declarations (tools/ensure.mjs).
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { main, ROOT } from './steps.mjs';

const DIST = path.join(ROOT, 'dist');

/** Modules of lib/ that have a file of their own in dist/. A copy of what they import is inside each. */
const ENTRIES = [
  'index',
  'server/index',
  'cli/main',
  // What tools, benches and examples of this repository use.
  'cli/native/plan',
  'cli/native/run_plan',
  'cli/svg_plot',
  'formats/zip/index',
  'models/shortcuts',
  'native/platform',
];

/** Binaries are required, by paths that lead from the bundle to where they lie. */
const binaries = {
  name: 'binaries',
  setup({ onResolve, initialOptions }) {
    onResolve({ filter: /\.node$/ }, ({ resolveDir, path: file }) => {
      const relative = path.relative(path.dirname(initialOptions.outfile), path.resolve(resolveDir, file));
      return { path: relative.replaceAll(path.sep, '/'), external: true };
    });
  },
};

/** `ostinato/server` computes with the classes of the main entry: it holds no copy of them. */
const mainEntry = {
  name: 'main entry',
  setup({ onResolve, initialOptions }) {
    const entry = path.join(ROOT, 'lib', 'index');
    const relative = path.relative(path.dirname(initialOptions.outfile), path.join(DIST, 'index.js'));
    onResolve({ filter: /^\..*\/index$/ }, ({ resolveDir, path: file }) =>
      path.resolve(resolveDir, file) === entry
        ? { path: relative.replaceAll(path.sep, '/'), external: true }
        : undefined,
    );
  },
};

/** Packages that a program brings where it needs them. */
const { peerDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

await main(async () => {
  for (const entry of ENTRIES)
    await build({
      entryPoints: [path.join(ROOT, 'lib', `${entry}.ts`)],
      outfile: path.join(DIST, `${entry}.js`),
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      tsconfig: path.join(ROOT, 'tsconfig.json'),
      plugins: entry === 'server/index' ? [binaries, mainEntry] : [binaries],
      external: Object.keys(peerDependencies),
      logLevel: 'warning',
    });
});
