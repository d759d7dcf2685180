// SPDX-License-Identifier: MIT
// ONNX files of others: recurrent layers and what stands around them, as exporters of PyTorch and Keras write them. Operators
// are followed from the inputs on; what each value is in our terms is known before the next is looked at, so nothing is
// computed and nothing is guessed: what is not known is refused by its name.
import { describe, refusal } from '../../util/validate';
import { CELL_OPERATORS, type CellClass } from './cell_weights';
import { cellPart, near, type CellPart } from './import_cells';
import {
  checkGraph,
  integers,
  isAllZero,
  NodeReader,
  transposed,
  type AxisKind,
  type Flow,
  type Known,
  type Made,
  type Ref,
} from './import_values';
import { freeName, type NameCounts } from './names';
import type { LoadedDocument, LoadedArray } from '../document';
import type { NativeActivation } from '../../native/binding';
import type { OnnxGraph, OnnxModel, OnnxNode } from './schema';

/** Elementwise operators without attributes. */
const ELEMENTWISE: Readonly<Record<string, NativeActivation>> = Object.freeze({
  Relu: 'relu',
  Tanh: 'tanh',
  Sigmoid: 'sigmoid',
  Softplus: 'softplus',
  Softsign: 'softsign',
  Exp: 'exponential',
  HardSwish: 'hard_silu',
  Mish: 'mish',
  Selu: 'selu',
});

/** Operators that leave zeros zeros. */
const MOVING: ReadonlySet<string> = new Set([
  'Unsqueeze',
  'Reshape',
  'Transpose',
  'Squeeze',
  'Cast',
  'Slice',
  'Gather',
]);

/** Operators that compute sizes of axes of sizes of axes. */
const SIZES: ReadonlySet<string> = new Set(
  'Shape Gather Slice Unsqueeze Squeeze Concat Cast Mul Add Sub Div Reshape Range Equal Where Expand Floor Size'.split(
    ' ',
  ),
);

const OPERATOR_CLASSES = new Map(
  (Object.keys(CELL_OPERATORS) as CellClass[]).map((cell) => [CELL_OPERATORS[cell], cell] as const),
);

const MOST_LAYERS = 1000;

/** Orders of axes that inputs may come in: rows first, or timesteps first, as PyTorch has them by default. */
const LAYOUTS = [
  ['N', 'T', 'C'],
  ['T', 'N', 'C'],
] as const;

/**
 * The document of a file of somebody else.
 *
 * @throws ConfigError `ERR_CONFIG` where an operator is none of those that are read, or has attributes that no layer has;
 *   DataError `ERR_DATA` where the graph is malformed
 */
export function readForeign(where: string, model: OnnxModel): LoadedDocument {
  checkGraph(where, model.graph);
  try {
    return new GraphImporter(where, model.graph, LAYOUTS[0]).read();
  } catch (error) {
    if (error !== NOT_THIS_LAYOUT) throw error;
  }
  return new GraphImporter(where, model.graph, LAYOUTS[1]).read();
}

/** Thrown where a recurrent operator reads rows as timesteps: the input's axes are in another order then. */
const NOT_THIS_LAYOUT = new Error('another layout');

class GraphImporter {
  readonly #known = new Map<string, Known>();
  readonly #made: Made[] = [];
  readonly #names: NameCounts = new Map();
  /** How many operators and outputs read a value. */
  readonly #readers = new Map<string, number>();
  /** The operator at hand. */
  #at: NodeReader;

