// SPDX-License-Identifier: MIT
import { Dense, Embedding, Input, Sequential, SGD, type Layer } from '../../../lib';
import {
  MaxNorm,
  MinMaxNorm,
  NonNeg,
  resolveConstraint,
  UnitNorm,
  type ConstraintLike,
} from '../../../lib/constraints';
import { constrain } from '../../reference/constraints';
import { drawFrom } from '../../reference/random';
import { codeOf, messageOf } from '../../support/error_code';
import { withConstraints } from '../contract/constrained_model';
import { floats, ids } from '../contract/engine_model';

const resolve = (value: ConstraintLike | undefined) => resolveConstraint('Dense', 'kernelConstraint', value);

describe('constraints: misuse', () => {
  test.each([[-1], [NaN], [Infinity]])('a norm of %p is refused', (norm) => {
    expect(codeOf(() => new MaxNorm(norm))).toBe('ERR_CONFIG');
    expect(codeOf(() => new MinMaxNorm({ minValue: norm }))).toBe('ERR_CONFIG');
    expect(codeOf(() => new MinMaxNorm({ maxValue: norm }))).toBe('ERR_CONFIG');
  });

  test('a least norm above the largest is refused, and a rate beyond 0 and 1', () => {
    expect(codeOf(() => new MinMaxNorm({ minValue: 2, maxValue: 1 }))).toBe('ERR_CONFIG');
    expect(codeOf(() => new MinMaxNorm({ rate: 1.5 }))).toBe('ERR_CONFIG');
    expect(codeOf(() => new MinMaxNorm({ rate: -0.5 }))).toBe('ERR_CONFIG');
  });

  test('an axis is one integer', () => {
    expect(codeOf(() => new UnitNorm({ axis: 0.5 }))).toBe('ERR_CONFIG');
    expect(codeOf(() => new UnitNorm({ axis: '0' as never }))).toBe('ERR_TYPE');
    expect(codeOf(() => new MaxNorm({ axis: [0, 1] as never }))).toBe('ERR_TYPE');
  });

  test('an unknown option and an unknown name are refused with the nearest', () => {
    expect(codeOf(() => new MaxNorm({ max: 1 } as never))).toBe('ERR_UNKNOWN_OPTION');
    expect(codeOf(() => resolve({ className: 'NonNeg', config: { axis: 0 } }))).toBe('ERR_UNKNOWN_OPTION');
    expect(codeOf(() => resolve('max_nom'))).toBe('ERR_UNKNOWN_NAME');
    expect(messageOf(() => resolve('max_nom'))).toMatch(/Did you mean 'max_norm'\?$/);
    expect(codeOf(() => resolve(2 as never))).toBe('ERR_TYPE');
  });

  test('a weight without the axis is refused when its layer is built', () => {
    const dense = withConstraints(new Dense(2, { name: 'mine' }), [null, new UnitNorm({ axis: 1 })]);
    const build = () => new Sequential([new Input([3]), dense]);
    expect(codeOf(build)).toBe('ERR_SHAPE');
    expect(messageOf(build)).toBe(
      'Dense "mine": expected bias to have the axis 1 of its constraint UnitNorm, received shape [2].',
    );
  });
});

describe('constraints: options', () => {
  test('have the defaults of Keras', () => {
    expect(new MaxNorm().toNative()).toEqual({ kind: 'max_norm', maxValue: 2, axis: 0 });
    expect(new NonNeg().toNative()).toEqual({ kind: 'non_neg' });
    expect(new UnitNorm().toNative()).toEqual({ kind: 'unit_norm', axis: 0 });
    expect(new MinMaxNorm().toNative()).toEqual({ kind: 'min_max_norm', minValue: 0, maxValue: 1, rate: 1, axis: 0 });
    expect(new MaxNorm(3)).toEqual(new MaxNorm({ maxValue: 3 }));
  });

  test('survive a round trip through plain data', () => {
    const minMax = new MinMaxNorm({ minValue: 0.5, maxValue: 2, rate: 0.25, axis: -1 });
    for (const constraint of [new MaxNorm({ maxValue: 3, axis: 1 }), new NonNeg(), new UnitNorm({ axis: 1 }), minMax]) {
      const copy = resolve(JSON.parse(JSON.stringify(constraint)));
      expect(copy).toEqual(constraint);
      expect(copy).not.toBe(constraint);
    }
  });

  test('nothing asked for is nothing', () => {
    expect(resolve(null)).toBeNull();
    expect(resolve(undefined)).toBeNull();
  });
});

describe('constraints: training', () => {
  const ones = floats(new Float32Array(12).fill(1), [4, 3]);
  const y = floats(drawFrom(3).normal(8), [4, 2]);

  function modelOf(layer: Layer, input: number[]): Sequential {
    const model = new Sequential([new Input(input), layer]);
    model.compile({ optimizer: new SGD(0.5), loss: 'mse' });
    return model;
  }

  test('a step with a constraint is the step without, put back', async () => {
    for (const constraint of [new NonNeg(), new MaxNorm(0.5), new UnitNorm({ axis: 1 }), new UnitNorm({ axis: -2 })]) {
      const free = modelOf(new Dense(2), [3]);
      const held = modelOf(withConstraints(new Dense(2), [constraint, new NonNeg()]), [3]);
      held.setWeights(free.getWeights());
      await free.trainOnBatch(ones, y);
      await held.trainOnBatch(ones, y);
      const [kernel, bias] = free.getWeights().map(({ data }) => Float64Array.from(data)) as [
        Float64Array,
        Float64Array,
      ];
      const expected = [constrain(constraint.toNative(), kernel, [3, 2]), bias.map((b) => Math.max(b, 0))];
      held.getWeights().forEach(({ data }, i) => expect(data).toEqual(Float32Array.from(expected[i]!)));
    }
  });

  test('frozen weights are left as they are, and so are all where nothing is trained', async () => {
    const kernel = floats([-1, 2, -3, 4, -5, 6], [3, 2]);
    const first = (trainable: boolean): Dense => withConstraints(new Dense(2, { trainable }), [new NonNeg(), null]);
    for (const trainable of [true, false]) {
      const model = new Sequential([new Input([3]), first(trainable), new Dense(2)]);
      model.compile({ optimizer: new SGD(0.5), loss: 'mse' });
      model.layers[0]!.setWeights([kernel, new Float32Array(2)]);
      await model.evaluate(ones, y, { verbose: 0 });
      await model.predict(ones);
      if (!trainable) await model.trainOnBatch(ones, y);
      expect(model.getWeights()[0]!.data).toEqual(kernel.data);
    }
  });

  test('every row of an embedding is held, also of tokens that did not occur', async () => {
    const layer = withConstraints(new Embedding(50, 3), [new UnitNorm({ axis: 1 })]);
    const model = modelOf(layer, [2]);
    await model.trainOnBatch(ids([1, 2, 3, 4], [2, 2]), floats(new Float32Array(12), [2, 2, 3]));
    const { data } = model.getWeights()[0]!;
    for (let row = 0; row < 50; row++) expect(Math.hypot(...data.subarray(3 * row, 3 * row + 3))).toBeCloseTo(1, 3);
  });
});
