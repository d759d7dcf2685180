// SPDX-License-Identifier: MIT
// Dropout within recurrent layers: which masks there are, and that what is learnt under them is the derivative of the
// loss under the same masks. An oracle cannot draw the engine's masks, so the loss itself is asked, twice for each slope.
import {
  Bidirectional,
  Dense,
  GRU,
  Input,
  LSTM,
  NdArray,
  Sequential,
  setRandomSeed,
  SimpleRNN,
  type Layer,
} from '../../../lib';
import { drawFrom } from '../../reference/random';
import { engineGradients } from './engine_model';

const [N, T, C, H] = [6, 4, 3, 5];
const draw = drawFrom(31);
const x = new NdArray(Float32Array.from(draw.normal(N * T * C)), [N, T, C]);
const y = new NdArray(Float32Array.from(draw.normal(N)), [N, 1]);

type Options = { dropout?: number; recurrentDropout?: number; returnSequences?: boolean; goBackwards?: boolean };

const CELLS: [string, (options: Options) => SimpleRNN | LSTM | GRU][] = [
  ['SimpleRNN', (options) => new SimpleRNN(H, { seed: 5, ...options })],
  ['LSTM', (options) => new LSTM(H, { seed: 5, ...options })],
  ['GRU', (options) => new GRU(H, { seed: 5, ...options })],
  ['GRU that resets before the product', (options) => new GRU(H, { seed: 5, resetAfter: false, ...options })],
];
const RATES: [string, Options][] = [
  ['of inputs', { dropout: 0.4 }],
  ['of states', { recurrentDropout: 0.4 }],
  ['of both', { dropout: 0.3, recurrentDropout: 0.3 }],
  ['of both, backwards', { dropout: 0.3, recurrentDropout: 0.3, goBackwards: true }],
];

/** A model whose masks are the same every time that it is made. */
function modelOf(make: () => Layer, weights: readonly ArrayLike<number>[] | null): Sequential {
  setRandomSeed(8);
  const model = new Sequential([new Input([T, C]), new Dense(C), make(), new Dense(1)]);
  if (weights) model.setWeights(weights.map((values) => Float32Array.from(values)));
  return model;
}

/** Every weight's gradient along one direction, against the slope of the loss there. */
async function expectSlopes(make: () => Layer): Promise<void> {
  const weights = modelOf(make, null).getWeights();
  const directions = weights.map(({ data }, i) => drawFrom(100 + i).normal(data.length, data.length ** -0.5));
  const values = weights.map(({ data }, i) => Float32Array.from(data, (value, j) => value + directions[i]![j]! / 4));
  const gradientsAt = (at: readonly ArrayLike<number>[]) => engineGradients(modelOf(make, at), 'mse', x, y);
  const { weights: gradients } = await gradientsAt(values);
  const step = 2 ** -7;
  for (const [i, direction] of directions.entries()) {
    const moved = (by: number) =>
      values.map((value, k) => (k === i ? Float32Array.from(value, (v, j) => v + by * direction[j]!) : value));
    const [up, down] = [await gradientsAt(moved(step)), await gradientsAt(moved(-step))];
    const slope = (up.loss - down.loss) / (2 * step);
    const learnt = direction.reduce((sum, d, j) => sum + d * gradients[i]![j]!, 0);
    // The loss is a float of about 1: its rounding over the step, and the third derivative times the step's square.
    expect(Math.abs(slope - learnt)).toBeLessThan(4e-4);
  }
}

describe.each(CELLS)('%s', (_, make) => {
  test.each(RATES)('learns the slope of its loss under dropout %s', async (_name, options) => {
    await expectSlopes(() => make(options));
  });

  test('learns it in a stack of both directions', async () => {
    const rates = { dropout: 0.3, recurrentDropout: 0.3, returnSequences: true };
    await expectSlopes(() => new Bidirectional(make({ ...rates, returnSequences: false })));
  });

  test('computes with all of its inputs and states where it does not train', async () => {
    setRandomSeed(8);
    const plain = make({});
    const outputs = await plain.call<NdArray>(x);
    const dropping = make({ dropout: 0.4, recurrentDropout: 0.4 });
    dropping.build([null, T, C]);
    dropping.setWeights(plain.getWeights());
    expect((await dropping.call<NdArray>(x)).data).toEqual(outputs.data);
    expect((await dropping.call<NdArray>(x, { training: true })).data).not.toEqual(outputs.data);
  });
});

const LINEAR = { activation: 'linear', useBias: false, returnSequences: true, seed: 5 } as const;

/** [rows, T, units] of what a layer does with ones while it trains. */
async function dropOnes(layer: Layer, rows: number, features: number, initialState?: NdArray): Promise<Float32Array> {
  const ones = new NdArray(new Float32Array(rows * T * features).fill(1), [rows, T, features]);
  const states = initialState ? { initialState: [initialState] } : {};
  return (await layer.call<NdArray>(ones, { training: true, ...states })).data as Float32Array;
}

