// SPDX-License-Identifier: MIT
// What must go on while a test runner's timers and clocks stand still, for the runners that a child process runs.
/* global exports */
const x = { data: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)), shape: [4, 3, 2] };
const y = Float32Array.of(0, 1, 0, 1);

/** Runs every kind of call; gives what each came to. */
exports.callAll = async ({ Callback, Dense, Input, LSTM, Sequential, setRandomSeed, TextVectorization }) => {
  setRandomSeed(1);
  const model = new Sequential([new Input([null, 2]), new LSTM(3), new Dense(1)]);
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const together = await Promise.all([0, 1, 2].map((row) => model.predict(rowOf(row))));
  model.gather({ maxDelay: 1 });
  const delayed = await model.predict(x);
  const inside = [];
  class Asking extends Callback {
    async onEpochEnd() {
      inside.push((await model.predict(x)).shape);
    }
  }
  const lines = [];
  const { write } = process.stdout;
  process.stdout.write = (text) => lines.push(String(text)) > 0;
  try {
    await model.fit(x, y, { epochs: 2, batchSize: 2, callbacks: [new Asking()] });
  } finally {
    process.stdout.write = write;
  }
  const vectorize = new TextVectorization();
  await vectorize.adapt(Array.from({ length: 600 }, (_, i) => `word${i % 7}`));
  return {
    together: together.map(({ shape }) => shape),
    delayed: delayed.shape,
    inside,
    hasShown: lines.join('').includes('Epoch 2/2'),
    words: vectorize.vocabularySize(),
    isBusy: model.isBusy,
  };
};

exports.expected = {
  together: [
    [1, 1],
    [1, 1],
    [1, 1],
  ],
  delayed: [4, 1],
  inside: [
    [4, 1],
    [4, 1],
  ],
  hasShown: true,
  words: 9,
  isBusy: false,
};

function rowOf(row) {
  return { data: x.data.slice(row * 6, (row + 1) * 6), shape: [1, 3, 2] };
}
