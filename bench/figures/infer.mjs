// SPDX-License-Identifier: MIT
// infer.*: sequences forward in native code. Both sides are best times.
import { contest } from '../support/contest.mjs';
import { GATES } from '../support/flop.mjs';
import { inferModel, noise, testingAddon } from '../support/ours.mjs';
import { best, disagreement, rounded } from '../support/statistics.mjs';
import { TimedForward } from '../support/timed_forward.mjs';

const SEQUENCE = Object.freeze({ units: 32, steps: 500, features: 32 });
const TURN_SECONDS = 0.02;
/** Sums of states may differ by so much, as a part of the sum of their magnitudes. */
const TOLERANCE = 1e-4;

const CASES = Object.freeze({
  'infer.lstm32': { cell: 'lstm', units: 32, steps: 500 },
  'infer.gru32': { cell: 'gru', units: 32, steps: 500 },
  'infer.lstm128': { cell: 'lstm', units: 128, steps: 100 },
  'infer.gru128': { cell: 'gru', units: 128, steps: 100 },
  'infer.lstm256': { cell: 'lstm', units: 256, steps: 150 },
  'infer.gru256': { cell: 'gru', units: 256, steps: 150 },
  'infer.lstm512.b64': { cell: 'lstm', units: 512, steps: 25, batch: 64 },
});

/** Against ONNX Runtime; the others are told in the details. */
function againstPeers(context, ours, peerCase, flags = []) {
  // A single sequence may well be faster on one thread: each side has its best.
  const peers = ['onnxruntime', 'torch', 'jax'].flatMap((peer) => [
    { peer, label: `${peer} (1 thread)`, threads: 1 },
    ...(context.threads > 1 ? [{ peer, label: `${peer} (${context.threads} threads)` }] : []),
  ]);
  return contest(context, ours, {
    peerCase,
    peers,
    flags,
    rounds: 20,
    turnSeconds: TURN_SECONDS,
    summary: best,
    judged: (label) => label.startsWith('onnxruntime'),
  });
}

/** Inputs of one batch, and weights in Keras' layouts, of a size that keeps states away from their limits. */
function drawArrays({ cell, units, steps, batch }) {
  const draw = noise(7);
  const width = GATES[cell] * units;
  const array = (length, scale) => Float32Array.from({ length }, () => draw() * scale);
  return {
    x: array(batch * steps * units, 1),
    kernel: array(units * width, 1.5 / Math.sqrt(units)),
    recurrent: array(units * width, 1 / Math.sqrt(units)),
    bias: array(cell === 'gru' ? 2 * width : width, 0.1),
  };
}

/** Arrays one after another. */
function joined(arrays) {
  const all = new Float32Array(arrays.reduce((length, array) => length + array.length, 0));
  let next = 0;
  for (const array of arrays) {
    all.set(array, next);
    next += array.length;
  }
  return all;
}

function figure(name, { batch = 1, ...size }) {
  return {
    name: `${name}.versus`,
    unit: 'x',
    needsPython: true,
    async run(context) {
      const shape = { ...size, batch, features: size.units };
      const { x, ...weights } = drawArrays(shape);
      const model = inferModel(shape);
      model.setWeights(Object.values(weights));
      const ours = new TimedForward(model, shape, x, TURN_SECONDS);
      try {
        const states = await ours.outputs();
        const flags = ['--arrays', context.file(name, joined([x, ...Object.values(weights)]))];
        const result = await againstPeers(context, ours, name, flags);
        if (result.skipped !== undefined) return result;
        // Each peer tells the sum of the states: times of different models are no comparison.
        const sums = Object.values(result.details.peers).map(({ last }) => last.loss);
        const apart = disagreement(states, sums);
        if (!(apart <= TOLERANCE)) throw new Error(`states sum up to ${apart} apart from ours: ${sums.join(', ')}`);
        return { ...result, details: { ...result.details, disagreement: rounded(apart) } };
      } finally {
        ours.end();
      }
    },
  };
}

export default [
  {
    name: 'infer.rnn32.versus',
    unit: 'x',
    needsPython: true,
    run(context) {
      const ours = {
        step: () => Promise.resolve(testingAddon().timeForward(context.isa, { ...SEQUENCE, rounds: 500 })),
      };
      return againstPeers(context, ours, 'infer.rnn32');
    },
  },
  ...Object.entries(CASES).map(([name, size]) => figure(name, size)),
];
