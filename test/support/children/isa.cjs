// SPDX-License-Identifier: MIT
// Trains on the instruction set that OSTINATO_ISA names, with the number of threads given, and tells which it was.
const { build, hash, load, reviews } = require('./model.cjs');

(async () => {
  const ostinato = load();
  ostinato.setThreads(Number(process.argv[2]));
  const model = build(ostinato, { units: 33, width: 17 });
  const { x, y } = reviews(70, 30);
  const { history } = await model.fit(x, y, { epochs: 3, verbose: 0, validationSplit: 0.2 });
  const { isa, threads } = ostinato.cpuInfo();
  process.stdout.write(`${JSON.stringify({ isa, threads, hash: hash(model), history })}\n`);
})();
