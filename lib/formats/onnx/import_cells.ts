// SPDX-License-Identifier: MIT
// A recurrent operator as the options and weights of a layer.
import { describe } from '../../util/validate';
import { CELL_FUNCTIONS, type CellFunction } from './activations';
import { fromOnnxBias, fromOnnxKernel, gatesOf, type CellClass } from './cell_weights';
import type { LoadedArray } from '../document';
import type { NativeActivation } from '../../native/binding';
import type { Flow, NodeReader } from './import_values';

/** What the numbers of ONNX' functions are where a file does not say. */
const ONNX_NUMBERS: Readonly<Record<string, { alpha?: number; beta?: number }>> = Object.freeze({
  HardSigmoid: { alpha: 0.2, beta: 0.5 },
  LeakyRelu: { alpha: 0.01 },
  Elu: { alpha: 1 },
  Affine: { alpha: 1, beta: 0 },
});

export const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;

/** One direction of a recurrent operator. */
export interface CellPart {
  readonly units: number;
  readonly config: Record<string, unknown>;
  readonly weights: LoadedArray[];
}

/** Options and weights of one direction. */
export function cellPart(at: NodeReader, cell: CellClass, flow: Flow, index: number, count: number): CellPart {
  const gates = gatesOf(cell);
  const kernel = at.floats(1, 'W');
  const recurrent = at.floats(2, 'R');
  const units = recurrent.shape[2] ?? 0;
  const columns = gates * units;
  const fits = (given: readonly number[], wanted: readonly number[]): boolean => String(given) === String(wanted);
  if (
    units < 1 ||
    !fits(kernel.shape, [count, columns, flow.features]) ||
    !fits(recurrent.shape, [count, columns, units])
  )
    throw at.refuse(
      `W and R of ${count} direction${count === 1 ? '' : 's'}, ${gates} gates and ${flow.features} features`,
      `[${kernel.shape.join(', ')}] and [${recurrent.shape.join(', ')}]`,
    );
  if (at.int('hidden_size', units) !== units)
    throw at.refuse(`hidden_size ${units}`, String(at.int('hidden_size', units)));
  const part = ({ data }: { data: Float32Array }, size: number): Float32Array =>
    data.subarray(index * size, (index + 1) * size);
  const weights: LoadedArray[] = [
    {
      name: 'kernel',
      shape: [flow.features, columns],
      data: fromOnnxKernel(cell, units, part(kernel, columns * flow.features)),
    },
    {
      name: 'recurrent_kernel',
      shape: [units, columns],
      data: fromOnnxKernel(cell, units, part(recurrent, columns * units)),
    },
  ];
  const resetAfter = at.int('linear_before_reset', 0) !== 0;
  const useBias = Boolean(at.node.inputs[3]);
  if (useBias) {
    const both = at.floats(3, 'B');
    if (!fits(both.shape, [count, 2 * columns]))
      throw at.refuse(`B [${count}, ${2 * columns}]`, `[${both.shape.join(', ')}]`);
    const [input, state] = [0, columns].map((begin) =>
      fromOnnxBias(cell, units, part(both, 2 * columns).subarray(begin, begin + columns)),
    );
    const isTwo = cell === 'GRU' && resetAfter;
    const data = isTwo ? Float32Array.of(...input!, ...state!) : input!.map((value, unit) => value + state![unit]!);
    weights.push({ name: 'bias', shape: isTwo ? [2, columns] : [columns], data });
  }
  const [first, ...others] = functionsOf(at, cell, index);
  if (others.length > 1 && others[0] !== others[1])
    throw at.refuse('one activation of candidates and outputs', others.join(' and '));
  const config = {
    units,
    useBias,
    activation: others[0] ?? first,
    ...(cell === 'SimpleRNN' ? {} : { recurrentActivation: first }),
    ...(cell === 'GRU' ? { resetAfter } : {}),
  };
  return { units, config, weights };
}

/** The activations of one direction. */
function functionsOf(at: NodeReader, cell: CellClass, index: number): NativeActivation[] {
  const otherwise = { SimpleRNN: ['Tanh'], LSTM: ['Sigmoid', 'Tanh', 'Tanh'], GRU: ['Sigmoid', 'Tanh'] }[cell];
  const count = otherwise.length;
  const given = at.attribute('activations', 'texts');
  const names = given ?? [...otherwise, ...otherwise];
  const alphas = [...(at.attribute('activation_alpha', 'floats') ?? [])];
  const betas = [...(at.attribute('activation_beta', 'floats') ?? [])];
  // Numbers are taken in order by those functions that have any.
  const all = names.map((name): NativeActivation => {
    const known = (Object.entries(CELL_FUNCTIONS) as [NativeActivation, CellFunction][]).find(
      ([, each]) => each.name.toLowerCase() === name.toLowerCase(),
    );
    if (known === undefined) throw at.refuse('activations that layers have', describe(name));
    const [activation, { alpha, beta }] = known;
    const defaults = ONNX_NUMBERS[known[1].name] ?? {};
    const number = (list: number[], own: number | undefined, unsaid: number | undefined): number | undefined =>
      own === undefined ? undefined : (list.shift() ?? unsaid ?? own);
    const [a, b] = [number(alphas, alpha, defaults.alpha), number(betas, beta, defaults.beta)];
    if ((a === undefined || near(a, alpha!)) && (b === undefined || near(b, beta!))) return activation;
    throw at.refuse(`${name} with ${alpha} and ${beta ?? 'nothing'}`, `${a} and ${b ?? 'nothing'}`);
  });
  const own = all.slice(index * count, (index + 1) * count);
  if (own.length === count) return own;
  throw at.refuse(`${count} activations for each direction`, `${names.length}`);
}