describe('the masks', () => {
  const UNITS = 40;
  const identity = { data: new Float32Array(UNITS * UNITS), shape: [UNITS, UNITS] };
  for (let i = 0; i < UNITS; i++) identity.data[i * UNITS + i] = 1;
  const zeros = { data: new Float32Array(UNITS * UNITS), shape: [UNITS, UNITS] };
  const at = (data: Float32Array, row: number, t: number): Float32Array =>
    data.subarray((row * T + t) * UNITS, (row * T + t + 1) * UNITS);

  test('of inputs are one for all steps of a row and another for every row, and keep what they do not drop in scale', async () => {
    const layer = new SimpleRNN(UNITS, { ...LINEAR, dropout: 0.5 });
    layer.build([null, T, UNITS]);
    layer.setWeights([identity, zeros]);
    const masks = await dropOnes(layer, 3, UNITS);
    for (let row = 0; row < 3; row++) for (let t = 1; t < T; t++) expect(at(masks, row, t)).toEqual(at(masks, row, 0));
    expect(new Set(masks)).toEqual(new Set([0, 2]));
    expect(at(masks, 0, 0)).not.toEqual(at(masks, 1, 0));
    expect(at(masks, 1, 0)).not.toEqual(at(masks, 2, 0));
  });

  test.each([
    ['', false],
    [', backwards', true],
  ])(
    'of states are one for all steps of a row and another for every row, and meet the state that a row begins in%s',
    async (_, goBackwards) => {
      const layer = new SimpleRNN(UNITS, { ...LINEAR, goBackwards, recurrentDropout: 0.5 });
      layer.build([null, T, UNITS]);
      layer.setWeights([zeros, identity]);
      const ones = new NdArray(new Float32Array(3 * UNITS).fill(1), [3, UNITS]);
      const states = await dropOnes(layer, 3, UNITS, ones);
      // Every step multiplies what the row began in by the same mask.
      for (let row = 0; row < 3; row++) {
        const first = at(states, row, 0);
        expect(new Set(first)).toEqual(new Set([0, 2]));
        for (let t = 1; t < T; t++) expect(at(states, row, t)).toEqual(first.map((mask) => mask ** (t + 1)));
      }
      expect(at(states, 0, 0)).not.toEqual(at(states, 1, 0));
    },
  );

  // What comes out of the first step is one gate's mask where that gate has the identity and the others are constant.
  const gates: [string, number, number, number[], (options: object) => Layer][] = [
    ['an LSTM', 4, 0, [2, 3], (options) => new LSTM(UNITS, { ...LINEAR, ...options, recurrentActivation: 'linear' })],
    ['an LSTM', 4, 2, [0, 3], (options) => new LSTM(UNITS, { ...LINEAR, ...options, recurrentActivation: 'linear' })],
    ['an LSTM', 4, 3, [0, 2], (options) => new LSTM(UNITS, { ...LINEAR, ...options, recurrentActivation: 'linear' })],
    ['a GRU', 3, 0, [2], (options) => new GRU(UNITS, { ...LINEAR, ...options, recurrentActivation: 'linear', resetAfter: false })],
    ['a GRU', 3, 2, [], (options) => new GRU(UNITS, { ...LINEAR, ...options, recurrentActivation: 'linear', resetAfter: false })],
  ]; // prettier-ignore
  async function maskOf([name, count, gate, others, make]: (typeof gates)[number], options: object): Promise<number[]> {
    const layer = make({ ...options, useBias: true });
    layer.build([null, T, UNITS]);
    const [kernel, recurrent, bias] = layer.getWeights().map(({ data, shape }) => ({ data: data.map(() => 0), shape }));
    for (let u = 0; u < UNITS; u++) {
      kernel!.data[u * count * UNITS + gate * UNITS + u] = 1;
      for (const other of others) bias!.data[other * UNITS + u] = 1;
    }
    layer.setWeights([kernel!, recurrent!, bias!]);
    const first = at(await dropOnes(layer, 1, UNITS), 0, 0);
    // A GRU lets in as much of the candidate as its update gate leaves.
    return Array.from(first, (value) => (name === 'a GRU' && gate === 0 ? 1 - value : value));
  }

  test.each(['an LSTM', 'a GRU'])(
    'of inputs are one for all gates of %s, and one for each where states are dropped as well',
    async (name) => {
      const own = gates.filter(([of]) => of === name);
      const together = await Promise.all(own.map((gate) => maskOf(gate, { dropout: 0.5 })));
      const apart = await Promise.all(own.map((gate) => maskOf(gate, { dropout: 0.5, recurrentDropout: 0.1 })));
      for (const mask of [...together, ...apart]) expect(new Set(mask)).toEqual(new Set([0, 2]));
      expect(new Set(together.map(String)).size).toBe(1);
      expect(new Set(apart.map(String)).size).toBe(own.length);
    },
  );
});
