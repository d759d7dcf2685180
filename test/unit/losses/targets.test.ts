// SPDX-License-Identifier: MIT
// Targets at the door: shapes against the outputs, values against the loss.
import { getLoss } from '../../../lib/losses';
import { readTargets } from '../../../lib/losses/targets';

const code = (code: string) => expect.objectContaining({ code });
const read = (loss: string, y: unknown, rows: number, axes: number[]) =>
  readTargets('fit', 'y', y, getLoss(loss), rows, axes);

describe('refuses', () => {
  test.each<[string, string, unknown, number, number[], string]>([
    ['another number of rows', 'bce', [0, 1, 1], 2, [1], 'ERR_SHAPE'],
    ['a label of 2', 'bce', [0, 2], 2, [1], 'ERR_RANGE'],
    ['a label of -1', 'bce', [0, -1], 2, [1], 'ERR_RANGE'],
    ['a label of NaN', 'bce', [0, NaN], 2, [1], 'ERR_DATA'],
    ['another width', 'mse', [[1, 2]], 1, [3], 'ERR_SHAPE'],
    ['flat targets for several outputs', 'mse', [1, 2], 2, [3], 'ERR_SHAPE'],
    ['targets without timesteps for sequences', 'mse', [[1]], 1, [4, 1], 'ERR_SHAPE'],
    ['infinite targets', 'mse', [Infinity], 1, [1], 'ERR_DATA'],
    ['targets beyond float32', 'mae', [1e300], 1, [1], 'ERR_DATA'],
    ['a class beyond the outputs', 'sparse_categorical_crossentropy', [3], 1, [3], 'ERR_RANGE'],
    ['a negative class', 'sparse_categorical_crossentropy', [-1], 1, [3], 'ERR_RANGE'],
    ['half a class', 'sparse_categorical_crossentropy', [0.5], 1, [3], 'ERR_DATA'],
    ['one-hot targets where ids are due', 'sparse_categorical_crossentropy', [[0, 1, 0]], 1, [3], 'ERR_SHAPE'],
    ['ids where one-hot targets are due', 'categorical_crossentropy', [1], 1, [3], 'ERR_SHAPE'],
    ['strings', 'bce', ['1'], 1, [1], 'ERR_TYPE'],
  ])('%s', (_title, loss, y, rows, axes, expected) => {
    expect(() => read(loss, y, rows, axes)).toThrow(code(expected));
  });

  test('with the position and a way out', () => {
    expect(() => read('bce', [[0], [3]], 2, [1])).toThrow('3 at [1, 0]');
    expect(() => read('categorical_crossentropy', [1], 1, [3])).toThrow('sparse_categorical_crossentropy');
    expect(() => read('sparse_categorical_crossentropy', [[0, 1, 0]], 1, [3])).toThrow('One-hot');
  });
});

describe('takes', () => {
  test.each<[string, string, unknown, number, number[], number]>([
    ['[N] for outputs [N,1]', 'bce', [0, 1], 2, [1], 1],
    ['[N,1] for outputs [N,1]', 'bce', [[0], [1]], 2, [1], 1],
    ['[N,T] for outputs [N,T,1]', 'mse', [[0, 1, 2]], 1, [3, 1], 3],
    ['[N,K] for outputs [N,K]', 'categorical_crossentropy', [[0, 1, 0]], 1, [3], 3],
    ['ids [N] for outputs [N,K]', 'sparse_categorical_crossentropy', [2, 0], 2, [3], 1],
    ['ids [N,1] for outputs [N,K]', 'sparse_categorical_crossentropy', [[2], [0]], 2, [3], 1],
    ['ids [N,T] for outputs [N,T,K]', 'sparse_categorical_crossentropy', [[2, 0]], 1, [2, 3], 2],
    ['soft labels', 'bce', [0.25], 1, [1], 1],
  ])('%s', (_title, loss, y, rows, axes, size) => {
    expect(read(loss, y, rows, axes).targetSize).toBe(size);
  });

  test('float32 targets without a copy', () => {
    const y = new Float32Array([0, 1]);
    expect(read('bce', y, 2, [1]).data).toBe(y);
  });
});
