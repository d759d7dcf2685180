// SPDX-License-Identifier: MIT
// train.subnormal: states and gradients far below the smallest normal float must cost what others cost.
import { floatData, floatModel, ostinato, PacedFit } from '../support/ours.mjs';
import { TimedForward } from '../support/timed_forward.mjs';
import { byTurns } from '../support/turns.mjs';

const SIZE = Object.freeze({ cell: 'lstm', batch: 64, steps: 100, features: 128, units: 128 });
const BATCHES = 8;

/**
 * Factors of inputs, kernel and the weights of the output. The small ones make products of inputs and kernel about 1e-41,
 * and so are all candidates, cells and states; the gradient that enters the last state is as small, and so are all before
 * it. The gates' biases and the recurrent kernel stay as they are.
 */
const SCALES = Object.freeze({
  subnormal: { inputs: 1e-20, kernel: 1e-20, head: 1e-40 },
  normal: { inputs: 1, kernel: 1, head: 1 },
});

/** The model, which learns nothing: at a rate of zero it stays where it is. */
function scaledModel({ kernel, head }) {
  const model = floatModel(SIZE, new ostinato.SGD({ learningRate: 0 }));
  const scales = { 0: kernel, 3: head }; // kernel, recurrentKernel, bias; kernel of the head, bias
  model.setWeights(
    model.getWeights().map(({ data, shape }, i) => ({ data: data.map((w) => w * (scales[i] ?? 1)), shape })),
  );
  return model;
}

function scaledData({ inputs }) {
  const { x, y } = floatData(SIZE, BATCHES);
  return { x: { data: x.data.map((v) => v * inputs), shape: x.shape }, y };
}

export default [
  {
    name: 'train.subnormal',
    unit: 'x',
    async run(context) {
      const sides = Object.entries(SCALES).map(([name, scales]) => {
        const data = scaledData(scales);
        const batch = data.x.data.subarray(0, data.x.data.length / BATCHES);
        return {
          name,
          fit: new PacedFit(scaledModel(scales), data, { batchSize: SIZE.batch }),
          forward: new TimedForward(scaledModel(scales), SIZE, batch),
        };
      });
      try {
        const results = {};
        for (const part of ['fit', 'forward']) {
          for (const side of sides) await side[part].step();
          results[part] = await byTurns(Object.fromEntries(sides.map((side) => [side.name, () => side[part].step()])));
        }
        const { fit, forward } = results;
        return {
          value: Math.max(fit.value, forward.value),
          details: {
            training: { ratio: fit.value, ...fit.details },
            forward: { ratio: forward.value, ...forward.details },
            threads: context.threads,
            isa: context.isa,
          },
        };
      } finally {
        for (const { fit, forward } of sides) {
          await fit.end();
          forward.end();
        }
      }
    },
  },
];
