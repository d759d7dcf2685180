// SPDX-License-Identifier: MIT
// infer.rnn32: one sequence forward in native code. Both sides are best times: a call takes tens of microseconds, and
// whatever disturbs it only adds.
import { contest } from '../support/contest.mjs';
import { testingAddon } from '../support/ours.mjs';

const SEQUENCE = Object.freeze({ units: 32, steps: 500, features: 32 });
const best = (seconds) => Math.min(...seconds);

export default [
  {
    name: 'infer.rnn32.versus',
    unit: 'x',
    needsPython: true,
    run(context) {
      const ours = {
        step: () => Promise.resolve(testingAddon().timeForward(context.isa, { ...SEQUENCE, rounds: 500 })),
      };
      // A single sequence may well be faster on one thread: each side has its best.
      const peers = ['onnxruntime', 'torch', 'jax'].flatMap((peer) => [
        { peer, label: `${peer} (1 thread)`, threads: 1 },
        ...(context.threads > 1 ? [{ peer, label: `${peer} (${context.threads} threads)` }] : []),
      ]);
      return contest(context, ours, {
        peerCase: 'infer.rnn32',
        peers,
        rounds: 20,
        turnSeconds: 0.02,
        summary: best,
        judged: (label) => label.startsWith('onnxruntime'),
      });
    },
  },
];
