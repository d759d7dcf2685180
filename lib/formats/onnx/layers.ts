// SPDX-License-Identifier: MIT
// How each layer is spelt in ONNX, as it computes outside training.
import {
  Activation,
  ActivityRegularization,
  Add,
  AdditiveAttention,
  Attention,
  Average,
  AveragePooling1D,
  BatchNormalization,
  Bidirectional,
  Concatenate,
  Conv1D,
  Cropping1D,
  Dense,
  Dot,
  Dropout,
  ELU,
  Embedding,
  Flatten,
  GaussianDropout,
  GaussianNoise,
  GlobalAveragePooling1D,
  GlobalMaxPooling1D,
  GRU,
  LayerNormalization,
  LeakyReLU,
  LSTM,
  Masking,
  Maximum,
  MaxPooling1D,
  Minimum,
  MultiHeadAttention,
  Multiply,
  Normalization,
  Permute,
  PReLU,
  ReLU,
  RepeatVector,
  Rescaling,
  Reshape,
  RNN,
  SimpleRNN,
  Slice,
  Softmax,
  SpatialDropout1D,
  Subtract,
  TimeDistributed,
  UnitNormalization,
  UpSampling1D,
  ZeroPadding1D,
  type Layer,
  type Recurrent,
} from '../../layers';
import { activate } from './activations';
import { spellAttention, spellMultiHeadAttention } from './attention';
import { mergedMask, spellConcatenate, spellDot, spellMerge } from './merging';
import { spellRecurrent } from './recurrent';
import { distributed, moveSteps, slice } from './steps';
import { ELEMENT, type Attribute } from './schema';
import type { Exporter, Given, GraphLayer, Use } from './exporter';
import type { GraphWriter, Value } from './graph_writer';

export type Spelling = (exporter: Exporter, layer: Layer, use: Use) => Given[];

/** A class and how it is spelt. */
type Entry = readonly [className: string, spelling: Spelling];

/** The table's entry of a class, whose layers `spell` is given. */
function of<L extends Layer>(
  layerClass: { readonly className: string; readonly prototype: L },
  spell: (exporter: Exporter, layer: L, use: Use) => Given[],
): Entry {
  return [layerClass.className, spell as unknown as Spelling];
}

/** One output, each position from its own features: the mask stays. */
function rowwise<L extends Layer>(
  layerClass: { readonly className: string; readonly prototype: L },
  spell: (graph: GraphWriter, input: Value, layer: L, exporter: Exporter) => string,
): Entry {
  return of(layerClass, (exporter, layer, { inputs: [input] }) => [
    { name: spell(exporter.graph, input!, layer, exporter), mask: input!.mask },
  ]);
}

/** One output, in other timesteps: the mask ends. */
function moving<L extends Layer>(
  layerClass: { readonly className: string; readonly prototype: L },
  spell: (graph: GraphWriter, input: Value, layer: L, exporter: Exporter) => string,
): Entry {
  return of(layerClass, (exporter, layer, { inputs: [input] }) => [
    { name: spell(exporter.graph, input!, layer, exporter), mask: null },
  ]);
}

/** Nothing but in training. */
const idle = (layerClass: { readonly className: string; readonly prototype: Layer }): Entry =>
  rowwise(layerClass, (_, { name }) => name);

const featuresOf = ({ shape }: Value): number => shape.at(-1)!;

const recurrent = (layerClass: { readonly className: string; readonly prototype: Recurrent }): Entry =>
  of(layerClass, (exporter, layer, { inputs: [input], mask, initialState }) =>
    spellRecurrent(exporter, layer, exporter.masked(input!, mask), initialState),
  );

/** Windows over time, as Conv1D and the pools have them. */
interface Windows {
  readonly padding: 'valid' | 'same' | 'causal';
  /** Timesteps from the first to the last that a window reads. */
  readonly reach: number;
  readonly strides: number;
}

/** A layer of windows over [N,T,C] as an operator of [N,C,T], which is given its padding. */
function overWindows(
  graph: GraphWriter,
  input: Value,
  windows: Windows,
  spell: (x: string, padding: Record<string, Attribute>) => string,
): string {
  const { reach, strides } = windows;
  const steps = input.shape[1] ?? null;
  const isOpen = windows.padding === 'same' && strides > 1 && steps === null;
  // Where windows leave timesteps out, the padding that runtimes find would be less than none at the end.
  const read = isOpen && reach < strides ? upToLastWindow(graph, input.name, reach, strides) : input.name;
  const padding: Record<string, Attribute> = isOpen
    ? { auto_pad: { text: 'SAME_UPPER' } }
    : { pads: { ints: paddingOf(windows, steps) } };
  return graph.transpose(spell(graph.transpose(read, [0, 2, 1]), padding), [0, 2, 1]);
}

