// SPDX-License-Identifier: MIT
// Reductions of arrays against numpy, one-hot vectors against Keras (arrays.json).
import { NdArray, toCategorical, type ArrayInput, type NestedArray } from '../../lib';
import { describeGolden, readGolden, type Packed } from '../reference/golden';

interface Plain {
  shape: number[];
  data: (number | null)[];
}

interface Case {
  note: string;
  kind: 'Float32Array' | 'Float64Array' | 'Int32Array' | 'Uint8Array';
  array: Plain;
  results: { axis: number | null; argmax: Plain; max: Plain; sum: Plain; mean: Plain }[];
}

const KINDS = { Float32Array, Float64Array, Int32Array, Uint8Array };

const read = ({ data }: Plain): number[] => data.map((value) => value ?? NaN);

describeGolden('arrays', () => {
  const { cases, categorical } = readGolden<{
    cases: Case[];
    categorical: { x: NestedArray; numClasses: number | null; result: Packed }[];
  }>('arrays');

  test.each(cases.map((c): [string, Case] => [c.note, c]))('%s', (_, { kind, array, results }) => {
    const a = new NdArray(KINDS[kind].from(read(array)), array.shape);
    const isFloat = kind === 'Float32Array';
    for (const { axis, ...wanted } of results)
      for (const name of ['argmax', 'max', 'sum', 'mean'] as const) {
        const got = axis === null ? a[name]() : a[name](axis);
        const values = typeof got === 'number' ? [got] : [...got.data];
        if (typeof got !== 'number') expect(got.shape).toEqual(wanted[name].shape);
        const isSum = name === 'sum' || name === 'mean';
        // Sums differ by the order in which they are added up in double, and are rounded to float32 along an axis.
        const tolerance = !isSum ? 0 : isFloat && axis !== null ? 6e-8 : 1e-15;
        read(wanted[name]).forEach((value, i) => {
          if (Number.isNaN(value)) expect(values[i]).toBeNaN();
          else expect(Math.abs(values[i]! - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
        });
      }
  });

  test.each(categorical)('one-hot vectors of $x among $numClasses classes', ({ x, numClasses, result }) => {
    const got = toCategorical(x as ArrayInput, numClasses);
    expect(got.shape).toEqual(result.shape);
    expect([...got.data]).toEqual(result.data);
  });
});
