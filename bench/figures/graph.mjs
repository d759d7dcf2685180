// SPDX-License-Identifier: MIT
// train.seq2seq, train.attention and train.siamese: graphs. An encoder hands its states to a decoder, a decoder attends to
// its encoder, and two texts share their layers. infer.seq2seq.step: a timestep of that decoder as a stream. graph.memory:
// what a training step of the first holds.
import { contest } from '../support/contest.mjs';
import { noise, ostinato, PacedFit, WORDS } from '../support/ours.mjs';
import { best, disagreement, median, rounded } from '../support/statistics.mjs';

const { Attention, Concatenate, Dense, Dot, Embedding, GRU, Input, LSTM, Model } = ostinato;

/** Both sequences, and their features. */
const STEPS = 40;
const FEATURES = 64;
const BATCH = 64;
/** Timesteps of a turn. */
const PUSHES = 500;
const PAIR = Object.freeze({ batch: 128, steps: 200, units: 32 });
/** Nobody has written these down in plain JAX. */
const PEERS = Object.freeze(['keras-tensorflow', 'keras-jax', 'torch']);

function pairOfSequences() {
  return [new Input([STEPS, FEATURES], { name: 'read' }), new Input([STEPS, FEATURES], { name: 'written' })];
}

function compiled(inputs, output) {
  const model = new Model(inputs, output);
  model.compile({ optimizer: 'adam', loss: 'sparse_categorical_crossentropy' });
  return model;
}

/** The decoder begins in the states that the encoder ends in. */
function seq2seq(units = 256) {
  const [read, written] = pairOfSequences();
  const [, h, c] = new LSTM(units, { returnState: true }).apply(read);
  const decoded = new LSTM(units, { returnSequences: true }).apply(written, { initialState: [h, c] });
  return compiled([read, written], new Dense(FEATURES, { activation: 'softmax' }).apply(decoded));
}

/** Each step that is decoded attends to all that were read. */
function attending(units = 128) {
  const [read, written] = pairOfSequences();
  const [encoded, state] = new GRU(units, { returnSequences: true, returnState: true }).apply(read);
  const decoded = new GRU(units, { returnSequences: true }).apply(written, { initialState: [state] });
  const context = new Attention().apply([decoded, encoded]);
  return compiled(
    [read, written],
    new Dense(FEATURES, { activation: 'softmax' }).apply(new Concatenate().apply([decoded, context])),
  );
}

/** Whether two texts belong together. */
function siamese({ units }) {
  const texts = [
    new Input([null], { dtype: 'int32', name: 'one' }),
    new Input([null], { dtype: 'int32', name: 'other' }),
  ];
  const [embedding, lstm] = [new Embedding(WORDS, 32), new LSTM(units)];
  const [one, other] = texts.map((text) => lstm.apply(embedding.apply(text)));
  const alike = new Dot(1, { normalize: true }).apply([one, other]);
  const model = new Model(texts, new Dense(1, { activation: 'sigmoid' }).apply(alike));
  model.compile({ optimizer: 'adam', loss: 'binary_crossentropy' });
  return model;
}

function sequences(batches) {
  const draw = noise(3);
  const rows = BATCH * batches;
  const array = () => ({
    data: Float32Array.from({ length: rows * STEPS * FEATURES }, draw),
    shape: [rows, STEPS, FEATURES],
  });
  const ids = Int32Array.from({ length: rows * STEPS }, () => Math.floor(((draw() + 1) / 2) * FEATURES) % FEATURES);
  return { x: [array(), array()], y: { data: ids, shape: [rows, STEPS] }, rows };
}

/** Pairs of reviews, the first half with the second, and whether the first of a pair is a good one. */
function pairs({ x, y, rows, steps: length }) {
  const half = Math.floor(rows / 2);
  const { steps } = PAIR;
  const part = (begin) => {
    const data = new Int32Array(half * steps);
    for (let row = 0; row < half; row++) {
      const end = (begin + row + 1) * length;
      data.set(x.data.subarray(end - steps, end), row * steps);
    }
    return { data, shape: [half, steps] };
  };
  return { x: [part(0), part(half)], y: y.subarray(0, half), rows: half };
}

/** The decoder alone: it begins in states that it is given. */
function decoder(units) {
  const written = new Input([null, FEATURES], { name: 'written' });
  const states = ['h', 'c'].map((name) => new Input([units], { name }));
  const decoded = new LSTM(units, { returnSequences: true }).apply(written, { initialState: states });
  return new Model([written, ...states], new Dense(FEATURES, { activation: 'softmax' }).apply(decoded));
}

