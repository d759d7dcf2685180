// SPDX-License-Identifier: MIT
// A small review model and its data, over the built package (of this tree, or of another folder).
/* global exports */
const { createHash } = require('node:crypto');
const path = require('node:path');

const ROOT = path.resolve(__dirname, '..', '..', '..');

exports.ROOT = ROOT;
exports.load = (root = ROOT) => require(path.join(root, 'dist', 'index.js'));

/** Rows of ids with padding before them, as many as given. */
exports.reviews = (rows, steps, words = 50) => {
  const data = new Int32Array(rows * steps);
  const labels = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    labels[row] = (row * 7) % 3 === 0 ? 1 : 0;
    for (let step = (row * 5) % steps; step < steps; step++)
      data[row * steps + step] = 1 + ((row * 31 + step * 17) % (words - 1));
  }
  return { x: { data, shape: [rows, steps] }, y: labels };
};

exports.build = (ostinato, { words = 50, width = 8, units = 8, seed = 5 } = {}) => {
  ostinato.setRandomSeed(seed);
  const { Sequential, Embedding, SimpleRNN, Dense } = ostinato;
  const model = new Sequential([
    new Embedding(words, width),
    new SimpleRNN(units),
    new Dense(1, { activation: 'sigmoid' }),
  ]);
  model.compile({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['acc'] });
  return model;
};

exports.hash = (model) => {
  const sum = createHash('sha256');
  for (const { data } of model.getWeights()) sum.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return sum.digest('hex');
};
