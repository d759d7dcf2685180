// SPDX-License-Identifier: MIT
import { L1, L1L2, L2, l1, l1l2, l2, resolveRegularizer, type RegularizerLike } from '../../../lib/regularizers';
import { codeOf } from '../../support/error_code';

const resolve = (value: RegularizerLike | undefined) => resolveRegularizer('Dense', 'kernelRegularizer', value);

describe('regularizers: misuse', () => {
  test.each([[-1], [NaN], [Infinity]])('a factor of %p is refused', (factor) => {
    expect(codeOf(() => new L1(factor))).toBe('ERR_CONFIG');
    expect(codeOf(() => new L2(factor))).toBe('ERR_CONFIG');
    expect(codeOf(() => new L1L2({ l1: factor }))).toBe('ERR_CONFIG');
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
    expect(new L1().toNative()).toMatchObject({ l1: 0.01, l2: 0 });
    expect(new L2().toNative()).toMatchObject({ l1: 0, l2: 0.01 });
    expect(new L1L2().toNative()).toMatchObject({ l1: 0, l2: 0 });
    expect(new L1L2({ l2: 0.1 }).toNative()).toMatchObject({ l1: 0, l2: 0.1 });
  });

  test('come from functions and strings as from classes', () => {
    expect(l1(0.5).toNative()).toMatchObject({ l1: 0.5, l2: 0 });
    expect(l2(0.5).toNative()).toMatchObject({ l1: 0, l2: 0.5 });
    expect(l1l2().toNative()).toMatchObject({ l1: 0.01, l2: 0.01 });
    expect(resolve('l2')?.toNative()).toMatchObject({ l1: 0, l2: 0.01 });
    expect(resolve('L1')?.toNative()).toMatchObject({ l1: 0.01, l2: 0 });
    for (const name of ['l1_l2', 'l1L2', 'L1L2'])
      expect(resolve(name)?.toNative()).toMatchObject({ l1: 0.01, l2: 0.01 });
  });

  test('survive a round trip through plain data', () => {
    for (const regularizer of [new L1(0.3), new L2(0.4), new L1L2({ l1: 0.1, l2: 0.2 })]) {
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
