// SPDX-License-Identifier: MIT
// `npm run hostile [-- --only FORMAT]`: how long readers take to refuse hostile files, and how much memory.
//
// The files are those of test/support/hostile_files, each read in a process of its own. Prints the slowest and the largest
// of each format and whatever is beyond 100 ms or 64 MB, and at the end `N files, M beyond the bounds`; ends with 1 where
// there is one.
import { buildSync } from 'esbuild';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensure } from './ensure.mjs';
import { capture, main, ROOT, StepError } from './steps.mjs';

const MOST_MS = 100;
const MOST_MB = 64;
/** A busy machine makes one of several slow. */
const TRIES = 3;

const WORKER = path.join(ROOT, 'tools/hostile/worker.mjs');

/** The lists of the tests, as they are. */
function hostileFormats(folder) {
  const outfile = path.join(folder, 'lists.cjs');
  const entry = path.join(ROOT, 'test/support/hostile_files/index.ts');
  buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'cjs', outfile, logLevel: 'error' });
  return createRequire(import.meta.url)(outfile).HOSTILE_FORMATS;
}

function measured(reader, file, valid) {
  const { ok, stdout, output } = capture([process.execPath, WORKER, reader, file, ...(valid ? [valid] : [])]);
  if (!ok) return { code: `a crash: ${output.slice(-500)}`, ms: Infinity, mb: Infinity };
  return JSON.parse(stdout);
}

await main(() => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  ensure({});
  process.chdir(ROOT);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ostinato-hostile-'));
  let [files, beyond] = [0, 0];
  try {
    const formats = hostileFormats(folder).filter(({ format }) => values.only === undefined || format === values.only);
    if (formats.length === 0) throw new StepError(`--only: there is no list of ${values.only}.`);
    for (const { format, file, reader, files: list, valid: bytes } of formats) {
      const valid = bytes && path.join(folder, `valid${path.extname(file)}`);
      if (valid) writeFileSync(valid, bytes);
      let [slowest, largest] = [0, 0];
      for (const [title, content] of list) {
        const place = mkdtempSync(path.join(folder, 'file-'));
        const parts = content instanceof Uint8Array ? { [file]: content } : content;
        for (const [name, bytes] of Object.entries(parts)) writeFileSync(path.join(place, name), bytes);
        let best = measured(reader, path.join(place, file), valid);
        for (let turn = 1; turn < TRIES && (best.ms > MOST_MS || best.mb > MOST_MB); turn++) {
          const again = measured(reader, path.join(place, file), valid);
          best = { code: again.code, ms: Math.min(best.ms, again.ms), mb: Math.min(best.mb, again.mb) };
        }
        rmSync(place, { recursive: true });
        files++;
        [slowest, largest] = [Math.max(slowest, best.ms), Math.max(largest, best.mb)];
        if (best.ms <= MOST_MS && best.mb <= MOST_MB && /^ERR_/.test(best.code) && best.code !== 'ERR_INTERNAL')
          continue;
        beyond++;
        console.log(`${format}, ${title}: ${best.code}, ${best.ms.toFixed(1)} ms, ${best.mb.toFixed(1)} MB`);
      }
      console.log(`${format}: ${list.length} files, at most ${slowest.toFixed(1)} ms and ${largest.toFixed(1)} MB`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${files} files, ${beyond} beyond the bounds`);
  return beyond > 0 ? 1 : 0;
});
