// SPDX-License-Identifier: MIT
// Sample and class weights at the door.
import { getLoss } from '../../../lib/losses';
import { readTargets } from '../../../lib/losses/targets';
import { classWeights, combineWeights, readWeights } from '../../../lib/training/weights';

const code = (code: string) => expect.objectContaining({ code });
const read = (value: unknown, rows: number, axes: number[]) => readWeights('fit', 'sampleWeight', value, rows, axes);
const byClass = (value: unknown, loss: string, y: unknown, rows: number, axes: number[]) => {
  const found = getLoss(loss);
  return classWeights('fit', value, readTargets('fit', 'y', y, found, rows, axes), found, rows, axes);
};

describe('refuses sample weights', () => {
  test.each<[string, unknown, number, number[], string]>([
    ['of another number of rows', [1, 2], 3, [1], 'ERR_SHAPE'],
    ['per timestep where outputs have none', [[1, 2]], 1, [2], 'ERR_SHAPE'],
    ['of another number of timesteps', [[1, 2, 3]], 1, [2, 4], 'ERR_SHAPE'],
    ['of the whole shape of the outputs', [[[1, 2]]], 1, [1, 2], 'ERR_SHAPE'],
    ['that are NaN', [1, NaN], 2, [1], 'ERR_DATA'],
    ['that are infinite', [1, Infinity], 2, [1], 'ERR_DATA'],
    ['beyond float32', [1, 1e300], 2, [1], 'ERR_DATA'],
    ['of none', [], 2, [1], 'ERR_DATA'],
    ['that are strings', ['1', '2'], 2, [1], 'ERR_TYPE'],
    ['that are no array', 3, 1, [1], 'ERR_TYPE'],
    ['over detached memory', detached(), 2, [1], 'ERR_DATA'],
    ['over shared memory', new Float32Array(new SharedArrayBuffer(8)), 2, [1], 'ERR_DATA'],
  ])('%s', (_title, value, rows, axes, expected) => {
    expect(() => read(value, rows, axes)).toThrow(code(expected));
  });

  test('with the position', () => {
    expect(() => read([1, 2, NaN], 3, [1])).toThrow('element 2');
  });
});

describe('takes sample weights', () => {
  test.each<[string, unknown, number, number[], number]>([
    ['[N]', [1, 2], 2, [1], 1],
    ['[N,1]', [[1], [2]], 2, [3], 1],
    ['[N] for outputs [N,T,K]', [1, 2], 2, [4, 3], 1],
    ['[N,1] for outputs [N,T,K]', [[1], [2]], 2, [4, 3], 1],
    ['[N,T] for outputs [N,T,K]', [[1, 2, 3, 4]], 1, [4, 3], 4],
    ['[N,T,1] for outputs [N,T,K]', [[[1], [2]]], 1, [2, 3], 2],
    ['below zero', [-1, 0], 2, [1], 1],
  ])('%s', (_title, value, rows, axes, size) => {
    expect(read(value, rows, axes).weightSize).toBe(size);
  });
});

describe('refuses class weights', () => {
  test.each<[string, unknown, string]>([
    ['that are an array', [1, 2], 'ERR_TYPE'],
    ['that are a number', 2, 'ERR_TYPE'],
    ['null', null, 'ERR_TYPE'],
    ['of a class that is no integer', { 0.5: 1 }, 'ERR_CONFIG'],
    ['of a negative class', { '-1': 1 }, 'ERR_CONFIG'],
    ['of a class by name', { cat: 1 }, 'ERR_CONFIG'],
    ['that are strings', { 0: '1' }, 'ERR_TYPE'],
    ['that are NaN', { 0: NaN }, 'ERR_CONFIG'],
  ])('%s', (_title, value, expected) => {
    expect(() => byClass(value, 'bce', [0, 1], 2, [1])).toThrow(code(expected));
  });

  test('where targets are labels of samples', () => {
    const refused = () => byClass({ 1: 2 }, 'ctc', [[1, 2]], 1, [4, 3]);
    expect(refused).toThrow(code('ERR_CONFIG'));
    expect(refused).toThrow('sampleWeight of shape [N]');
  });
});

