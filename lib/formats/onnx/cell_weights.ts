// SPDX-License-Identifier: MIT
// Weights of recurrent layers as ONNX lays them out, and back: a row for each unit of each gate, gates in another order, and
// two biases one after the other.
export type CellClass = 'SimpleRNN' | 'LSTM' | 'GRU';

/** Our gate in the place of each of ONNX': LSTM has i, o, f, c there and i, f, c, o here; GRU has z, r, h in both. */
const GATES: Readonly<Record<CellClass, readonly number[]>> = Object.freeze({
  SimpleRNN: [0],
  LSTM: [0, 3, 1, 2],
  GRU: [0, 1, 2],
});

/** ONNX' operator of each class. */
export const CELL_OPERATORS: Readonly<Record<CellClass, string>> = Object.freeze({
  SimpleRNN: 'RNN',
  LSTM: 'LSTM',
  GRU: 'GRU',
});

export const gatesOf = (cell: CellClass): number => GATES[cell].length;

/** A kernel [inputs, gates * units] as [gates * units, inputs]. */
export function toOnnxKernel(cell: CellClass, units: number, kernel: Float32Array): Float32Array {
  const rows = units * gatesOf(cell);
  const inputs = kernel.length / rows;
  return Float32Array.from(kernel, (_, at) => {
    const row = Math.floor(at / inputs);
    return kernel[(at % inputs) * rows + columnOf(cell, units, row)]!;
  });
}

/** The inverse of {@link toOnnxKernel}. */
export function fromOnnxKernel(cell: CellClass, units: number, rowsOf: Float32Array): Float32Array {
  const rows = units * gatesOf(cell);
  const inputs = rowsOf.length / rows;
  const kernel = new Float32Array(rowsOf.length);
  for (let row = 0; row < rows; row++)
    for (let input = 0; input < inputs; input++)
      kernel[input * rows + columnOf(cell, units, row)] = rowsOf[row * inputs + input]!;
  return kernel;
}

/** A bias [gates * units] in ONNX' order. */
export function toOnnxBias(cell: CellClass, units: number, bias: Float32Array): Float32Array {
  return toOnnxKernel(cell, units, bias);
}

/** The inverse of {@link toOnnxBias}. */
export function fromOnnxBias(cell: CellClass, units: number, bias: Float32Array): Float32Array {
  return fromOnnxKernel(cell, units, bias);
}

function columnOf(cell: CellClass, units: number, row: number): number {
  return GATES[cell][Math.floor(row / units)]! * units + (row % units);
}
