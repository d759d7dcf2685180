// SPDX-License-Identifier: MIT
// Arrays as hostile as arrays can be: each ends (or begins) at an unreadable page, on its other side and between its
// rows lies a poison (a NaN with a bit pattern of its own), so that what is read too far shows in the result or ends
// the process, and what is written too far is found by `expectIntact`.
import { testingAddon } from './testing_addon';

const POISON = 0x7fc5a5a5;
const ARENA = 1 << 16;
const MARGIN = 64;

const arenas = { end: [] as Float32Array[], begin: [] as Float32Array[] };

export type Side = keyof typeof arenas;
/** Alternates with the turn of a grid. */
export const sideOf = (turn: number): Side => (turn % 2 === 0 ? 'end' : 'begin');

export interface MatrixShape {
  rows: number;
  columns: number;
  /** Floats from row to row; `columns` if not given. */
  stride?: number;
  /** Columns that hold zeros behind a row's values: [columns, padded) may be read. `columns` if not given. */
  padded?: number;
}

interface Entry {
  name: string;
  bits: Uint32Array;
  before: Uint32Array;
  /** Is word i of the area one that the kernel may write? */
  writable: (i: number) => boolean;
}

export class GuardedMemory {
  private readonly entries: Entry[] = [];
  constructor(private readonly side: Side) {}

  /** A matrix that kernels only read. */
  input(name: string, shape: MatrixShape, values: ArrayLike<number>): Float32Array {
    return this.place(name, shape, values, false);
  }

  /** A matrix that kernels write, its padded columns included; poison where no values are given. */
  output(name: string, shape: MatrixShape, values: ArrayLike<number> | null = null): Float32Array {
    return this.place(name, shape, values, true);
  }

  integers(name: string, values: ArrayLike<number>): Int32Array {
    const { bits, start } = this.area(values.length);
    const data = new Int32Array(bits.buffer, bits.byteOffset + 4 * start, values.length);
    data.set(values);
    this.entries.push({ name, bits, before: bits.slice(), writable: () => false });
    return data;
  }

  /** Nothing but the outputs' own elements has changed. */
  expectIntact(context: string): void {
    for (const { name, bits, before, writable } of this.entries) {
      for (let i = 0; i < bits.length; i++) {
        if (bits[i] !== before[i] && !writable(i)) {
          throw new Error(`${context}: ${name}: word ${i} of the area around it was ${before[i]}, is ${bits[i]}`);
        }
      }
    }
  }

  private place(name: string, shape: MatrixShape, values: ArrayLike<number> | null, output: boolean): Float32Array {
    const { rows, columns } = shape;
    const padded = shape.padded ?? columns;
    const stride = shape.stride ?? padded;
    // The last row ends where its padding ends: nobody may count on the rest of its stride.
    const length = rows === 0 ? 0 : (rows - 1) * stride + padded;
    const { bits, start } = this.area(length);
    const data = new Float32Array(bits.buffer, bits.byteOffset + 4 * start, length);
    if (values) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < padded; j++) data[i * stride + j] = j < columns ? values[i * columns + j]! : 0;
      }
    }
    const writable = (i: number): boolean =>
      output && i >= start && i < start + length && (i - start) % stride < padded;
    this.entries.push({ name, bits, before: bits.slice(), writable });
    return data;
  }

  /** Poisoned words around `length` elements that touch the guard page. */
  private area(length: number): { bits: Uint32Array; start: number } {
    const list = arenas[this.side];
    const index = this.entries.length;
    const arena = (list[index] ??= testingAddon.guarded(ARENA, this.side === 'end'));
    const size = length + MARGIN;
    if (size > ARENA) throw new Error(`${length} elements do not fit a guarded arena`);
    const offset = this.side === 'end' ? ARENA - size : 0;
    const bits = new Uint32Array(arena.buffer, arena.byteOffset + 4 * offset, size);
    bits.fill(POISON);
    return { bits, start: this.side === 'end' ? MARGIN : 0 };
  }
}

/** The values of a matrix in memory without what lies between its rows. */
export function valuesOf(data: Float32Array, rows: number, columns: number, stride: number): Float32Array {
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) values.set(data.subarray(i * stride, i * stride + columns), i * columns);
  return values;
}

/** Doubles rounded to float32, so that kernel and oracle get the same numbers. */
export const rounded = (values: Float64Array): Float64Array => values.map(Math.fround);