describe('class weights become sample weights', () => {
  test.each<[string, string, unknown, number[], number[]]>([
    ['labels', 'bce', [0, 1, 1], [1], [2, 1, 1]],
    ['soft labels, rounded', 'bce', [0.2, 0.7, 1], [1], [2, 1, 1]],
    ['halves, to the even class', 'mse', [0.5, 1.5, 2.5], [1], [2, 3, 3]],
    ['ids', 'sparse_categorical_crossentropy', [2, 0, 1], [3], [3, 2, 1]],
    [
      'one-hot',
      'categorical_crossentropy',
      [
        [0, 0, 1],
        [1, 0, 0],
        [0, 1, 0],
      ],
      [3],
      [3, 2, 1],
    ],
  ])('%s', (_title, loss, y, axes, expected) => {
    const { data, weightSize } = byClass({ 0: 2, 2: 3 }, loss, y, 3, axes);
    expect([Array.from(data), weightSize]).toEqual([expected, 1]);
  });

  const ids = [[2, 0], [1, 2], [0, 0]]; // prettier-ignore
  const oneHot = ids.map((row) => row.map((id) => [0, 1, 2].map((k) => (k === id ? 1 : 0))));
  test.each<[string, string, unknown, number[], number[]]>([
    ['ids [N,T]', 'sparse_categorical_crossentropy', ids, [2, 3], [3, 2, 1, 3, 2, 2]],
    [
      'ids [N,T,1]',
      'sparse_categorical_crossentropy',
      ids.map((row) => row.map((id) => [id])),
      [2, 3],
      [3, 2, 1, 3, 2, 2],
    ],
    // As many steps as samples and classes: no shape tells them apart.
    ['ids [3,3] of 3 classes', 'sparse_categorical_crossentropy', [[2, 0, 1], [0, 0, 0], [1, 1, 2]], [3, 3], [3, 2, 1, 2, 2, 2, 1, 1, 3]], // prettier-ignore
    ['one-hot [N,T,K]', 'categorical_crossentropy', oneHot, [2, 3], [3, 2, 1, 3, 2, 2]],
    ['yes or no [N,T]', 'bce', [[0, 1], [1, 1], [0, 0]], [2, 1], [2, 1, 1, 1, 2, 2]], // prettier-ignore
    ['numbers [N,T,1], rounded', 'mse', [[[0.4], [1.6]], [[1], [2]], [[-0.3], [7]]], [2, 1], [2, 3, 1, 3, 2, 1]], // prettier-ignore
  ])('one for each timestep: %s', (_title, loss, y, axes, expected) => {
    const { data, weightSize } = byClass({ 0: 2, 2: 3 }, loss, y, 3, axes);
    expect([Array.from(data), weightSize]).toEqual([expected, axes[0]]);
  });

  test('from a Map as from an object', () => {
    expect(byClass(new Map([[1, 4]]), 'bce', [0, 1], 2, [1]).data).toEqual(Float32Array.of(1, 4));
  });
});

describe('sample and class weights multiply', () => {
  const ofSample = { data: Float32Array.of(10, 100), weightSize: 1 };
  const each = { data: Float32Array.of(1, 2, 3, 4), weightSize: 2 };
  test.each([
    ['of samples', ofSample, { data: Float32Array.of(5, 7), weightSize: 1 }, [50, 700], 1],
    ['of samples, and of classes of timesteps', ofSample, each, [10, 20, 300, 400], 2],
    ['of timesteps', each, { data: Float32Array.of(2, 3, 5, 7), weightSize: 2 }, [2, 6, 15, 28], 2],
  ])('%s', (_title, sample, ofClass, product, weightSize) => {
    expect(combineWeights('fit', sample, ofClass)).toEqual({ data: Float32Array.from(product), weightSize });
  });

  test('where both are given', () => {
    expect(combineWeights('fit', null, each)).toBe(each);
    expect(combineWeights('fit', each, null)).toBe(each);
    expect(combineWeights('fit', null, null)).toBe(null);
  });
});

function detached(): Float32Array {
  const array = new Float32Array(2);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}
