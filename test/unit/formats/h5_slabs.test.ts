// SPDX-License-Identifier: MIT
// Blocks of an array that are a run of its elements. Second witness: every element counted by itself.
import { slabsOf } from '../../../lib/formats/h5/slabs';

/** Elements of a block in C order, by their numbers in the array. */
function elementsOf(shape: readonly number[], offset: readonly number[], count: readonly number[]): number[] {
  let places = [0];
  shape.forEach((size, axis) => {
    const along = Array.from({ length: count[axis]! }, (_, i) => offset[axis]! + i);
    places = places.flatMap((place) => along.map((index) => place * size + index));
  });
  return places;
}

test.each([[[7]], [[4, 3]], [[1, 12]], [[12, 1]], [[2, 3, 4]], [[2, 1, 3, 2]]])(
  'any run of %j is its elements in their order, in as few blocks as corners allow',
  (shape) => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    for (let begin = 0; begin < size; begin++)
      for (let length = 1; begin + length <= size; length++) {
        const slabs = slabsOf(shape, begin, length);
        const elements = slabs.flatMap((slab) => elementsOf(shape, slab!.offset, slab!.count));
        expect(elements).toEqual(Array.from({ length }, (_, i) => begin + i));
        expect(slabs.length).toBeLessThanOrEqual(2 * shape.length - 1);
      }
  },
);

test('a scalar is one block of no axis, and nothing is none', () => {
  expect(slabsOf([], 0, 1)).toEqual([null]);
  expect(slabsOf([], 0, 0)).toEqual([]);
  expect(slabsOf([0, 3], 0, 0)).toEqual([]);
});
