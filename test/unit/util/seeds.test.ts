// SPDX-License-Identifier: MIT
import { nextSeed, setRandomSeed } from '../../../lib/util/seeds';
import { codeOf } from '../../support/error_code';

describe('seeds', () => {
  const draw = (seed: number, count: number) => {
    setRandomSeed(seed);
    return Array.from({ length: count }, nextSeed);
  };

  test.each([
    [-1, 'ERR_CONFIG'],
    [0.5, 'ERR_CONFIG'],
    [2 ** 53, 'ERR_CONFIG'],
    ['1', 'ERR_TYPE'],
    [undefined, 'ERR_TYPE'],
  ])('%p is no seed', (seed, code) => {
    expect(codeOf(() => setRandomSeed(seed as never))).toBe(code);
  });

  test('one seed gives one sequence, of safe integers that differ', () => {
    const first = draw(42, 1000);
    expect(draw(42, 1000)).toEqual(first);
    expect(new Set(first).size).toBe(1000);
    expect(first.every((seed) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true);
  });

  test('neighbouring seeds share nothing', () => {
    const seen = new Set(draw(0, 100));
    expect(draw(1, 100).some((seed) => seen.has(seed))).toBe(false);
  });
});