  constructor(
    private readonly where: string,
    private readonly graph: OnnxGraph,
    private readonly layout: readonly AxisKind[],
  ) {
    this.#at = this.#whole();
    for (const name of [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)])
      this.#readers.set(name, 1 + (this.#readers.get(name) ?? 0));
  }

  read(): LoadedDocument {
    const { initializers, nodes } = this.graph;
    for (const constant of initializers) this.#known.set(constant.name, { constant });
    const input = this.#readInput();
    for (const node of nodes) {
      this.#at = new NodeReader(this.where, this.#known, node);
      this.#readNode(node);
      if (this.#made.length > MOST_LAYERS) throw this.#at.refuse(`at most ${MOST_LAYERS} layers`, 'more');
    }
    this.#at = this.#whole();
    return this.#document(input);
  }

  /** Before the first operator, and behind the last, the graph stands for one. */
  #whole(): NodeReader {
    const node = { operator: 'graph', name: this.graph.name, inputs: [], outputs: [], attributes: {} };
    return new NodeReader(this.where, this.#known, node);
  }

  // Inputs and outputs

  #readInput(): { className: string; config: Record<string, unknown> } {
    const given = this.graph.inputs.filter(({ name }) => !this.#known.has(name));
    const [input] = given;
    if (input === undefined || given.length > 1)
      throw refusal(
        'ERR_CONFIG',
        this.where,
        'one input',
        `${given.length}: ${given.map(({ name }) => describe(name)).join(', ')}`,
      );
    const isIds = input.type !== 'float';
    const rank = input.shape.length;
    if (rank !== 3 && rank !== 2)
      throw refusal('ERR_CONFIG', this.where, 'an input of rank 2 or 3', `rank ${rank} of ${describe(input.name)}`);
    const axes: AxisKind[] = isIds ? [...this.layout.slice(0, 2)] : rank === 3 ? [...this.layout] : ['N', 'C'];
    if (isIds && rank !== 2) throw refusal('ERR_CONFIG', this.where, 'ids [N,T]', `rank ${rank}`);
    const sizes = new Map(axes.map((axis, index) => [axis, input.shape[index]!]));
    const size = (axis: AxisKind): number | null =>
      typeof sizes.get(axis) === 'number' ? (sizes.get(axis) as number) : null;
    const features = isIds ? 0 : size('C');
    if (features === null || features < 0 || features > 2147483647)
      throw refusal(
        'ERR_CONFIG',
        this.where,
        'an input whose features are known',
        `an open axis of ${describe(input.name)}`,
      );
    this.#known.set(input.name, { flow: { axes, refs: [{ of: 'input', output: 0 }], features } });
    // Timesteps are open, whatever the example was that a model was exported with.
    const shape = isIds ? [null] : rank === 3 ? [null, features] : [features];
    return { className: 'Input', config: { shape, name: this.#name(input.name), dtype: isIds ? 'int32' : 'float32' } };
  }

  #document(input: { className: string; config: Record<string, unknown> }): LoadedDocument {
    const places = this.graph.outputs.map(({ name }) => {
      const flow = this.#at.flowOf(name, `the output ${describe(name)}`);
      const axes = flow.axes.filter((axis) => axis !== 'D');
      const wanted = axes.includes('T') ? this.layout.join('') : 'NC';
      if (axes.join('') !== wanted || flow.refs.length !== 1)
        throw refusal(
          'ERR_CONFIG',
          this.where,
          `outputs of axes ${wanted}`,
          `${flow.axes.join('')} of ${describe(name)}`,
        );
      return [name, this.#reading(flow.refs[0]!)] as const;
    });
    const called = new Map<Made, Ref[]>(this.#made.map((made) => [made, [...made.inputs]]));
    const layers = this.#made.map((made) => ({
      className: made.className,
      config: { ...made.config, name: made.name, ...(made.reads && { mergeMode: mergeMode(this.where, made) }) },
      calls: [{ inputs: called.get(made)!.map((ref) => placeOf(ref, input)) }],
    }));
    const isDirect = places.find(([, ref]) => ref.of === 'input');
    if (isDirect !== undefined)
      throw refusal('ERR_CONFIG', this.where, 'outputs that layers give', `the input, as ${describe(isDirect[0])}`);
    return {
      model: {
        className: 'Model',
        config: {
          name: this.#name('model'),
          trainable: true,
          layers: [input, ...layers],
          inputs: [[input.config['name'], 0, 0]],
          outputs: Object.fromEntries(places.map(([name, ref]) => [name, placeOf(ref, input)])),
        },
      },
      weights: this.#made.flatMap(({ name, weights }) =>
        weights.map((weight) => ({ ...weight, name: `${name}/${weight.name}` })),
      ),
      compile: null,
      training: null,
      assets: {},
    };
  }

  // Names, errors, values

  /** A name that a layer may have, of one that a file gives. */
  #name(wanted: string): string {
    return freeName(this.#names, wanted.replace(/^\/+/, '').replaceAll('/', '_') || 'layer');
  }

  #give(known: Known): void {
    const [output, ...others] = this.#at.node.outputs;
    if (others.some((name) => (this.#readers.get(name) ?? 0) > 0))
      throw this.#at.refuse('one output', `one that is read besides, "${others[0]}"`);
    if (output) this.#known.set(output, known);
  }

  /** A layer that reads a flow of one ref, and gives one output of the same axes, or of these. */
  #layer(
    className: string,
    flow: Flow,
    config: Record<string, unknown>,
    changes: Partial<Flow> & { weights?: LoadedArray[] } = {},
  ): void {
    const { weights = [], ...others } = changes;
    const made = this.#make(className, this.#apart(flow), config, weights);
    this.#give({ flow: { ...flow, refs: [{ of: made, output: 0 }], ...others } });
  }

  #make(className: string, inputs: readonly Ref[], config: Record<string, unknown>, weights: LoadedArray[]): Made {
    const { name, operator } = this.#at.node;
    const made: Made = { name: this.#name(name || operator), className, config, inputs, weights };
    this.#made.push(made);
    return made;
  }

  /** The one ref of a flow, read by a layer. */
  #apart(flow: Flow): readonly [Ref] {
    const [ref, ...others] = flow.refs;
    if (others.length > 0) throw this.#at.refuse('one direction', `${flow.refs.length}`, 'Merge them before.');
    return [this.#reading(ref!)];
  }

  /** Notes how a layer both ways is read. */
  #reading(ref: Ref): Ref {
    if (ref.of !== 'input' && ref.output < 2) ref.of.reads?.add(ref.output < 0 ? 'merged' : 'apart');
    return ref;
  }

  // Operators

  #readNode(node: OnnxNode): void {
    const { operator, inputs } = node;
    const cell = OPERATOR_CLASSES.get(operator);
    if (cell !== undefined) return this.#readCell(cell);
    const first = this.#known.get(inputs[0] ?? '');
    const isFlow = inputs.some((name) => {
      const known = this.#known.get(name);
      return known !== undefined && 'flow' in known;
    });
    if (!isFlow || operator === 'Shape') return this.#readConstant(node, first);
    if (operator === 'Gather' && first !== undefined && 'constant' in first) return this.#readEmbedding();
    if (operator === 'Add' && first !== undefined && 'constant' in first) return this.#addBias(1, 0);
    const flow = this.#at.flowOf(inputs[0]!, 'the first input');
    const activation = ELEMENTWISE[operator];
    if (activation !== undefined) return this.#activate(flow, activation);
    switch (operator) {
      case 'Identity':
      case 'Dropout':
      case 'Cast':
        return this.#give({ flow });
      case 'Transpose':
        return this.#transpose(flow);
      case 'Squeeze':
        return this.#squeeze(flow);
      case 'Reshape':
        return this.#reshape(flow);
      case 'Flatten':
        if (this.#at.int('axis', 1) === 1 && flow.axes.join('') === 'NC') return this.#give({ flow });
        break;
      case 'Gather':
        return this.#gather(flow);
      case 'Slice':
        return this.#slice(flow);
      case 'Concat':
        return this.#concat();
      case 'MatMul':
        return this.#matMul(flow);
      case 'Gemm':
        return this.#gemm(flow);
      case 'Add':
        return this.#addBias(0, 1);
      case 'Softmax':
      case 'LogSoftmax':
        return this.#softmax(flow, operator === 'Softmax' ? 'softmax' : 'log_softmax');
      case 'Elu':
        return this.#layer('ELU', flow, { alpha: this.#at.float('alpha', 1) });
      case 'LeakyRelu':
        return this.#layer('LeakyReLU', flow, { negativeSlope: this.#at.float('alpha', 0.01) });
      case 'HardSigmoid':
        if (near(this.#at.float('alpha', 0.2), 1 / 6) && near(this.#at.float('beta', 0.5), 0.5))
          return this.#activate(flow, 'hard_sigmoid');
        throw this.#at.refuse(
          'alpha 1/6 and beta 1/2, as hard_sigmoid has them',
          `alpha ${this.#at.float('alpha', 0.2)}`,
        );
      case 'LayerNormalization':
        return this.#layerNormalization(flow);
    }
    const hint = 'Read are recurrent operators and what exporters put around them; docs/onnx.md has the list.';
    throw this.#at.refuse('an operator that is read', `${operator} of ${flow.axes.join('')}`, hint);
  }

  /** What is computed of constants and of sizes: it may only tell shapes, and zeros. */
  #readConstant({ operator, attributes, outputs }: OnnxNode, first: Known | undefined): void {
    const give = (known: Known): void => outputs.forEach((name) => name && this.#known.set(name, known));
    if (operator === 'Constant') {
      const value = attributes['value'];
      if (value !== undefined && 'tensor' in value) return give({ constant: value.tensor });
      const { value_float: float, value_int: int, value_ints: ints, value_floats: floats } = attributes;
      if (int !== undefined && 'int' in int) return give(integers([int.int], []));
      if (ints !== undefined && 'ints' in ints) return give(integers(ints.ints, [ints.ints.length]));
      if (float !== undefined && 'float' in float)
        return give({ constant: { name: '', shape: [], data: Float32Array.of(float.float) } });
      if (floats !== undefined && 'floats' in floats)
        return give({ constant: { name: '', shape: [floats.floats.length], data: Float32Array.from(floats.floats) } });
      throw this.#at.refuse('a constant of numbers', 'another');
    }
    if (operator === 'ConstantOfShape') {
      const value = attributes['value'];
      const isZero = value === undefined || ('tensor' in value && isAllZero(value.tensor));
      return give(isZero ? { zeros: true } : { sizes: 0 });
    }
    if (operator === 'Expand' && first !== undefined) {
      if ('zeros' in first || ('constant' in first && isAllZero(first.constant))) return give({ zeros: true });
    }
    if (operator === 'Identity' && first !== undefined) return give(first);
    if (first !== undefined && 'zeros' in first && MOVING.has(operator)) return give(first);
    if (operator === 'Unsqueeze' && first !== undefined && 'constant' in first) return give(first);
    if (operator === 'Transpose' && first !== undefined && 'constant' in first) {
      const { name, shape, data } = first.constant;
      const [rows, columns, ...others] = shape as [number, number];
      if (others.length === 0 && columns !== undefined && data instanceof Float32Array)
        return give({ constant: { name, shape: [columns, rows], data: transposed(data, columns, rows) } });
    }
    if (!SIZES.has(operator)) throw this.#at.refuse('an operator that is read', `${operator} of constants`);
    // Of a Concat the inputs are counted, for they say the rank of what is reshaped.
    return give({ sizes: operator === 'Concat' ? this.#at.node.inputs.length : 0 });
  }

  #readEmbedding(): void {
    const table = this.#at.floats(0, 'the table');
    const [, name] = this.#at.node.inputs as [string, string];
    const flow = this.#at.flowOf(name, 'ids');
    if (flow.axes.includes('C') || table.shape.length !== 2 || this.#at.int('axis', 0) !== 0)
      throw this.#at.refuse(
        'rows of a table for ids',
        `axes ${flow.axes.join('')} of an array of rank ${table.shape.length}`,
      );
    const [inputDim, outputDim] = table.shape as [number, number];
    const weights = [{ name: 'embeddings', shape: table.shape, data: table.data }];
    this.#layer(
      'Embedding',
      flow,
      { inputDim, outputDim },
      { axes: [...flow.axes, 'C'], features: outputDim, weights },
    );
  }

  #activate(flow: Flow, activation: NativeActivation): void {
    const [ref] = flow.refs;
    const made = ref!.of;
    const isDense = made !== 'input' && made.className === 'Dense' && flow.refs.length === 1;
    if (isDense && made.config['activation'] === undefined && this.#readers.get(this.#at.node.inputs[0]!) === 1) {
      made.config['activation'] = activation;
      return this.#give({ flow });
    }
    return this.#layer('Activation', flow, { activation });
  }

  #softmax(flow: Flow, activation: NativeActivation): void {
    const axis = this.#at.int('axis', -1);
    const index = axis < 0 ? axis + flow.axes.length : axis;
    if (flow.axes[index] !== 'C' || index !== flow.axes.length - 1)
      throw this.#at.refuse('a softmax over the features', `axis ${axis} of ${flow.axes.join('')}`);
    return this.#activate(flow, activation);
  }

  #transpose(flow: Flow): void {
    const perm = this.#at.attribute('perm', 'ints') ?? flow.axes.map((_, index) => flow.axes.length - 1 - index);
    const axes = perm.map((index) => flow.axes[index]!);
    if (axes.length !== flow.axes.length || new Set(perm).size !== perm.length || axes.includes(undefined as never))
      throw this.#at.refuse(`an order of ${flow.axes.length} axes`, `[${perm.join(', ')}]`);
    return this.#give({ flow: { ...flow, axes } });
  }

  #squeeze(flow: Flow): void {
    const given = this.#at.attribute('axes', 'ints') ?? this.#at.integers(1);
    if (given === undefined) throw this.#at.refuse('axes that the file says', 'none');
    const out = new Set(given.map((axis) => (axis < 0 ? axis + flow.axes.length : axis)));
    const isDirection = [...out].every((index) => flow.axes[index] === 'D' && flow.refs.length === 1);
    if (!isDirection)
      throw this.#at.refuse('the axis of one direction to go', `axes [${given.join(', ')}] of ${flow.axes.join('')}`);
    return this.#give({ flow: { ...flow, axes: flow.axes.filter((_, index) => !out.has(index)) } });
  }

  /** Directions side by side: the last two axes become one. */
  #reshape(flow: Flow): void {
    const target = this.#at.integers(1);
    const known = this.#known.get(this.#at.node.inputs[1] ?? '');
    const rank = target?.length ?? (known !== undefined && 'sizes' in known ? known.sizes : 0);
    const text = flow.axes.join('');
    const width = flow.features * flow.refs.length;
    const last = target?.at(-1) ?? -1;
    const isMerge = text.endsWith('DC') && rank === flow.axes.length - 1 && (last === -1 || last === width);
    if (!isMerge || (target ?? []).slice(0, -1).some((size) => size < -1 || (size === -1 && last === -1)))
      throw this.#at.refuse(
        'a reshape that puts directions side by side',
        `${text} to ${target ? `[${target.join(', ')}]` : 'a shape that is computed'}`,
      );
    const axes = [...flow.axes.slice(0, -2), 'C' as const];
    if (flow.refs.length === 1) return this.#give({ flow: { ...flow, axes } });
    return this.#merge({ ...flow, axes });
  }

  /** Refs side by side. */
  #merge(flow: Flow): void {
    const [a, b] = flow.refs as [Ref, Ref];
    const features = flow.features * 2;
    if (a.of === b.of && a.of !== 'input' && a.of.reads && a.output === 0 && b.output === 1)
      return this.#give({ flow: { ...flow, refs: [{ of: a.of, output: -1 }], features } });
    const made = this.#make(
      'Concatenate',
      [a, b].map((ref) => this.#reading(ref)),
      {},
      [],
    );
    return this.#give({ flow: { ...flow, refs: [{ of: made, output: 0 }], features } });
  }

  #concat(): void {
    const flows = this.#at.node.inputs.map((name) => this.#at.flowOf(name, 'each input'));
    const [first] = flows as [Flow];
    const axis = this.#at.int('axis', 0);
    const index = axis < 0 ? axis + first.axes.length : axis;
    const isAlike = flows.every(({ axes, refs }) => axes.join('') === first.axes.join('') && refs.length === 1);
    if (!isAlike || first.axes[index] !== 'C')
      throw this.#at.refuse('features side by side', `axis ${axis} of ${first.axes.join('')}`);
    const features = flows.reduce((sum, flow) => sum + flow.features, 0);
    const refs = flows.map(({ refs: [ref] }) => this.#reading(ref!));
    const made = this.#make('Concatenate', refs, {}, []);
    return this.#give({ flow: { ...first, refs: [{ of: made, output: 0 }], features } });
  }

  /** One timestep, or one direction. */
  #gather(flow: Flow): void {
    const axis = this.#at.int('axis', 0);
    const index = axis < 0 ? axis + flow.axes.length : axis;
    const kind = flow.axes[index];
    const [at, ...others] = this.#at.integers(1) ?? [];
    const isScalar = this.#at.constant(1)?.shape.length === 0;
    if (at === undefined || others.length > 0 || !isScalar)
      throw this.#at.refuse('one index that the file says', at === undefined ? 'one that is computed' : 'several');
    const axes = flow.axes.filter((_, each) => each !== index);
    if (kind === 'D') {
      const ref = flow.refs[at < 0 ? at + flow.refs.length : at];
      if (ref === undefined) throw this.#at.refuse(`one of ${flow.refs.length} directions`, String(at));
      return this.#give({ flow: { ...flow, axes, refs: [ref] } });
    }
    if (kind !== 'T' || flow.refs.length > 1)
      throw this.#at.refuse('one timestep', `an index of ${flow.axes.join('')}, axis ${axis}`);
    return this.#layer('Slice', flow, { steps: at }, { axes });
  }

  #slice(flow: Flow): void {
    const [starts, ends] = [this.#at.integers(1), this.#at.integers(2)];
    const axes = this.#at.node.inputs[3] ? this.#at.integers(3) : [0];
    const strides = this.#at.node.inputs[4] ? this.#at.integers(4) : [1];
    const [begin, end, axis, stride] = [starts?.[0], ends?.[0], axes?.[0], strides?.[0]];
    const isOne = [starts, ends, axes, strides].every((list) => list?.length === 1);
    const kind = flow.axes[axis === undefined ? -1 : axis < 0 ? axis + flow.axes.length : axis];
    if (!isOne || kind !== 'T' || flow.refs.length > 1 || stride === 0)
      throw this.#at.refuse('a range of timesteps that the file says', `a slice of ${flow.axes.join('')}`);
    const open = (value: number): number | null => (Math.abs(value) >= 2147483647 ? null : value);
    return this.#layer('Slice', flow, { steps: [open(begin!), open(end!), stride!] });
  }

  #matMul(flow: Flow): void {
    const kernel = this.#at.floats(1, 'the second input');
    if (flow.axes.at(-1) !== 'C' || kernel.shape.length !== 2 || kernel.shape[0] !== flow.features)
      throw this.#at.refuse(
        `a product of ${flow.features} features`,
        `an array [${kernel.shape.join(', ')}] for ${flow.axes.join('')}`,
      );
    return this.#dense(flow, kernel.data, kernel.shape[1]!, undefined);
  }

  #gemm(flow: Flow): void {
    const { data, shape } = this.#at.floats(1, 'B');
    const isTurned = this.#at.int('transB', 0) !== 0;
    const [rows, columns] = isTurned ? [shape[1], shape[0]] : [shape[0], shape[1]];
    const isPlain =
      this.#at.float('alpha', 1) === 1 && this.#at.float('beta', 1) === 1 && this.#at.int('transA', 0) === 0;
    if (!isPlain || shape.length !== 2 || rows !== flow.features || flow.axes.join('') !== 'NC')
      throw this.#at.refuse(
        'a dense layer: alpha and beta 1, vectors that are not transposed',
        `an array [${shape.join(', ')}] for ${flow.axes.join('')}`,
      );
    const bias = this.#at.node.inputs[2] ? this.#at.floats(2, 'C') : undefined;
    const kernel = isTurned ? transposed(data, rows!, columns!) : data;
    return this.#dense(flow, kernel, columns!, bias && this.#biasOf(bias, columns!));
  }

  #biasOf({ data, shape }: { data: Float32Array; shape: readonly number[] }, units: number): Float32Array {
    if (data.length === units && shape.slice(0, -1).every((size) => size === 1)) return data;
    throw this.#at.refuse(`a bias of ${units}`, `[${shape.join(', ')}]`);
  }

  #dense(flow: Flow, kernel: Float32Array, units: number, bias: Float32Array | undefined): void {
    const weights: LoadedArray[] = [{ name: 'kernel', shape: [flow.features, units], data: kernel }];
    if (bias !== undefined) weights.push({ name: 'bias', shape: [units], data: bias });
    return this.#layer('Dense', flow, { units, useBias: bias !== undefined }, { features: units, weights });
  }

  /** The bias of a product before. */
  #addBias(product: number, bias: number): void {
    const name = this.#at.node.inputs[product]!;
    const flow = this.#at.flowOf(name, 'an input');
    const made = flow.refs[0]!.of;
    const isProduct = made !== 'input' && made.className === 'Dense' && made.config['useBias'] === false;
    if (!isProduct || made.config['activation'] !== undefined || this.#readers.get(name) !== 1)
      throw this.#at.refuse('the bias of a product', `a sum of ${flow.axes.join('')}`);
    made.config['useBias'] = true;
    const data = this.#biasOf(this.#at.floats(bias, 'the bias'), flow.features);
    made.weights.push({ name: 'bias', shape: [flow.features], data });
    return this.#give({ flow });
  }

  #layerNormalization(flow: Flow): void {
    const axis = this.#at.int('axis', -1);
    if (flow.axes.at(-1) !== 'C' || (axis !== -1 && axis !== flow.axes.length - 1))
      throw this.#at.refuse('a normalization of the features', `axis ${axis} of ${flow.axes.join('')}`);
    const names = [
      ['gamma', 1, 'the scale'],
      ['beta', 2, 'the offset'],
    ] as const;
    const weights = names.flatMap(([name, index, what]): LoadedArray[] =>
      this.#at.node.inputs[index]
        ? [{ name, shape: [flow.features], data: this.#biasOf(this.#at.floats(index, what), flow.features) }]
        : [],
    );
    const config = { epsilon: this.#at.float('epsilon', 1e-5), center: weights.some(({ name }) => name === 'beta') };
    return this.#layer('LayerNormalization', flow, config, { weights });
  }

  // Recurrent operators

  #readCell(cell: CellClass): void {
    const node = this.#at.node;
    const [x, , , , lengths, ...rest] = node.inputs;
    const flow = this.#at.flowOf(x ?? '', 'X');
    if (this.#at.int('layout', 0) !== 0) throw this.#at.refuse('layout 0', '1');
    const order = flow.axes.join('');
    if (order === 'NTC' && this.layout === LAYOUTS[0] && this.#isInput(flow)) throw NOT_THIS_LAYOUT;
    if (order !== 'TNC') throw this.#at.refuse('X of timesteps, rows and features', order);
    if (lengths)
      throw this.#at.refuse('rows of one length', 'sequence_lens', 'Pad the sequences, and mask them in the model.');
    rest.forEach((name, index) => {
      const known = this.#known.get(name);
      const isAbsent =
        name === '' ||
        (known !== undefined && ('zeros' in known || ('constant' in known && isAllZero(known.constant))));
      if (isAbsent) return;
      if (index === 2) throw this.#at.refuse('no peepholes', 'P');
      throw this.#at.refuse('states that begin at zero', index === 0 ? 'initial_h' : 'initial_c');
    });
    if (node.attributes['clip'] !== undefined) throw this.#at.refuse('no clip', 'one');
    if (this.#at.int('input_forget', 0) !== 0) throw this.#at.refuse('input_forget 0', '1');
    const direction = this.#at.attribute('direction', 'text') ?? 'forward';
    const count = direction === 'bidirectional' ? 2 : 1;
    if (!['forward', 'reverse', 'bidirectional'].includes(direction))
      throw this.#at.refuse('a direction', describe(direction));
    const [input] = this.#apart(flow);
    this.#giveCell(cell, flow, input, direction, count);
  }

  #isInput({ refs }: Flow): boolean {
    const first = (ref: Ref): boolean => {
      if (ref.of === 'input') return true;
      return (
        ref.of.inputs.length === 1 &&
        !['SimpleRNN', 'LSTM', 'GRU', 'Bidirectional'].includes(ref.of.className) &&
        first(ref.of.inputs[0]!)
      );
    };
    return refs.every(first);
  }

  #giveCell(cell: CellClass, flow: Flow, input: Ref, direction: string, count: number): void {
    const parts = Array.from({ length: count }, (_, index) => cellPart(this.#at, cell, flow, index, count));
    const [outputs, ...states] = this.#at.node.outputs;
    const isRead = (name: string | undefined): boolean => Boolean(name) && (this.#readers.get(name!) ?? 0) > 0;
    const returnSequences = isRead(outputs);
    // Where the outputs are not read, the last of them is the first state.
    const returnState = isRead(states[1]) || (returnSequences && isRead(states[0]));
    const options = { returnSequences, returnState };
    const [first] = parts as [CellPart];
    const made =
      count === 2
        ? this.#bothWays(cell, input, parts, options)
        : this.#make(
            cell,
            [input],
            { ...first.config, ...options, goBackwards: direction === 'reverse' },
            first.weights,
          );
    const give = (name: string | undefined, axes: readonly AxisKind[], refs: readonly Ref[]): void => {
      if (name) this.#known.set(name, { flow: { axes, refs, features: first.units } });
    };
    const each = (place: (index: number) => number): Ref[] =>
      parts.map((_, index) => ({ of: made, output: place(index) }));
    if (returnSequences) {
      const refs = each((index) => index);
      give(outputs, ['T', 'D', 'N', 'C'], direction === 'reverse' ? this.#turned(refs[0]!) : refs);
    }
    states.forEach((name, state) => {
      const isLast = state === 0 && !returnSequences;
      const refs = each((index) => (isLast ? index : count + index * (cell === 'LSTM' ? 2 : 1) + state));
      give(name, ['D', 'N', 'C'], refs);
    });
  }

  /** A layer both ways: whether its outputs are merged is known when all that reads them is. */
  #bothWays(cell: CellClass, input: Ref, parts: readonly CellPart[], options: { returnSequences: boolean }): Made {
    const made = this.#make('Bidirectional', [input], {}, []);
    const [forward, backward] = parts.map(({ config }, index) => {
      const name = `${index === 0 ? 'forward' : 'backward'}_${made.name}`;
      const rest = { goBackwards: index === 1, zeroOutputForMask: options.returnSequences };
      return { className: cell, config: { ...config, ...options, ...rest, name } };
    });
    Object.assign(made.config, { layer: forward, backwardLayer: backward });
    made.weights = parts.flatMap(({ weights }, index) =>
      weights.map((weight) => ({ ...weight, name: `${[forward, backward][index]!.config.name}/${weight.name}` })),
    );
    made.reads = new Set();
    return made;
  }

  /** Outputs of a layer that reads backwards come in the order of reading here, and in that of the input in ONNX. */
  #turned(output: Ref): readonly Ref[] {
    return [{ of: this.#make('Slice', [output], { steps: [null, null, -1] }, []), output: 0 }];
  }
}

/** Of a layer both ways: its outputs side by side, or apart. */
function mergeMode(where: string, { name, reads }: Made): 'concat' | null {
  if (reads!.size < 2) return reads!.has('merged') ? 'concat' : null;
  throw refusal('ERR_CONFIG', `${where}, "${name}"`, 'directions that are read side by side, or apart', 'both');
}

function placeOf({ of, output }: Ref, input: { config: Record<string, unknown> }): [string, number, number] {
  if (of === 'input') return [input.config['name'] as string, 0, 0];
  // Merged outputs are one, so that the states stand one place further in front.
  const isMerged = of.reads?.has('merged') === true;
  return [of.name, 0, output === -1 ? 0 : isMerged ? output - 1 : output];
}
