// SPDX-License-Identifier: MIT
// The JavaScript of dist/: each entry one file, made from lib/ by esbuild, so that a program that loads the package reads one
// file and not three hundred: finding and compiling them took as long as all the rest of the way to a first prediction.
// Nothing is minified, and public classes have their names (lib/door.ts). `tsc` writes the declarations (tools/ensure.mjs).
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { main, ROOT, StepError } from './steps.mjs';

const DIST = path.join(ROOT, 'dist');
const LIB = path.join(ROOT, 'lib');

/** Modules of lib/ that have a file of their own in dist/. A copy of what they import is inside each, but of no shared entry. */
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

/** Entries that others import are external to them: there is one copy of each class, and of what it knows. */
const SHARED = ['index', 'server/index'];

/** Whether it computes with what the main entry holds. */
const isDoor = (entry) => ['server/index', 'cli/main'].includes(entry);

const sharedEntries = (own) => ({
  name: 'shared entries',
  setup({ onResolve, initialOptions }) {
    onResolve({ filter: /^\./ }, ({ kind, resolveDir, path: file }) => {
      if (kind === 'entry-point') return undefined;
      const module = path.resolve(resolveDir, file);
      const entry = SHARED.find((name) => [name, path.dirname(name)].some((each) => path.join(LIB, each) === module));
      if (entry === undefined || entry === own) return undefined;
      const relative = path.relative(path.dirname(initialOptions.outfile), path.join(DIST, `${entry}.js`));
      return { path: relative.replaceAll(path.sep, '/'), external: true };
    });
  },
});

/** Packages that a program brings where it needs them. */
const { peerDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

await main(async () => {
  for (const entry of ENTRIES) {
    const { metafile } = await build({
      entryPoints: [path.join(LIB, `${entry}.ts`)],
      outfile: path.join(DIST, `${entry}.js`),
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      tsconfig: path.join(ROOT, 'tsconfig.json'),
      plugins: [binaries, sharedEntries(entry)],
      external: Object.keys(peerDependencies),
      logLevel: 'warning',
      metafile: true,
    });
    // With a class of errors of its own, an entry would not know those of the others.
    if (isDoor(entry) && Object.keys(metafile.inputs).includes('lib/errors.ts'))
      throw new StepError(`${entry} holds a copy of lib/errors.ts: take what needs it from lib/internal.ts`);
  }
});
