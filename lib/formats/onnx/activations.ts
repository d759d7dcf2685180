// SPDX-License-Identifier: MIT
// How each activation is spelt: by operators, and as a function within ONNX' recurrent operators.
import { ELEMENT, type Attribute } from './schema';
import type { NativeActivation } from '../../native/binding';
import type { GraphWriter } from './graph_writer';

type Spelling = (graph: GraphWriter, x: string, features: number) => string;

/** One operator with these attributes. */
const operator =
  (name: string, attributes: Readonly<Record<string, Attribute>> = {}): Spelling =>
  (graph, x) =>
    graph.node(name, [x], attributes);

const scalar = (graph: GraphWriter, value: number): string => graph.floats([value]);

const LAST_AXIS = { axis: { int: -1 } } as const;

/** z = x in descending order; what Keras' sparsemax supports is a first part of it. */
function sparsemax(graph: GraphWriter, x: string, features: number): string {
  const one = scalar(graph, 1);
  const [sorted] = graph.nodeOf('TopK', [x, graph.ints([features])], { axis: { int: -1 } }, [':0', ':1']);
  const sums = graph.node('CumSum', [sorted!, graph.ints([-1], [])]);
  const ranks = graph.floats(
    Array.from({ length: features }, (_, i) => i + 1),
    [features],
  );
  const isIn = graph.node('Greater', [graph.node('Add', [graph.node('Mul', [sorted!, ranks]), one]), sums]);
  const support = graph.cast(isIn, ELEMENT.float);
  const sumOf = (value: string): string => graph.node('ReduceSum', [value, graph.ints([-1])], { keepdims: { int: 1 } });
  const total = sumOf(graph.node('Mul', [sums, support]));
  const threshold = graph.node('Div', [graph.node('Sub', [total, one]), sumOf(support)]);
  return graph.node('Relu', [graph.node('Sub', [x, threshold])]);
}

const clip = (low: number, high: number): Spelling => {
  return (graph, x) => graph.node('Clip', [x, scalar(graph, low), scalar(graph, high)]);
};

const SPELLINGS: Readonly<Record<NativeActivation, Spelling>> = {
  linear: (_, x) => x,
  tanh: operator('Tanh'),
  sigmoid: operator('Sigmoid'),
  relu: operator('Relu'),
  softmax: operator('Softmax', LAST_AXIS),
  elu: operator('Elu', { alpha: { float: 1 } }),
  exponential: operator('Exp'),
  hard_sigmoid: operator('HardSigmoid', { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  legacy_hard_sigmoid: operator('HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
  softsign: operator('Softsign'),
  leaky_relu: operator('LeakyRelu', { alpha: { float: 0.2 } }),
  relu6: clip(0, 6),
  celu: operator('Celu', { alpha: { float: 1 } }),
  selu: operator('Selu'),
  // x (1 + erf(x / sqrt 2)) / 2
  gelu: (graph, x) => {
    const erf = graph.node('Erf', [graph.node('Mul', [x, scalar(graph, Math.SQRT1_2)])]);
    const sum = graph.node('Add', [erf, scalar(graph, 1)]);
    return graph.node('Mul', [graph.node('Mul', [x, sum]), scalar(graph, 0.5)]);
  },
  silu: (graph, x) => graph.node('Mul', [x, graph.node('Sigmoid', [x])]),
  softplus: operator('Softplus'),
  // (x + sqrt(x² + 4)) / 2
  squareplus: (graph, x) => {
    const root = graph.node('Sqrt', [graph.node('Add', [graph.node('Mul', [x, x]), scalar(graph, 4)])]);
    return graph.node('Mul', [graph.node('Add', [x, root]), scalar(graph, 0.5)]);
  },
  soft_shrink: operator('Shrink', { lambd: { float: 0.5 }, bias: { float: 0.5 } }),
  hard_shrink: operator('Shrink', { lambd: { float: 0.5 }, bias: { float: 0 } }),
  tanh_shrink: (graph, x) => graph.node('Sub', [x, graph.node('Tanh', [x])]),
  hard_tanh: clip(-1, 1),
  hard_silu: operator('HardSwish'),
  log_sigmoid: (graph, x) => graph.node('Neg', [graph.node('Softplus', [graph.node('Neg', [x])])]),
  log_softmax: operator('LogSoftmax', LAST_AXIS),
  mish: (graph, x) => graph.node('Mul', [x, graph.node('Tanh', [graph.node('Softplus', [x])])]),
  // (clip(x, -1, 1) + 1)² / 4 + relu(x - 1)
  sparse_plus: (graph, x) => {
    const one = scalar(graph, 1);
    const bent = graph.node('Add', [clip(-1, 1)(graph, x, 0), one]);
    const square = graph.node('Mul', [graph.node('Mul', [bent, bent]), scalar(graph, 0.25)]);
    return graph.node('Add', [square, graph.node('Relu', [graph.node('Sub', [x, one])])]);
  },
  sparse_sigmoid: operator('HardSigmoid', { alpha: { float: 0.5 }, beta: { float: 0.5 } }),
  sparsemax,
};

/**
 * An activation of a value.
 *
 * @param features size of the last axis
 */
export function activate(graph: GraphWriter, activation: NativeActivation, x: string, features: number): string {
  return SPELLINGS[activation](graph, x, features);
}

/** A function of ONNX' recurrent operators, with its numbers where it has any. */
export interface CellFunction {
  readonly name: string;
  readonly alpha?: number;
  readonly beta?: number;
}

/** The activations that ONNX' recurrent operators have. */
export const CELL_FUNCTIONS: Readonly<Partial<Record<NativeActivation, CellFunction>>> = Object.freeze({
  linear: { name: 'Affine', alpha: 1, beta: 0 },
  tanh: { name: 'Tanh' },
  sigmoid: { name: 'Sigmoid' },
  relu: { name: 'Relu' },
  elu: { name: 'Elu', alpha: 1 },
  hard_sigmoid: { name: 'HardSigmoid', alpha: 1 / 6, beta: 0.5 },
  legacy_hard_sigmoid: { name: 'HardSigmoid', alpha: 0.2, beta: 0.5 },
  softsign: { name: 'Softsign' },
  softplus: { name: 'Softplus' },
  leaky_relu: { name: 'LeakyRelu', alpha: 0.2 },
});
