// SPDX-License-Identifier: MIT
import { Dense, Input, Sequential } from '../../../lib';
import {
  L1,
  L1L2,
  L2,
  OrthogonalRegularizer,
  l1,
  l1l2,
  l2,
  resolveRegularizer,
  type RegularizerLike,
} from '../../../lib/regularizers';
import { codeOf, messageOf } from '../../support/error_code';

const resolve = (value: RegularizerLike | undefined) => resolveRegularizer('Dense', 'kernelRegularizer', value);

const NOT_ORTHOGONAL = { orthogonal: 0, orthogonalByRows: true };

describe('regularizers: misuse', () => {
  test.each([[-1], [NaN], [Infinity]])('a factor of %p is refused', (factor) => {
    expect(codeOf(() => new L1(factor))).toBe('ERR_CONFIG');
    expect(codeOf(() => new L2(factor))).toBe('ERR_CONFIG');
    expect(codeOf(() => new L1L2({ l1: factor }))).toBe('ERR_CONFIG');
  });

  test('an orthogonal regularizer takes no other mode, and no weight but a matrix', () => {
    expect(codeOf(() => new OrthogonalRegularizer({ mode: 'diagonal' as never }))).toBe('ERR_CONFIG');
    expect(codeOf(() => new OrthogonalRegularizer({ factor: -1 }))).toBe('ERR_CONFIG');
    expect(codeOf(() => new OrthogonalRegularizer(0.1 as never))).toBe('ERR_TYPE');
    const dense = new Dense(2, { name: 'mine', biasRegularizer: new OrthogonalRegularizer() });
    const build = () => new Sequential([new Input([3]), dense]);
    expect(codeOf(build)).toBe('ERR_SHAPE');
    expect(messageOf(build)).toBe(
      'Dense "mine": expected bias to be a matrix for its OrthogonalRegularizer, received shape [2].',
    );
  });

  test('a factor that is no number, an unknown option and an unknown name are refused', () => {
    expect(codeOf(() => new L2('0.1' as never))).toBe('ERR_TYPE');
    expect(codeOf(() => new L1L2({ L1: 0.1 } as never))).toBe('ERR_UNKNOWN_OPTION');
    expect(codeOf(() => resolve('l3'))).toBe('ERR_UNKNOWN_NAME');
    expect(codeOf(() => resolve(0.1 as never))).toBe('ERR_TYPE');
  });
});

describe('regularizers: factors', () => {
  test('have the defaults of Keras', () => {
    expect(new L1().toNative()).toEqual({ l1: 0.01, l2: 0, ...NOT_ORTHOGONAL });
    expect(new L2().toNative()).toEqual({ l1: 0, l2: 0.01, ...NOT_ORTHOGONAL });
    expect(new L1L2().toNative()).toEqual({ l1: 0, l2: 0, ...NOT_ORTHOGONAL });
    expect(new L1L2({ l2: 0.1 }).toNative()).toEqual({ l1: 0, l2: 0.1, ...NOT_ORTHOGONAL });
  });

  test('come from functions and strings as from classes', () => {
    expect(l1(0.5).toNative()).toEqual({ l1: 0.5, l2: 0, ...NOT_ORTHOGONAL });
    expect(l2(0.5).toNative()).toEqual({ l1: 0, l2: 0.5, ...NOT_ORTHOGONAL });
    expect(l1l2().toNative()).toEqual({ l1: 0.01, l2: 0.01, ...NOT_ORTHOGONAL });
    expect(resolve('l2')?.toNative()).toEqual({ l1: 0, l2: 0.01, ...NOT_ORTHOGONAL });
    expect(resolve('L1')?.toNative()).toEqual({ l1: 0.01, l2: 0, ...NOT_ORTHOGONAL });
    for (const name of ['l1_l2', 'l1L2', 'L1L2'])
      expect(resolve(name)?.toNative()).toEqual({ l1: 0.01, l2: 0.01, ...NOT_ORTHOGONAL });
  });

  test('an orthogonal regularizer has the defaults of Keras and no other penalty', () => {
    expect(new OrthogonalRegularizer().toNative()).toEqual({ l1: 0, l2: 0, orthogonal: 0.01, orthogonalByRows: true });
    const columns = new OrthogonalRegularizer({ factor: 0.5, mode: 'columns' });
    expect(columns.toNative()).toEqual({ l1: 0, l2: 0, orthogonal: 0.5, orthogonalByRows: false });
    expect(resolve('orthogonal_regularizer')).toEqual(new OrthogonalRegularizer());
  });

  test('survive a round trip through plain data', () => {
    for (const regularizer of [
      new L1(0.3),
      new L2(0.4),
      new L1L2({ l1: 0.1, l2: 0.2 }),
      new OrthogonalRegularizer({ factor: 0.2, mode: 'columns' }),
    ]) {
      const copy = resolve(JSON.parse(JSON.stringify(regularizer)));
      expect(copy).toEqual(regularizer);
      expect(copy).not.toBe(regularizer);
    }
  });

  test('nothing asked for is nothing', () => {
    expect(resolve(null)).toBeNull();
    expect(resolve(undefined)).toBeNull();
  });
});