/** A timestep, states, and the decoder's weights, of a size that keeps states away from their limits. */
function drawStep(units) {
  const draw = noise(7);
  const array = (length, scale) => Float32Array.from({ length }, () => draw() * scale);
  return {
    x: array(FEATURES, 1),
    h: array(units, 0.5),
    c: array(units, 0.5),
    weights: [
      array(FEATURES * 4 * units, 1.5 / Math.sqrt(FEATURES)),
      array(units * 4 * units, 1 / Math.sqrt(units)),
      array(4 * units, 0.1),
      array(units * FEATURES, 1.5 / Math.sqrt(units)),
      array(FEATURES, 0.1),
    ],
  };
}

/** Hands a decoder that steps as a stream to `use`: `step()` resolves to the best seconds of a timestep within a turn. */
async function stepping(use, units = 256) {
  const { x, h, c, weights } = drawStep(units);
  const model = decoder(units);
  try {
    model.setWeights(weights);
    const stream = model.openStream({ constants: { h, c } });
    const first = stream.push(x);
    const step = () => {
      const begin = performance.now();
      for (let push = 0; push < PUSHES; push++) stream.push(x);
      return Promise.resolve((performance.now() - begin) / 1e3 / PUSHES);
    };
    return await use({ step, first, arrays: [x, h, c, ...weights] });
  } finally {
    model.dispose();
  }
}

/** Floats of a step of `seq2seq` that its backward pass needs: inputs, gates, states and cells of each step, probabilities. */
function keptFloats(units) {
  const perStep = 2 * (FEATURES + 4 * units + 2 * units) + FEATURES;
  return BATCH * STEPS * perStep;
}

function figure(name, begin) {
  return {
    name: `${name}.versus`,
    unit: 'x',
    needsPython: true,
    async run(context) {
      const { fit, flags = [], kind } = await begin(context);
      try {
        await fit.step();
        const result = await contest(context, fit, { peerCase: name, peers: PEERS, flags });
        return kind === undefined ? result : { ...result, details: { ...result.details, data: kind } };
      } finally {
        await fit.end();
      }
    },
  };
}

export default [
  figure('train.seq2seq', () => ({ fit: new PacedFit(seq2seq(), sequences(4), { batchSize: BATCH }) })),
  figure('train.attention', () => ({ fit: new PacedFit(attending(), sequences(8), { batchSize: BATCH }) })),
  figure('train.siamese', async (context) => {
    const training = await context.training(2560);
    const fit = new PacedFit(siamese(PAIR), pairs(training), { batchSize: PAIR.batch });
    return { fit, flags: await context.trainingFlags(training), kind: training.kind };
  }),
  {
    name: 'infer.seq2seq.step',
    unit: 'us',
    run: (context) =>
      stepping(async ({ step }) => {
        const turns = [];
        for (let turn = 0; turn < 101; turn++) turns.push(await step());
        return { value: median(turns) * 1e6, details: { bestUs: rounded(best(turns) * 1e6), isa: context.isa } };
      }),
  },
  {
    name: 'infer.seq2seq.step.versus',
    unit: 'x',
    needsPython: true,
    run: (context) =>
      stepping(async ({ step, first, arrays }) => {
        const file = context.file('seq2seq.step', Float32Array.from(arrays.flatMap((array) => [...array])));
        const result = await contest(
          context,
          { step },
          {
            peerCase: 'infer.seq2seq.step',
            peers: [{ peer: 'onnxruntime', label: 'onnxruntime (1 thread)', threads: 1 }, 'onnxruntime'],
            flags: ['--arrays', file],
            rounds: 20,
            turnSeconds: 0.02,
            summary: best,
          },
        );
        if (result.skipped !== undefined) return result;
        // Times of different models are no comparison; probabilities sum up to one in any.
        const ranked = first.map((value, place) => value * place);
        const apart = disagreement(
          ranked,
          Object.values(result.details.peers).map(({ last }) => last.loss),
        );
        if (!(apart <= 1e-4)) throw new Error(`probabilities are ${apart} apart from ours`);
        return { ...result, details: { ...result.details, disagreement: rounded(apart) } };
      }),
  },
  {
    name: 'graph.memory',
    unit: 'x',
    async run() {
      const units = 256;
      const model = seq2seq(units);
      try {
        const { x, y } = sequences(1);
        await model.trainOnBatch(x, y);
        // Weights, and Adam's two moments of each.
        const stateBytes = 3 * 4 * model.countParams();
        const keptBytes = 4 * keptFloats(units);
        const { memoryBytes } = model;
        return { value: (memoryBytes - stateBytes) / keptBytes, details: { memoryBytes, stateBytes, keptBytes } };
      } finally {
        model.dispose();
      }
    },
  },
];
