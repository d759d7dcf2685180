// SPDX-License-Identifier: MIT
// One training: rows, a seed and settings to a model file. The same ones give the same bytes, however often the process was
// killed in between.
import {
  Adam,
  BackupAndRestore,
  Callback,
  Dense,
  Embedding,
  GRU,
  Sequential,
  setRandomSeed,
  TextVectorization,
} from 'ostinato';
import { vectorized } from './vectorized.mjs';

/** Points of a curve, at most. */
const POINTS = 300;

/** Settings of a training: default, least and greatest value. */
export const SETTINGS = Object.freeze({
  epochs: [4, 1, 1000],
  batchSize: [32, 1, 4096],
  learningRate: [0.002, 1e-6, 1],
  words: [10_000, 10, 200_000],
  length: [200, 2, 1000],
  units: [32, 1, 512],
  saveEvery: [25, 1, 100_000],
});

/**
 * @param rows `[{ text, label }]` to train on; `held` those to validate on
 * @param backup the folder of its checkpoints: where there is one, it goes on from there
 * @param file where the model is saved
 * @param report called with the curves and the progress as they grow
 * @throws (rejects) as `Model.fit`: `ERR_ABORTED` by the signal
 */
export async function fitFile({ rows, held, seed, settings, backup, file, report = () => undefined, signal }) {
  const { epochs, batchSize, learningRate, words, length, units, saveEvery } = settings;
  const vectorizer = new TextVectorization({ maxTokens: words, outputSequenceLength: length });
  await vectorizer.adapt(rows.map(({ text }) => text));
  const [x, heldX] = [await vectorized(vectorizer, rows), await vectorized(vectorizer, held)];
  const labels = (some) => Float32Array.from(some, ({ label }) => label);

  // From here to `build` nothing waits: nobody else draws from the seed. Names are given, since automatic ones count on.
  setRandomSeed(seed);
  const model = new Sequential(
    [
      new Embedding(vectorizer.vocabularySize(), units, { maskZero: true, name: 'words' }),
      new GRU(units, { name: 'reader' }),
      new Dense(1, { activation: 'sigmoid', name: 'score' }),
    ],
    { name: 'sentiment' },
  );
  model.compile({ optimizer: new Adam({ learningRate }), loss: 'binary_crossentropy', metrics: ['accuracy'] });
  model.build([null, length]);
  try {
    const curves = new Curves(report);
    await model.fit(x, labels(rows), {
      epochs,
      batchSize,
      seed,
      validationData: [heldX, labels(held)],
      // The backup stays until the version is committed.
      callbacks: [new BackupAndRestore(backup, { saveFreq: saveEvery, deleteCheckpoint: false }), curves],
      signal,
      verbose: 0,
    });
    await model.save(file, { assets: { vectorizer } });
    return curves.getState();
  } finally {
    model.dispose();
  }
}

/** The curves of a training. They are its state: a training that was killed goes on with those of its checkpoint. */
class Curves extends Callback {
  className = 'Curves';
  #report;
  #begin;
  #state = { batches: [], loss: [], accuracy: [], epochs: [], valLoss: [], valAccuracy: [] };

  constructor(report) {
    super();
    this.#report = report;
  }

  getState() {
    return this.#state;
  }

  setState(state) {
    this.#state = state;
  }

  onTrainBatchEnd(_batch, { loss, accuracy }) {
    const { steps, epochs } = this.params;
    const { epoch, batch } = this.model.progress;
    const [done, all] = [epoch * steps + batch, epochs * steps];
    this.#begin ??= { done, at: performance.now() };
    if (done % Math.ceil(all / POINTS) !== 0 && done !== all) return;
    this.#add({ batches: done, loss, accuracy });
    this.#tell(done, all, { loss, accuracy });
  }

  onEpochEnd(epoch, { loss, accuracy, valLoss, valAccuracy }) {
    const { steps, epochs } = this.params;
    this.#add({ epochs: (epoch + 1) * steps, valLoss, valAccuracy });
    this.#tell((epoch + 1) * steps, epochs * steps, { loss, accuracy, valLoss, valAccuracy });
  }

  #add(values) {
    for (const [key, value] of Object.entries(values)) this.#state[key].push(value);
  }

  #tell(done, all, logs) {
    const { steps, epochs } = this.params;
    const since = this.#begin && done > this.#begin.done ? this.#begin : undefined;
    const secondsLeft = since && ((performance.now() - since.at) / 1e3 / (done - since.done)) * (all - done);
    const epoch = Math.min(epochs, Math.floor(done / steps) + 1);
    this.#report({ batch: done, batches: all, epoch, epochs, secondsLeft, ...logs }, this.#state);
  }
}