/** Timesteps before and behind the sequence. */
function paddingOf({ padding, reach, strides }: Windows, steps: number | null): [number, number] {
  if (padding === 'valid') return [0, 0];
  if (padding === 'causal') return [reach - 1, 0];
  const rest = strides === 1 ? 1 : steps! - (Math.ceil(steps! / strides) - 1) * strides;
  const total = Math.max(reach - rest, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

function upToLastWindow(graph: GraphWriter, name: string, reach: number, strides: number): string {
  const [stride, axis] = [graph.ints([strides]), graph.ints([1])];
  const before = graph.node('Div', [graph.node('Sub', [graph.size(name, 1), graph.ints([1])]), stride]);
  const end = graph.node('Add', [graph.node('Mul', [before, stride]), graph.ints([reach])]);
  return graph.node('Slice', [name, graph.ints([0]), end, axis, graph.ints([1])]);
}

function spellConv(graph: GraphWriter, input: Value, layer: Conv1D, exporter: Exporter): string {
  const { kernelSize, strides, dilationRate, groups, filters, activation } = layer;
  const [kernel, bias] = exporter.weightsOf(layer);
  const [taps, depth] = kernel!.shape as [number, number];
  // [taps, depth, filters] to [filters, depth, taps]
  const turned = kernel!.data.map((_, at) => {
    const [tap, channel, filter] = [at % taps, Math.floor(at / taps) % depth, Math.floor(at / (taps * depth))];
    return kernel!.data[(tap * depth + channel) * filters + filter]!;
  });
  const weights = [graph.weight(kernel!.name, [filters, depth, taps], turned)];
  if (bias !== undefined) weights.push(graph.weight(bias.name, bias.shape, bias.data));
  const windows = { padding: layer.padding, reach: dilationRate * (kernelSize - 1) + 1, strides };
  const given = overWindows(graph, input, windows, (x, padding) =>
    graph.node('Conv', [x, ...weights], {
      kernel_shape: { ints: [kernelSize] },
      strides: { ints: [strides] },
      dilations: { ints: [dilationRate] },
      group: { int: groups },
      ...padding,
    }),
  );
  return activate(graph, activation, given, filters);
}

const pool =
  (operator: string) =>
  (graph: GraphWriter, input: Value, layer: MaxPooling1D | AveragePooling1D): string => {
    const { poolSize: reach, strides, padding } = layer;
    const attributes = { kernel_shape: { ints: [reach] }, strides: { ints: [strides] } };
    return overWindows(graph, input, { padding, reach, strides }, (x, pads) =>
      graph.node(operator, [x], { ...attributes, ...pads }),
    );
  };

function globalAverage(exporter: Exporter, layer: GlobalAveragePooling1D, { inputs, mask: given }: Use): Given[] {
  const { graph } = exporter;
  const { name, mask } = exporter.masked(inputs[0]!, given);
  const keepdims = { keepdims: { int: layer.keepdims ? 1 : 0 } };
  if (mask === null)
    return [{ name: graph.node('ReduceMean', [name], { axes: { ints: [1] }, ...keepdims }), mask: null }];
  const sumOf = (value: string): string => graph.node('ReduceSum', [value, graph.ints([1])], keepdims);
  const each = graph.node('Unsqueeze', [mask, graph.ints([2])]);
  const sum = sumOf(graph.node('Where', [each, name, graph.floats([0])]));
  // A row without timesteps has the mean 0.
  const count = graph.node('Max', [sumOf(graph.cast(each, ELEMENT.float)), graph.floats([1])]);
  return [{ name: graph.node('Div', [sum, count]), mask: null }];
}

/** x * gamma + beta, as far as there are such. */
function affine(
  graph: GraphWriter,
  x: string,
  layer: BatchNormalization | LayerNormalization,
  names: readonly string[],
): string {
  const scaled = layer.scale ? graph.node('Mul', [x, names[0]!]) : x;
  return layer.center ? graph.node('Add', [scaled, names[layer.scale ? 1 : 0]!]) : scaled;
}

const deviation = (graph: GraphWriter, variance: string, epsilon: number): string =>
  graph.node('Sqrt', [graph.node('Add', [variance, graph.floats([epsilon])])]);

function batchNormalization(
  graph: GraphWriter,
  { name }: Value,
  layer: BatchNormalization,
  exporter: Exporter,
): string {
  const names = exporter.weightNames(layer);
  const [mean, variance] = names.slice(-2) as [string, string];
  const normal = graph.node('Div', [graph.node('Sub', [name, mean]), deviation(graph, variance, layer.epsilon)]);
  return affine(graph, normal, layer, names);
}

function layerNormalization(
  graph: GraphWriter,
  { name }: Value,
  layer: LayerNormalization,
  exporter: Exporter,
): string {
  const meanOf = (value: string): string =>
    graph.node('ReduceMean', [value], { axes: { ints: [-1] }, keepdims: { int: 1 } });
  const shifted = graph.node('Sub', [name, meanOf(name)]);
  const variance = meanOf(graph.node('Mul', [shifted, shifted]));
  const normal = graph.node('Div', [shifted, deviation(graph, variance, layer.epsilon)]);
  return affine(graph, normal, layer, exporter.weightNames(layer));
}

/** Moments that were given or learnt: of the axes that are kept, and 1 along the others. */
function normalization(graph: GraphWriter, { name, shape }: Value, layer: Normalization, exporter: Exporter): string {
  const rank = shape.length;
  const axes = layer.axis === null ? [] : [layer.axis].flat().map((axis) => (axis < 0 ? axis + rank : axis));
  const isKept = shape.map((_, axis) => axes.includes(axis)).slice(1);
  const sizes = isKept.map((kept, index) => (kept ? shape[index + 1]! : 1));
  const names = exporter.weightNames(layer, [sizes, sizes]);
  const { mean, variance } = layer.getConfig() as Record<'mean' | 'variance', number | number[] | number[][] | null>;
  const moment = (index: number, given: typeof mean): string => {
    if (given === null) return names[index]!;
    const own = typeof given === 'number' ? [] : [given.length, ...(Array.isArray(given[0]) ? [given[0].length] : [])];
    // Axes that are missing in front are repeated.
    const front = Array<number>(axes.length - own.length).fill(1);
    const kept = [...front, ...own];
    return graph.floats(
      [given].flat(2),
      isKept.map((each) => (each ? kept.shift()! : 1)),
    );
  };
  const scale = graph.node('Max', [graph.node('Sqrt', [moment(1, variance)]), graph.floats([1e-7])]);
  if (layer.invert) return graph.node('Add', [moment(0, mean), graph.node('Mul', [name, scale])]);
  return graph.node('Div', [graph.node('Sub', [name, moment(0, mean)]), scale]);
}

function spellDense(graph: GraphWriter, { name }: Value, layer: Dense, exporter: Exporter): string {
  const [kernel, bias] = exporter.weightNames(layer);
  const product = graph.node('MatMul', [name, kernel!]);
  return activate(
    graph,
    layer.activation,
    bias === undefined ? product : graph.node('Add', [product, bias]),
    layer.units,
  );
}

function spellReLU(graph: GraphWriter, { name }: Value, { maxValue, negativeSlope, threshold }: ReLU): string {
  if (threshold === 0 && maxValue === null)
    return negativeSlope === 0
      ? graph.node('Relu', [name])
      : graph.node('LeakyRelu', [name], { alpha: { float: negativeSlope } });
  const limit = graph.floats([threshold]);
  const above = maxValue === null ? name : graph.node('Min', [name, graph.floats([maxValue])]);
  const below = graph.node('Mul', [graph.node('Sub', [name, limit]), graph.floats([negativeSlope])]);
  return graph.node('Where', [graph.node('Greater', [name, limit]), above, below]);
}

function spellMasking(exporter: Exporter, layer: Masking, { inputs: [input] }: Use): Given[] {
  const { graph } = exporter;
  const { name } = input!;
  const differs = graph.node('Not', [graph.node('Equal', [name, graph.floats([layer.maskValue])])]);
  const any = graph.node('ReduceMax', [graph.cast(differs, ELEMENT.int32)], {
    axes: { ints: [-1] },
    keepdims: { int: 1 },
  });
  const each = graph.cast(any, ELEMENT.bool);
  return [{ name: graph.node('Where', [each, name, graph.floats([0])]), mask: graph.squeeze(each, 2) }];
}

function spellEmbedding(exporter: Exporter, layer: Embedding, { inputs: [input] }: Use): Given[] {
  const { graph } = exporter;
  const { name } = input!;
  const rows = graph.node('Gather', [exporter.weightNames(layer)[0]!, name], { axis: { int: 0 } });
  if (!layer.maskZero) return [{ name: rows, mask: null }];
  const isPadding = graph.node('Equal', [graph.cast(name, ELEMENT.int32), graph.int32(0)]);
  return [{ name: rows, mask: graph.node('Not', [isPadding]) }];
}

function spellSoftmax(exporter: Exporter, layer: Softmax, { inputs: [input], mask }: Use): Given[] {
  const { graph } = exporter;
  const { name, shape } = input!;
  const axis = layer.axis < 0 ? layer.axis + shape.length : layer.axis;
  const softmax = (x: string): string => graph.node('Softmax', [x], { axis: { int: axis } });
  // Over the timesteps a mask ends.
  const passed = axis === shape.length - 1 ? input!.mask : null;
  if (mask === null) return [{ name: softmax(name), mask: passed }];
  const kept = graph.node('Greater', [mask.name, graph.floats([0.5])]);
  const shares = softmax(graph.node('Where', [kept, name, graph.floats([-1e9])]));
  return [{ name: graph.node('Where', [kept, shares, graph.floats([0])]), mask: passed }];
}

function spellSlice(exporter: Exporter, layer: Slice, { inputs: [input] }: Use): Given[] {
  const { graph } = exporter;
  const { steps, features } = layer;
  let { name, mask } = input!;
  if (typeof steps === 'number') {
    name = graph.node('Gather', [name, graph.ints([steps], [])], { axis: { int: 1 } });
    mask = null;
  } else if (steps !== null) {
    name = slice(graph, name, 1, steps);
    mask &&= slice(graph, mask, 1, steps);
  }
  return [{ name: features === null ? name : slice(graph, name, -1, features), mask }];
}

function spellBidirectional(exporter: Exporter, layer: Bidirectional, use: Use): Given[] {
  const { graph } = exporter;
  const { forwardLayer, backwardLayer, mergeMode, returnState } = layer;
  const half = forwardLayer.stateSizes.length;
  const input = exporter.masked(use.inputs[0]!, use.mask);
  const direction = (part: Recurrent, states: readonly Value[]): Given[] =>
    graph.within(part === forwardLayer ? 'forward' : 'backward', () =>
      spellRecurrent(exporter, part, input, states, part === backwardLayer),
    );
  const forward = direction(forwardLayer, use.initialState.slice(0, half));
  const backward = direction(backwardLayer, use.initialState.slice(half));
  const states = returnState ? [...forward.slice(1), ...backward.slice(1)] : [];
  const [a, b] = [forward[0]!, backward[0]!];
  if (mergeMode === null) return [a, b, ...states];
  const both = [a.name, b.name];
  const merged = {
    concat: () => graph.node('Concat', both, { axis: { int: -1 } }),
    sum: () => graph.node('Add', both),
    mul: () => graph.node('Mul', both),
    ave: () => graph.node('Mul', [graph.node('Add', both), graph.floats([0.5])]),
  }[mergeMode]();
  return [{ name: merged, mask: mergedMask(graph, [a.mask, b.mask]) }, ...states];
}

/** A layer for each cell, from the lowest up. */
function spellCells(exporter: Exporter, layer: RNN, use: Use): Given[] {
  const states: Given[] = [];
  let input = exporter.masked(use.inputs[0]!, use.mask);
  let given = use.initialState;
  (layer.sublayers as readonly Recurrent[]).forEach((part, index) => {
    const count = part.stateSizes.length;
    const [output, ...last] = exporter.graph.within(`cell_${index}`, () =>
      spellRecurrent(exporter, part, input, given.slice(0, count)),
    );
    given = given.slice(count);
    input = { ...output!, shape: part.computeOutputShape(input.shape), isIds: false };
    states.push(...last);
  });
  return [input, ...(layer.returnState ? states : [])];
}

const spellModel: Spelling = (exporter, layer, { inputs }) => exporter.addGraph((layer as GraphLayer).graph!, inputs);

/** Models are layers of layers: their classes are not of this floor. */
const MODELS: readonly Entry[] = ['Model', 'Sequential'].map((name) => [name, spellModel]);

const TABLE: ReadonlyMap<string, Spelling> = new Map<string, Spelling>([
  ...MODELS,
  rowwise(Activation, (graph, x, { activation }) => activate(graph, activation, x.name, featuresOf(x))),
  idle(ActivityRegularization),
  of(Add, spellMerge('Add')),
  of(AdditiveAttention, spellAttention),
  of(Attention, spellAttention),
  of(Average, spellMerge('Average')),
  moving(AveragePooling1D, pool('AveragePool')),
  rowwise(BatchNormalization, batchNormalization),
  of(Bidirectional, spellBidirectional),
  of(Concatenate, spellConcatenate),
  moving(Conv1D, spellConv),
  moving(Cropping1D, (graph, x, { cropping: [begin, end] }) =>
    slice(graph, x.name, 1, [begin, end === 0 ? null : -end, 1]),
  ),
  rowwise(Dense, spellDense),
  of(Dot, spellDot),
  idle(Dropout),
  rowwise(ELU, (graph, { name }, { alpha }) => graph.node('Elu', [name], { alpha: { float: alpha } })),
  of(Embedding, spellEmbedding),
  moving(Flatten, (graph, { name }) => graph.reshape(name, [0, -1])),
  idle(GaussianDropout),
  idle(GaussianNoise),
  of(GlobalAveragePooling1D, globalAverage),
  moving(GlobalMaxPooling1D, (graph, { name }, { keepdims }) =>
    graph.node('ReduceMax', [name], { axes: { ints: [1] }, keepdims: { int: keepdims ? 1 : 0 } }),
  ),
  recurrent(GRU),
  rowwise(LayerNormalization, layerNormalization),
  rowwise(LeakyReLU, (graph, { name }, { negativeSlope }) =>
    graph.node('LeakyRelu', [name], { alpha: { float: negativeSlope } }),
  ),
  recurrent(LSTM),
  of(Masking, spellMasking),
  of(Maximum, spellMerge('Max')),
  moving(MaxPooling1D, pool('MaxPool')),
  of(Minimum, spellMerge('Min')),
  of(MultiHeadAttention, spellMultiHeadAttention),
  of(Multiply, spellMerge('Mul')),
  rowwise(Normalization, normalization),
  moving(Permute, (graph, { name }, { dims }) => (dims[0] === 2 ? graph.transpose(name, [0, 2, 1]) : name)),
  rowwise(PReLU, (graph, { name }, layer, exporter) => graph.node('PRelu', [name, exporter.weightNames(layer)[0]!])),
  rowwise(ReLU, spellReLU),
  moving(RepeatVector, (graph, { name }, { n }) =>
    graph.node('Expand', [graph.unsqueeze(name, 1), graph.ints([1, n, 1])]),
  ),
  rowwise(Rescaling, (graph, { name }, { scale, offset }) => {
    const values = (given: number | readonly number[]): string =>
      typeof given === 'number' ? graph.floats([given]) : graph.floats(given, [given.length]);
    return graph.node('Add', [graph.node('Mul', [name, values(scale)]), values(offset)]);
  }),
  moving(Reshape, (graph, { name, shape }, layer) =>
    graph.reshape(name, [-1, ...(layer.computeOutputShape(shape).slice(1) as number[])]),
  ),
  of(RNN, spellCells),
  recurrent(SimpleRNN),
  of(Slice, spellSlice),
  of(Softmax, spellSoftmax),
  idle(SpatialDropout1D),
  of(Subtract, spellMerge('Sub')),
  of(TimeDistributed, distributed),
  rowwise(UnitNormalization, (graph, { name }) => {
    const length = graph.node('ReduceL2', [name], { axes: { ints: [-1] }, keepdims: { int: 1 } });
    return graph.node('Div', [name, graph.node('Max', [length, graph.floats([1e-12])])]);
  }),
  moving(UpSampling1D, (graph, x, { size }) => moveSteps(graph, x, { repeats: size })),
  moving(ZeroPadding1D, (graph, x, { padding: [before, after] }) => moveSteps(graph, x, { before, after })),
]);

/** Names of the classes that ONNX can say. */
export const spelledClasses: readonly string[] = Object.freeze([...TABLE.keys()]);

/** How a layer is spelt. */
export function spellingOf(layer: Layer): Spelling {
  return TABLE.get(layer.className)!;
}
