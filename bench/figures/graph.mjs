// SPDX-License-Identifier: MIT
// train.seq2seq, train.attention and train.siamese: graphs. An encoder hands its states to a decoder, a decoder attends to
// its encoder, and two texts share their layers.
import { contest } from '../support/contest.mjs';
import { noise, ostinato, PacedFit, WORDS } from '../support/ours.mjs';

const { Attention, Concatenate, Dense, Dot, Embedding, GRU, Input, LSTM, Model } = ostinato;

/** Both sequences, and their features. */
const STEPS = 40;
const FEATURES = 64;
const BATCH = 64;
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
];
