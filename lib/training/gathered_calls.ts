// SPDX-License-Identifier: MIT
// Calls of `predict` on their way, and groups of them: rows of the same axes, copied when each call came.
import { types } from 'node:util';
import { allocate } from '../arrays/nested_arrays';
import { NdArray } from '../ndarray';
import type { Inputs } from './inputs';
import type { ResolvedPass } from './options';
import type { NativeDataset } from '../native/binding';

/** One call on its way. */
export class Request {
  isSettled = false;
  /** Called once, when the call is settled. */
  onSettled: (() => void) | undefined;

  constructor(
    readonly where: string,
    readonly inputs: Inputs,
    readonly pass: ResolvedPass,
    private readonly resolve: (outputs: NdArray[]) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  answer(outputs: readonly Float32Array[]): void {
    if (!this.#settle()) return;
    const { rows, outputAxes } = this.inputs;
    this.resolve(outputs.map((data, index) => new NdArray(data, [rows, ...outputAxes[index]!])));
  }

  fail(error: unknown): void {
    if (this.#settle()) this.reject(error);
  }

  #settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.onSettled?.();
    return true;
  }
}

type Data = Float32Array | Int32Array;

/** Arrays, one for each input, that rows are copied to. */
export type Room = readonly Data[];

/** Whether rows of such inputs may be copied there. */
export function isRoomFor(room: Room, { arrays }: Inputs): boolean {
  return arrays.every(({ array }, index) => types.isInt32Array(array.data) === types.isInt32Array(room[index]));
}

/** Calls that are computed together, alike. */
export class Group {
  readonly requests: Request[] = [];
  rows = 0;
  readonly #room: Data[];
  /** The native copy where there is one already: of a call by itself. */
  dataset: NativeDataset | undefined;

  /** @param room to copy rows to; it grows where it must */
  constructor(
    readonly first: Inputs,
    readonly pass: Pick<ResolvedPass, 'priority' | 'maxWorkspace'>,
    room?: Room,
  ) {
    this.#room = room === undefined ? first.arrays.map(({ array }) => like(array.data, 0)) : [...room];
  }

  takes({ inputs: { arrays, rows }, pass }: Request, maxRows: number): boolean {
    if (this.dataset !== undefined || this.rows + rows > maxRows) return false;
    if (pass.priority !== this.pass.priority || pass.maxWorkspace !== this.pass.maxWorkspace) return false;
    return arrays.every(({ axes }, index) => {
      const known = this.first.arrays[index]!.axes;
      return axes.length === known.length && axes.every((size, axis) => size === known[axis]);
    });
  }

  /** Copies the rows of a call, but for those of a call by itself, which has a native copy. */
  add(request: Request): void {
    if (this.dataset === undefined)
      request.inputs.arrays.forEach(({ array }, index) => this.#append(request.where, index, array.data));
    this.rows += request.inputs.rows;
    this.requests.push(request);
  }

  #append(where: string, index: number, data: Data): void {
    const begin = this.rows * widthOf(this.first, index);
    const room = this.#room[index]!;
    const size = begin + data.length;
    if (size > room.length) {
      const more = allocate(where, () => like(data, Math.max(2 * room.length, size)));
      more.set(room.subarray(0, begin));
      this.#room[index] = more;
    }
    this.#room[index]!.set(data, begin);
  }

  get room(): Room {
    return this.#room;
  }

  /** All rows as the inputs of one call. */
  get inputs(): Inputs {
    return this.#part(0, this.rows);
  }

  #part(begin: number, end: number): Inputs {
    const arrays = this.first.arrays.map((given, index) => {
      const width = widthOf(this.first, index);
      const data = this.#room[index]!.subarray(begin * width, end * width);
      return { ...given, array: { data, shape: [end - begin, ...given.array.shape.slice(1)] } };
    });
    return { ...this.first, rows: end - begin, arrays };
  }

  /** The same calls in two groups. */
  halves(): Group[] {
    const half = Math.ceil(this.requests.length / 2);
    let row = 0;
    return [this.requests.slice(0, half), this.requests.slice(half)].map((requests) => {
      const group = new Group(this.first, this.pass);
      for (const request of requests) {
        const end = row + request.inputs.rows;
        // The caller may have changed the arrays since.
        this.#part(row, end).arrays.forEach(({ array }, index) => group.#append(request.where, index, array.data));
        group.rows += end - row;
        group.requests.push(request);
        row = end;
      }
      return group;
    });
  }

  get isSettled(): boolean {
    return this.requests.every((request) => request.isSettled);
  }
}

/** Elements of one row of an input. */
function widthOf({ arrays, rows }: Inputs, index: number): number {
  return arrays[index]!.array.data.length / rows;
}

function like(array: Data, size: number): Data {
  return types.isInt32Array(array) ? new Int32Array(size) : new Float32Array(size);
}
