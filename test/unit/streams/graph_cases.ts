// SPDX-License-Identifier: MIT
// Graphs whose streams are tested, by what is special about each.
import * as lib from '../../../lib';
import { ids, numbers, run, type Batch } from '../../support/graph_run';

const { Activation, BatchNormalization, Conv1D, Dense, Dropout, Embedding, GRU, GRUCell, Input, LSTM, LSTMCell } = lib;
const { add, concatenate } = lib;
const { LayerNormalization, Masking, Model, RNN, Sequential, SimpleRNN, TimeDistributed } = lib;

type Tensor = lib.SymbolicTensor;

export const VOCABULARY = 11;
const sequences = { returnSequences: true } as const;
const states = { returnState: true } as const;

const words = (name?: string): lib.Input => new Input([null], { dtype: 'int32', name: name ?? null });
const series = (features: number, name?: string): lib.Input => new Input([null, features], { name: name ?? null });
const vector = (features: number, name?: string): lib.Input => new Input([features], { name: name ?? null });
const all = (layer: lib.Layer, x: Tensor, initialState?: readonly Tensor[]): Tensor[] =>
  layer.apply<Tensor[]>(x, initialState === undefined ? {} : { initialState });

export const GRAPHS: Readonly<Record<string, () => lib.Model>> = {
  'residual sums': () => {
    const x = series(4);
    const a = add([x, new LSTM(4, sequences).apply(x)]);
    const b = add([a, new GRU(4, sequences).apply(new LayerNormalization().apply(a))]);
    return new Model(x, new Dense(2).apply(b));
  },
  'two sequences side by side': () => {
    const [w, x] = [words('words'), series(3, 'readings')];
    const both = concatenate([new Embedding(VOCABULARY, 5).apply(w), x]);
    return new Model([w, x], new Dense(2).apply(new LSTM(6).apply(both)));
  },
  'two sequences, one of them masked': () => {
    const [w, x] = [words(), series(3)];
    const read = new GRU(3, sequences).apply(new Embedding(VOCABULARY, 3, { maskZero: true }).apply(w));
    return new Model([w, x], new LSTM(4, sequences).apply(add([read, x])));
  },
  'two sequences, both masked': () => {
    const [a, b] = [words(), words()];
    const embedding = new Embedding(VOCABULARY, 4, { maskZero: true });
    const [one, other] = [a, b].map((input) => embedding.apply(input)) as [Tensor, Tensor];
    const sum = add([new SimpleRNN(4, sequences).apply(one), other]);
    return new Model([a, b], new Dense(3).apply(new LSTM(4, sequences).apply(concatenate([sum, one]))));
  },
  'last states of two masked sequences': () => {
    const [a, b] = [words(), words()];
    const embedding = new Embedding(VOCABULARY, 4, { maskZero: true });
    const both = [a, b].map((input) => new LSTM(3).apply(embedding.apply(input)));
    return new Model([a, b], new Dense(2, { activation: 'softmax' }).apply(concatenate(both)));
  },
  'a sequence that is masked by itself': () => {
    const x = series(3);
    const masked = new Masking().apply(x);
    const y = new LSTM(3, { ...sequences, zeroOutputForMask: true }).apply(masked);
    return new Model(x, new GRU(4).apply(add([y, masked])));
  },
  'initial states': () => {
    const [w, h, c] = [words('words'), vector(6, 'h'), vector(6, 'c')];
    const decoded = new LSTM(6, sequences).apply(new Embedding(VOCABULARY, 4).apply(w), { initialState: [h, c] });
    return new Model([w, h, c], new Dense(VOCABULARY, { activation: 'softmax' }).apply(decoded));
  },
  'an initial state that is computed from a constant': () => {
    const [x, meta] = [series(3), vector(2, 'meta')];
    const h = new Dense(5, { activation: 'tanh' }).apply(new Dense(7).apply(meta));
    return new Model([x, meta], new GRU(5).apply(x, { initialState: h }));
  },
  'a vector at every timestep': () => {
    const [x, meta] = [series(4), vector(2)];
    const y = new LSTM(5, sequences).apply(add([x, new Dense(4).apply(meta)]));
    return new Model([meta, x], new Dense(1).apply(y));
  },
  'a vector beside the last state': () => {
    const [w, meta] = [words(), vector(3)];
    const text = new LSTM(5).apply(new Embedding(VOCABULARY, 4).apply(w));
    const joined = concatenate([text, meta, new Dense(2, { activation: 'relu' }).apply(meta)]);
    return new Model([w, meta], new Dense(1, { activation: 'sigmoid' }).apply(new LayerNormalization().apply(joined)));
  },
  'a layer for two sequences': () => {
    const [a, b] = [words(), words()];
    const [embedding, reader] = [new Embedding(VOCABULARY, 4), new LSTM(5)];
    return new Model([a, b], concatenate([a, b].map((input) => reader.apply(embedding.apply(input)))));
  },
  'a layer after itself': () => {
    const x = series(5);
    const layer = new GRU(5, sequences);
    return new Model(x, layer.apply(layer.apply(layer.apply(x))));
  },
  'models as layers': () => {
    const inner = series(3);
    const [y, h] = all(new GRU(4, { ...sequences, ...states }), inner);
    const encoder = new Model(inner, [y!, h!], { name: 'encoder' });
    const tower = new Sequential([new LSTM(4, sequences), new Dense(4), new Dropout(0.5)]);
    const x = series(3);
    const [z, last] = all(encoder, x);
    return new Model(x, [add([tower.apply(z!), tower.apply(tower.apply(z!))]), last!]);
  },
  'several outputs': () => {
    const [x, meta] = [series(3), vector(2)];
    const [y, h, c] = all(new LSTM(4, { ...sequences, ...states }), x);
    const vote = new Dense(2).apply(meta);
    return new Model({ x, meta }, { last: new SimpleRNN(3).apply(y!), vote, y: y!, h: h!, c: c!, again: y! });
  },
  'a sum of a sequence and the last state': () => {
    const x = series(4);
    const last = new GRU(4).apply(x);
    return new Model(x, new Activation('tanh').apply(new Dense(3).apply(add([x, last]))));
  },
  normalizations: () => {
    const x = series(4);
    const y = add([new BatchNormalization().apply(x), new LayerNormalization().apply(x)]);
    return new Model(x, new LSTM(3).apply(new BatchNormalization({ scale: false }).apply(y)));
  },
  'a stack of cells with states': () => {
    const [x, ...initial] = [series(3), vector(4), vector(4), vector(5)] as const;
    const stack = new RNN([new LSTMCell(4), new GRUCell(5)], { ...sequences, ...states });
    return new Model([x, ...initial], all(stack, x, initial));
  },
  'convolutions beside each other': () => {
    const x = series(3);
    const wide = (kernelSize: number): Tensor =>
      new Conv1D(4, kernelSize, { padding: 'causal', activation: 'relu' }).apply(x);
    return new Model(x, new LSTM(4).apply(concatenate([wide(1), wide(2), wide(4)])));
  },
  'a model at every timestep': () => {
    const x = series(3);
    const each = new Sequential([new Dense(5, { activation: 'relu' }), new LayerNormalization(), new Dense(4)]);
    return new Model(x, new LSTM(3, sequences).apply(new TimeDistributed(each).apply(x)));
  },
  'states in and out': () => {
    const [x, h, c] = [series(3), vector(4), vector(4)];
    const layer = new LSTM(4, { ...sequences, ...states });
    const [y, h1, c1] = all(layer, x, [h, c]);
    return new Model([x, h, c], [new Dense(2).apply(y!), h1!, c1!]);
  },
  'a model cut out of another': () => {
    const x = series(3);
    const first = new LSTM(4, sequences).apply(x);
    const second = new GRU(4, sequences).apply(first);
    new Model(x, second);
    return new Model(first, new Dense(2).apply(second));
  },
};

