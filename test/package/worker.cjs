// SPDX-License-Identifier: MIT
// The same program in two worker threads at once; the main thread loads nothing.
/* global __filename */
const { isMainThread, parentPort, Worker } = require('node:worker_threads');

if (!isMainThread)
  require('./consumer.cjs')
    .main()
    .then((result) => parentPort.postMessage(result));
else {
  const one = () =>
    new Promise((resolve, reject) => new Worker(__filename).once('message', resolve).once('error', reject));
  Promise.all([one(), one()]).then(([a, b]) => {
    process.stdout.write(
      `${JSON.stringify({ ...a, learns: a.learns && b.learns, isSame: a.isSame && a.loss === b.loss })}\n`,
    );
  });
}
