// SPDX-License-Identifier: MIT
// Models of what the random packs do not draw: every activation, and the options of layers. As in differential.ts, the package
// is an argument.
import type { OnnxCase } from './differential_onnx';
import type { Encoded } from './differential';
import type * as ostinato from '../../lib';

type Package = typeof ostinato;

/** Numbers between -2 and 2 that look random, the same each time. */
function numbers(shape: number[], seed = 1, scale = 2): Encoded {
  const size = shape.reduce((product, axis) => product * axis, 1);
  const data = Float32Array.from({ length: size }, (_, at) => Math.sin((at + 1) * 12.9898 + seed * 78.233) * scale);
  return { shape, floats: Buffer.from(data.buffer).toString('base64') };
}

/** Ids from 0 to 6. */
function ids(rows: readonly (readonly number[])[]): Encoded {
  return {
    shape: [rows.length, rows[0]!.length],
    ids: Buffer.from(Int8Array.from(rows.flat()).buffer).toString('base64'),
  };
}

const WORDS = ids([
  [1, 2, 3, 4, 5],
  [0, 0, 3, 1, 2],
  [4, 5, 0, 0, 0],
  [0, 1, 0, 6, 0],
  [0, 0, 0, 0, 0],
]);

/** Makes a case: a model, and what it is given. */
type Make = (lib: Package) => Omit<OnnxCase, 'outputs'>;

/** A layer of [N,T,C]. */
const over =
  (make: (lib: Package) => ostinato.Layer, shape = [4, 3], isOpen = false): Make =>
  (lib) => {
    const x = new lib.Input([isOpen ? null : shape[0]!, ...shape.slice(1)], { name: 'x' });
    return { model: new lib.Model(x, make(lib).apply<ostinato.SymbolicTensor>(x)), inputs: [numbers([2, ...shape])] };
  };

/** What follows masked words. */
const masked =
  (make: (lib: Package, words: ostinato.SymbolicTensor) => ostinato.SymbolicTensor | ostinato.SymbolicTensor[]): Make =>
  (lib) => {
    const words = new lib.Input([null], { dtype: 'int32', name: 'words' });
    const embedded = new lib.Embedding(7, 3, { maskZero: true }).apply(words);
    return { model: new lib.Model(words, make(lib, embedded)), inputs: [WORDS] };
  };

const CELL_ACTIVATIONS = [
  'linear',
  'tanh',
  'sigmoid',
  'relu',
  'elu',
  'hard_sigmoid',
  'softsign',
  'softplus',
  'leaky_relu',
];