export interface GraphCase {
  readonly model: lib.Model;
  /** For each input all rows: [rows, steps(, C)] or [rows, C]. */
  readonly x: readonly Batch[];
  readonly isConstant: readonly boolean[];
}

/** The named model with weights that are all random, and data in which some timesteps are masked. */
export function makeGraph(name: string, rows: number, steps: number): GraphCase {
  lib.clearSession();
  lib.setRandomSeed(11);
  const model = GRAPHS[name]!();
  // Biases and moments begin at 0 and 1, which would hide what they do; a variance is positive.
  model.setWeights(
    model.getWeights().map(({ data, shape }, w) => ({
      data: data.map((value, i) =>
        model.weights[w]!.name.includes('ariance') ? 1 + 0.5 * Math.sin(i) ** 2 : value + 0.1 * Math.sin(i + w),
      ),
      shape,
    })),
  );
  const isConstant = model.inputs.map((input, index) => input.rank === 2 && !model.readsTokens(index));
  const x = model.inputs.map(({ shape }, index) => {
    if (model.readsTokens(index)) return ids([rows, steps], VOCABULARY, index);
    const features = shape.at(-1)!;
    if (isConstant[index]!) return numbers([rows, features], index);
    const batch = numbers([rows, steps, features], index);
    // Some timesteps are zero, which Masking masks.
    batch.data.forEach((_, i) => {
      if (Math.floor(i / features) % 5 === 3) batch.data[i] = 0;
    });
    return batch;
  });
  return { model, x, isConstant };
}

/** Part of a batch: some rows, and of sequences the timesteps from `begin` to `end`. */
export function part({ data, shape }: Batch, rows: readonly number[], begin: number, end: number): Batch {
  const [, steps = 1, features = 1] = shape;
  const values = rows.flatMap((row) => [
    ...data.subarray((row * steps + begin) * features, (row * steps + end) * features),
  ]);
  const made = data instanceof Int32Array ? Int32Array.from(values) : Float32Array.from(values);
  return { data: made, shape: [rows.length, end - begin, ...shape.slice(2)] };
}

/** Some rows of a batch, all their axes as they are. */
export function rowsOf({ data, shape }: Batch, rows: readonly number[]): Batch {
  const size = data.length / shape[0]!;
  const values = rows.flatMap((row) => [...data.subarray(row * size, (row + 1) * size)]);
  return {
    data: data instanceof Int32Array ? Int32Array.from(values) : Float32Array.from(values),
    shape: [rows.length, ...shape.slice(1)],
  };
}

/** The last timestep of [N,T,units], or all of [N,units]. */
function lastSteps({ data, shape }: lib.NdArray): Float32Array {
  if (shape.length === 2) return data;
  const [, steps, units] = shape as [number, number, number];
  return data.filter((_, i) => Math.floor(i / units) % steps === steps - 1);
}

/** What the model gives at the last timestep of each prefix: [steps][output][rows * units]. */
export async function runPrefixes({ model, x, isConstant }: GraphCase): Promise<Float32Array[][]> {
  const rows = Array.from({ length: x[0]!.shape[0]! }, (_, row) => row);
  const steps = x[isConstant.indexOf(false)]!.shape[1]!;
  const answers: Float32Array[][] = [];
  for (let end = 1; end <= steps; end++) {
    const prefix = x.map((batch, index) => (isConstant[index]! ? batch : part(batch, rows, 0, end)));
    answers.push((await run(model, prefix)).map(lastSteps));
  }
  return answers;
}
