// SPDX-License-Identifier: MIT
// Two copies of the package, from two folders, in one process: each trains, at the same time.
const { cpSync, mkdtempSync, rmSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { build, hash, load, reviews, ROOT } = require('./model.cjs');

(async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ostinato-copy-'));
  cpSync(path.join(ROOT, 'dist'), path.join(folder, 'dist'), { recursive: true });
  cpSync(path.join(ROOT, 'build', 'Release', 'ostinato.node'), path.join(folder, 'build', 'Release', 'ostinato.node'));
  cpSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  const packages = [load(), load(folder)];
  const models = packages.map((ostinato) => build(ostinato));
  const { x, y } = reviews(100, 20);
  await Promise.all(models.map((model) => model.fit(x, y, { epochs: 5, verbose: 0, seed: 1 })));
  rmSync(folder, { recursive: true });
  const result = { areApart: packages[0] !== packages[1], hashes: models.map(hash) };
  process.stdout.write(`${JSON.stringify(result)}\n`);
})();
