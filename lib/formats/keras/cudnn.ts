// SPDX-License-Identifier: MIT
// Weights of the layers of CuDNN, in the places of those of LSTM and GRU. A file is told by the shape of its biases, of which
// these layers have two: so Keras 2 did it itself (keras/engine/saving.py, convert_rnn_weights).
import { FloatSource, toArray, type Floats } from '../../arrays/float_source';
import type { NamedArray } from '../document';

/** What becomes of an array of a file. */
interface Reshaping {
  readonly shape: (shape: readonly number[]) => readonly number[];
  /** The element at an index, of the file's values in their shape. */
  readonly at: (values: Float32Array, index: number, shape: readonly number[]) => number;
}

const BIAS = '/bias';

/** The weights of a file, those of CuDNN in the order of other layers. */
export function withoutCudnn(where: string, arrays: readonly NamedArray[]): NamedArray[] {
  const shapes = new Map(arrays.map(({ name, shape }) => [name, shape]));
  const reshapings = new Map<string, Reshaping>();
  for (const [name, shape] of shapes) {
    if (!name.endsWith(BIAS) || shape.length !== 1) continue;
    const layer = name.slice(0, -BIAS.length);
    const [units, columns] = shapes.get(`${layer}/recurrent_kernel`) ?? [];
    if (units === undefined || columns === undefined || shape[0] !== 2 * columns) continue;
    const gates = columns / units;
    if (gates !== 3 && gates !== 4) continue;
    reshapings.set(`${layer}/kernel`, kernelOfCudnn(gates));
    reshapings.set(`${layer}/recurrent_kernel`, transposedGates(gates));
    reshapings.set(name, gates === 4 ? summedBias : splitBias);
  }
  return arrays.map((array) => {
    const reshaping = reshapings.get(array.name);
    if (reshaping === undefined) return array;
    const data = new Reshaped(where, array.data, array.shape, reshaping);
    return { name: array.name, shape: reshaping.shape(array.shape), data };
  });
}

const same = (shape: readonly number[]): readonly number[] => shape;

/** @param source where the element of a gate at [row, unit] is in the same gate's numbers */
function perGate(gates: number, source: (row: number, unit: number, rows: number, units: number) => number): Reshaping {
  return {
    shape: same,
    at: (values, index, [rows = 0, columns = 0]) => {
      const units = columns / gates;
      const [row, column] = [Math.floor(index / columns), index % columns];
      const gate = Math.floor(column / units);
      const place = source(row, column % units, rows, units);
      return values[Math.floor(place / units) * columns + gate * units + (place % units)]!;
    },
  };
}

/** Rows of a gate, one after another, are its columns. */
function kernelOfCudnn(gates: number): Reshaping {
  return perGate(gates, (row, unit, rows) => unit * rows + row);
}

function transposedGates(gates: number): Reshaping {
  return perGate(gates, (row, unit, _rows, units) => unit * units + row);
}

/** Two biases, of inputs and of states, which are added up. */
const summedBias: Reshaping = {
  shape: ([length = 0]) => [length / 2],
  at: (values, index) => values[index]! + values[values.length / 2 + index]!,
};

const splitBias: Reshaping = { shape: ([length = 0]) => [2, length / 2], at: (values, index) => values[index]! };

/** Floats of a file in another order. */
export class Reshaped extends FloatSource {
  #values: Promise<Float32Array> | undefined;

  constructor(
    private readonly where: string,
    private readonly source: Floats,
    private readonly shape: readonly number[],
    private readonly reshaping: Reshaping,
  ) {
    super();
  }

  override get length(): number {
    return this.reshaping.shape(this.shape).reduce((product, axis) => product * axis, 1);
  }

  override async read(begin: number, out: Float32Array): Promise<void> {
    this.#values ??= toArray(this.where, this.source);
    const values = await this.#values;
    for (let i = 0; i < out.length; i++) out[i] = this.reshaping.at(values, begin + i, this.shape);
  }
}
