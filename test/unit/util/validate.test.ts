// SPDX-License-Identifier: MIT
// How messages name a value: by what it says of itself, never by the name of its class, which bundlers change.
import { Adam, Callback, Dense, EarlyStopping, NdArray, StringLookup } from '../../../lib';
import { describe as describeValue } from '../../../lib/util/validate';

class Mine {
  readonly value = 1;
}

test.each<[unknown, string]>([
  [{}, 'an object'],
  [Object.create(null), 'an object'],
  [{ className: 'Dense', config: {} }, 'an object'],
  [new Mine(), 'an object'],
  [new Map(), 'an instance of Map'],
  [new Date(0), 'an instance of Date'],
  [new (class extends Set {})(), 'an instance of Set'],
  [new Dense(1), 'an instance of Dense'],
  [new Adam(), 'an instance of Adam'],
  [new EarlyStopping(), 'an instance of EarlyStopping'],
  [new (class extends Callback {})(), 'an instance of Callback'],
  [new StringLookup(), 'an instance of StringLookup'],
  [new NdArray(new Float32Array(1), [1]), 'an instance of NdArray'],
  [new Float32Array(2), 'Float32Array'],
  [[1, 2], 'an array of 2'],
])('%p is %s', (value, text) => {
  expect(describeValue(value)).toBe(text);
});

test('a getter of the caller that throws is not heard', () => {
  class Hostile {
    get className(): string {
      throw new Error('no');
    }
    get [Symbol.toStringTag](): string {
      throw new Error('no');
    }
  }
  expect(describeValue(new Hostile())).toBe('an object');
});
