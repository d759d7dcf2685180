// SPDX-License-Identifier: MIT
// Our side of every comparison, through the public API alone.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The built package. */
export const ostinato = require(path.join(ROOT, 'dist', 'index.js'));

/** The testing addon: kernels by ISA, and the peak that shares are shares of. */
export function testingAddon() {
  return require(path.join(ROOT, 'build', 'Release', 'ostinato_testing.node'));
}

const { Callback, Dense, Embedding, GRU, LSTM, Sequential, SimpleRNN } = ostinato;

/** Layers by the names that the cases of bench/versus have for them. */
const CELLS = Object.freeze({ rnn: SimpleRNN, lstm: LSTM, gru: GRU });

export const WORDS = 10000;
export const EMBEDDING = 32;
export const UNITS = 32;

/** The chapter's model, with another cell, or the stack of `depth` layers. */
export function tokenModel({ cell = 'rnn', depth = 1, maskZero = false, compile = {} } = {}) {
  const model = new Sequential([new Embedding(WORDS, EMBEDDING, { maskZero })]);
  for (let i = 0; i < depth; i++) model.add(new CELLS[cell](UNITS, { returnSequences: i < depth - 1 }));
  model.add(new Dense(1, { activation: 'sigmoid' }));
  model.compile({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['accuracy'], ...compile });
  return model;
}

/** One recurrent layer on floats. */
export function floatModel({ cell = 'rnn', steps, features, units }, optimizer = 'rmsprop') {
  const model = new Sequential([new CELLS[cell](units, { inputShape: [steps, features] }), new Dense(1)]);
  model.compile({ optimizer, loss: 'mse' });
  return model;
}

/** `depth` recurrent layers on floats, and the last state. */
export function inferModel({ cell, steps, features, units, depth = 1 }) {
  const model = new Sequential();
  for (let i = 0; i < depth; i++) {
    const inputShape = i === 0 ? { inputShape: [steps, features] } : {};
    model.add(new CELLS[cell](units, { returnSequences: i < depth - 1, ...inputShape }));
  }
  return model;
}

/** Draws floats around zero, the same ones at every start. */
export function noise(seed = 1) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** `batches` batches of floats around zero, and targets. */
export function floatData({ batch, steps, features }, batches) {
  const draw = noise();
  const rows = batch * batches;
  const x = Float32Array.from({ length: rows * steps * features }, draw);
  return { x: { data: x, shape: [rows, steps, features] }, y: Float32Array.from({ length: rows }, draw) };
}

function deferred() {
  let resolve, reject;
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  promise.catch(() => undefined); // whoever awaits it hears of it
  return { promise, resolve, reject };
}

/**
 * One `fit` that goes on an epoch at a time, so that others can have turns in between. Its clock runs from the hook
 * before an epoch to the one after it: shuffling and gathering included, the copy that `fit` takes of its data not.
 */
export class PacedFit {
  #model;
  #rows;
  #batchSize;
  #stop = new AbortController();
  #go = deferred();
  #done = deferred();
  #ended;

  /**
   * @param x as `fit` takes it; a source of batches goes with `rows`, how many all of them have
   * @param options further options of `fit`
   */
  constructor(model, { x, y, rows = x.shape[0] }, { batchSize, callbacks = [], ...options }) {
    this.#model = model;
    this.#rows = rows;
    this.#batchSize = batchSize;
    let begin = 0;
    const onEpochBegin = async () => {
      await this.#go.promise;
      begin = performance.now();
    };
    const onEpochEnd = () => {
      const seconds = (performance.now() - begin) / 1e3;
      const { resolve } = this.#done;
      this.#go = deferred();
      this.#done = deferred();
      resolve(seconds);
    };
    class Gate extends Callback {
      onEpochBegin = onEpochBegin;
      onEpochEnd = onEpochEnd;
    }
    const { signal } = this.#stop;
    const all = { epochs: 1e6, batchSize, verbose: 0, ...options, callbacks: [new Gate(), ...callbacks], signal };
    this.#ended = (y === undefined ? model.fit(x, all) : model.fit(x, y, all)).catch((error) =>
      this.#done.reject(error),
    );
  }

  /** Trains one epoch; resolves to the seconds of one step of a full batch. */
  async step() {
    const { promise } = this.#done;
    this.#go.resolve();
    return ((await promise) * this.#batchSize) / this.#rows;
  }

  async end() {
    this.#stop.abort();
    this.#go.resolve();
    await this.#ended;
    this.#model.dispose();
  }
}