/** By name. */
export function onnxModels(lib: Package): Record<string, Omit<OnnxCase, 'outputs'>> {
  const models: Record<string, Make> = {};
  for (const activation of ACTIVATIONS) models[`activation ${activation}`] = over((o) => new o.Activation(activation));
  for (const activation of CELL_ACTIVATIONS) {
    models[`cells with ${activation}`] = (o) => {
      const x = new o.Input([4, 3], { name: 'x' });
      const options = { activation, recurrentActivation: activation };
      const outputs = [new o.SimpleRNN(2, { activation }), new o.LSTM(2, options), new o.GRU(2, options)];
      return {
        model: new o.Model(
          x,
          outputs.map((layer) => layer.apply<ostinato.SymbolicTensor>(x)),
        ),
        inputs: [numbers([2, 4, 3], 3, 0.5)],
      };
    };
  }
  Object.assign(models, {
    'softmax over the timesteps': over((o) => new o.Softmax({ axis: 1 })),
    'softmax with a mask': (o) => {
      const [x, mask] = [new o.Input([4, 3], { name: 'x' }), new o.Input([4, 3], { name: 'mask' })];
      const kept = new o.ReLU().apply(mask);
      return {
        model: new o.Model([x, mask], new o.Softmax().apply(x, { mask: kept })),
        inputs: [numbers([2, 4, 3]), numbers([2, 4, 3], 5)],
      };
    },
    'relu with a limit, a slope and a threshold': over(
      (o) => new o.ReLU({ maxValue: 1, negativeSlope: 0.25, threshold: 0.5 }),
    ),
    'a leaky relu by options': over((o) => new o.ReLU({ negativeSlope: 0.25 })),
    'leaky relu and elu': over((o) => new o.Sequential([new o.LeakyReLU(), new o.ELU({ alpha: 0.5 })])),
    'prelu of every timestep': over((o) => new o.PReLU({ alphaInitializer: 'random_normal' })),
    'unit normalization': over((o) => new o.UnitNormalization()),
    'normalization of given moments': over((o) => new o.Normalization({ mean: [1, 2, 3], variance: [1, 4, 9] })),
    'normalization, inverted, of moments that were learnt': (o) => {
      const layer = new o.Normalization({ invert: true });
      layer.build([null, 4, 3]);
      layer.setWeights([[1, 2, 3], [1, 4, 9], [0]]);
      return over(() => layer)(o);
    },
    'normalization of timesteps': over(
      (o) => new o.Normalization({ axis: 1, mean: [1, 2, 3, 4], variance: [1, 2, 3, 4] }),
    ),
    'rescaling by features': over((o) => new o.Rescaling([1, 2, 3], { offset: [3, 2, 1] })),
    'dot with normalize': (o) => {
      const [x, y] = [new o.Input([4, 3], { name: 'x' }), new o.Input([4, 2], { name: 'y' })];
      return {
        model: new o.Model([x, y], new o.Dot(1, { normalize: true }).apply([x, y])),
        inputs: [numbers([2, 4, 3]), numbers([2, 4, 2])],
      };
    },
    'dot of a vector and a sequence': (o) => {
      const [x, y] = [new o.Input([3], { name: 'x' }), new o.Input([4, 3], { name: 'y' })];
      return {
        model: new o.Model([x, y], new o.Dot([1, 2]).apply([x, y])),
        inputs: [numbers([2, 3]), numbers([2, 4, 3])],
      };
    },
    'attention with scores and masks': masked((o, x) =>
      new o.Attention({ useScale: true }).apply<ostinato.SymbolicTensor[]>([x, x], {
        returnAttentionScores: true,
        useCausalMask: true,
      }),
    ),
    'additive attention': masked((o, x) => new o.AdditiveAttention().apply([x, x])),
    'heads with scores': masked((o, x) =>
      new o.MultiHeadAttention(2, 3, { valueDim: 2 }).apply<ostinato.SymbolicTensor[]>([x, x], {
        returnAttentionScores: true,
      }),
    ),
    'heads with dropout': masked((o, x) =>
      new o.MultiHeadAttention(2, 3, { dropout: 0.5, outputShape: 4 }).apply([x, x]),
    ),
    'heads with a mask of their own': (o) => {
      const [x, mask] = [new o.Input([4, 3], { name: 'x' }), new o.Input([1, 4], { name: 'mask' })];
      const attentionMask = new o.ReLU().apply(mask);
      return {
        model: new o.Model(
          [x, mask],
          new o.MultiHeadAttention(2, 2).apply([x, x], { attentionMask, useCausalMask: true }),
        ),
        inputs: [numbers([2, 4, 3]), numbers([2, 1, 4], 5)],
      };
    },
    'states of both directions, apart': masked((o, x) =>
      new o.Bidirectional(new o.LSTM(2, { returnSequences: true, returnState: true }), { mergeMode: null }).apply<
        ostinato.SymbolicTensor[]
      >(x),
    ),
    'states of a stack of cells': masked((o, x) =>
      new o.RNN([new o.LSTMCell(2), new o.GRUCell(3)], {
        returnState: true,
        goBackwards: true,
        returnSequences: true,
      }).apply<ostinato.SymbolicTensor[]>(x),
    ),
    'states that are handed over': masked((o, x) => {
      const [, h, c] = new o.LSTM(2, { returnState: true }).apply<ostinato.SymbolicTensor[]>(x);
      return new o.LSTM(2, { returnSequences: true, zeroOutputForMask: true }).apply(x, { initialState: [h!, c!] });
    }),
    'a mean of masked words': masked((o, x) => new o.GlobalAveragePooling1D({ keepdims: true }).apply(x)),
    'merges of masked words': masked((o, x) => {
      const other = new o.Dense(3).apply(x);
      return [o.multiply([x, other]), o.maximum([x, other]), o.minimum([x, other]), o.average([x, other, x])].map((y) =>
        new o.GRU(2).apply(y),
      );
    }),
    'masked words beside others': masked((o, x) => {
      const other = new o.UpSampling1D(1).apply(x);
      return new o.LSTM(2).apply(o.concatenate([x, other], 1));
    }),
    'a slice of masked words': masked((o, x) =>
      new o.GRU(2, { returnSequences: true }).apply(o.slice(x, { steps: [-1, null, -2], features: [0, 2] })),
    ),
    'ids that move': (o) => {
      const words = new o.Input([null], { dtype: 'int32', name: 'words' });
      const moved = [
        new o.ZeroPadding1D([1, 2]),
        new o.UpSampling1D(2),
        new o.Cropping1D([1, 0]),
      ].reduce<ostinato.SymbolicTensor>((x, layer) => layer.apply(x), words);
      return {
        model: new o.Model(words, new o.SimpleRNN(3).apply(new o.Embedding(7, 3, { maskZero: true }).apply(moved))),
        inputs: [WORDS],
      };
    },
    'a convolution of windows that do not fit, of any length': over(
      (o) => new o.Conv1D(2, 2, { strides: 3, padding: 'same' }),
      [7, 3],
      true,
    ),
    'a pool of windows apart, of any length': over(
      (o) => new o.MaxPooling1D(1, { strides: 3, padding: 'same' }),
      [6, 3],
      true,
    ),
    'a mean of windows apart': over((o) => new o.AveragePooling1D(2, { strides: 3, padding: 'same' }), [6, 3]),
    'parts as sequences, masked': (o) => {
      const words = new o.Input([2, null], { dtype: 'int32', name: 'words' });
      const embedded = new o.Embedding(7, 3, { maskZero: true }).apply(words);
      const read = new o.TimeDistributed(new o.Bidirectional(new o.LSTM(2))).apply(embedded);
      const parts = { ...ids([[1, 2, 3, 4, 5, 0, 0, 3, 1, 2]]), shape: [1, 2, 5] };
      return { model: new o.Model(words, new o.GRU(2).apply(read)), inputs: [parts] };
    },
    'timesteps as rows': over((o) => new o.TimeDistributed(new o.RepeatVector(2)), [4, 3], true),
    'one model at two places': (o) => {
      const tower = new o.Sequential([new o.Embedding(7, 3, { maskZero: true }), new o.LSTM(2)], { name: 'tower' });
      const [a, b] = [new o.Input([null], { name: 'a' }), new o.Input([null], { name: 'b' })];
      return { model: new o.Model([a, b], { score: o.dot([tower.apply(a), tower.apply(b)]) }), inputs: [WORDS, WORDS] };
    },
    'what does nothing but in training': over(
      (o) =>
        new o.Sequential([
          new o.Dropout(0.5),
          new o.GaussianDropout(0.5),
          new o.GaussianNoise(1),
          new o.SpatialDropout1D(0.5),
          new o.ActivityRegularization(),
          new o.Flatten(),
        ]),
    ),
  } satisfies Record<string, Make>);
  return Object.fromEntries(
    Object.entries(models).map(([name, make]) => {
      lib.clearSession();
      lib.setRandomSeed(7);
      return [name, make(lib)];
    }),
  );
}

const ACTIVATIONS = [
  'linear', 'tanh', 'sigmoid', 'relu', 'softmax', 'elu', 'exponential', 'hard_sigmoid', 'softsign', 'leaky_relu', 'relu6', 'celu',
  'selu', 'gelu', 'silu', 'softplus', 'squareplus', 'soft_shrink', 'hard_shrink', 'tanh_shrink', 'hard_tanh', 'hard_silu',
  'log_sigmoid', 'log_softmax', 'mish', 'sparse_plus', 'sparse_sigmoid', 'sparsemax',
]; // prettier-ignore
