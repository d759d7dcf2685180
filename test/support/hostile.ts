// SPDX-License-Identifier: MIT
// Values that no argument should ever be given, and what an argument of each kind must answer to them.
import type { ErrorCode } from '../../lib';

/** One hostile value under a name that can stand in a test's title. */
export interface Hostile {
  readonly name: string;
  readonly value: unknown;
}

/** An array buffer that may grow (Node >= 20); TypeScript's ES2023 does not know it yet. */
export function resizableBuffer(bytes: number): ArrayBuffer {
  const Resizable = ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer;
  return new Resizable(bytes, { maxByteLength: 2 * bytes });
}

/** Takes the memory away from an array, as `postMessage` with a transfer list does. */
export function detach<A extends ArrayBufferView>(array: A): A {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

/** Scalars and small objects for options and sizes. */
export const HOSTILE: readonly Hostile[] = [
  { name: 'null', value: null },
  { name: 'true', value: true },
  { name: 'NaN', value: NaN },
  { name: 'Infinity', value: Infinity },
  { name: '-Infinity', value: -Infinity },
  { name: '-1', value: -1 },
  { name: '0', value: 0 },
  { name: '1.5', value: 1.5 },
  { name: '2 ** 31', value: 2 ** 31 },
  { name: '2 ** 53', value: 2 ** 53 },
  { name: "'3'", value: '3' },
  { name: "''", value: '' },
  { name: '[]', value: [] },
  { name: "['a']", value: ['a'] },
  { name: '{}', value: {} },
  { name: 'a symbol', value: Symbol('hostile') },
  { name: '3n', value: 3n },
  { name: 'a function', value: () => 1 },
  { name: 'a Proxy', value: new Proxy({}, {}) },
  { name: 'a BigInt64Array', value: new BigInt64Array(2) },
];

/** What an argument takes: the hostile values that are no fault there, and the code for each of the others. */
export interface Kind {
  readonly legal: readonly string[];
  readonly code: (value: unknown) => ErrorCode;
}

const byType =
  (wanted: string, otherwise: ErrorCode): Kind['code'] =>
  (value) =>
    typeof value === wanted ? otherwise : 'ERR_TYPE';

export const KINDS = {
  /** An integer from 1 to below 2^31. */
  size: { legal: [], code: byType('number', 'ERR_CONFIG') },
  /** An integer from 0 to below 2^31. */
  count: { legal: ['0'], code: byType('number', 'ERR_CONFIG') },
  /** An integer from 0 to 2^53 - 1. */
  seed: { legal: ['0', '2 ** 31'], code: byType('number', 'ERR_CONFIG') },
  /** A finite number. */
  number: { legal: ['-1', '0', '1.5', '2 ** 31', '2 ** 53'], code: byType('number', 'ERR_CONFIG') },
  /** A number of at least 0. */
  amount: { legal: ['0', '1.5', '2 ** 31', '2 ** 53'], code: byType('number', 'ERR_CONFIG') },
  /** A number above 0. */
  positive: { legal: ['1.5', '2 ** 31', '2 ** 53'], code: byType('number', 'ERR_CONFIG') },
  /** A number from 0 to 1, or to below 1. */
  share: { legal: ['0'], code: byType('number', 'ERR_CONFIG') },
  flag: { legal: ['true'], code: () => 'ERR_TYPE' },
  text: { legal: ["'3'", "''"], code: () => 'ERR_TYPE' },
  /** A text that must not be empty. */
  layerName: { legal: ["'3'"], code: byType('string', 'ERR_CONFIG') },
  /** A name of a closed table. */
  name: { legal: [], code: byType('string', 'ERR_UNKNOWN_NAME') },
  /** One of a few words. */
  choice: { legal: [], code: () => 'ERR_CONFIG' },
  /** 0, 1, 2 or 'auto'. */
  verbose: {
    legal: ['0'],
    code: (value) => (typeof value === 'number' || typeof value === 'string' ? 'ERR_CONFIG' : 'ERR_TYPE'),
  },
  /** Nothing but one object of a class. */
  object: { legal: [], code: () => 'ERR_TYPE' },
  /** A list; an empty one is no fault. */
  list: { legal: ['[]'], code: () => 'ERR_TYPE' },
  shape: { legal: ['[]'], code: () => 'ERR_SHAPE' },
  /** Options with a default for each key. */
  options: { legal: ['{}', 'a Proxy'], code: () => 'ERR_TYPE' },
  /** An option of Keras that is not there yet. */
  notYet: { legal: [], code: () => 'ERR_CONFIG' },
} as const satisfies Record<string, Kind>;

/** The same kind, where null means that there is none. */
export function nullable(kind: Kind): Kind {
  return { ...kind, legal: [...kind.legal, 'null'] };
}

/** The hostile values for an argument, each with the code that must answer it. */
export function hostileTo(kind: Kind): readonly (Hostile & { readonly code: ErrorCode })[] {
  return HOSTILE.filter(({ name }) => !kind.legal.includes(name)).map((hostile) => ({
    ...hostile,
    code: kind.code(hostile.value),
  }));
}
