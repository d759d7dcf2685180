// SPDX-License-Identifier: MIT
// loadOnnx of files of others: what their exporters write is computed as ONNX Runtime computes it
// (tools/golden/onnx_files.py); what is not read is refused by the operator's name and the reason.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as lib from '../../../lib';
import {
  graphMessage,
  modelMessage,
  type OnnxGraph,
  type OnnxNode,
  type Tensor,
} from '../../../lib/formats/onnx/schema';
import { readGolden, type Packed } from '../../reference/golden';
import { codeOfAsync } from '../../support/error_code';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();
const FOLDER = path.join(__dirname, '../../golden/formats/onnx');

interface File {
  readonly name: string;
  readonly x: Packed;
  readonly outputs: Record<string, Packed>;
}
const { files } = readGolden<{ files: File[] }>('formats/onnx/files');

const LAYERS: Record<string, string[]> = {
  torch_tagger: ['Embedding', 'Bidirectional', 'Dense'],
  torch_lstm_last: ['LSTM', 'Slice', 'Dense'],
  torch_gru_stack: ['GRU', 'GRU', 'Slice', 'Dense'],
  torch_rnn_time_first: ['SimpleRNN', 'Slice', 'Dense'],
  torch_gru_states: ['Bidirectional', 'Concatenate', 'Dense'],
  torch_lstm_outputs: ['LSTM'],
  helper_lstm_activations: ['LSTM'],
  helper_gru_reverse: ['GRU', 'Slice'],
  helper_rnn_dense: ['SimpleRNN', 'Dense', 'LeakyReLU'],
  helper_lstm_normalized: ['Bidirectional', 'LayerNormalization'],
};

describe('files of PyTorch and of onnx.helper', () => {
  test('there are ten', () => {
    expect(files.map(({ name }) => name)).toEqual(Object.keys(LAYERS));
  });

  test.each(files.map((file) => [file.name, file] as const))('%s', async (name, { x, outputs }) => {
    const model = await lib.loadOnnx(path.join(FOLDER, `${name}.onnx`));
    expect(model.layers.map(({ className }) => className)).toEqual(LAYERS[name]);
    expect(model.inputNames).toEqual(['x']);
    expect(model.outputNames).toEqual(Object.keys(outputs));
    const isIds = name === 'torch_tagger';
    const data = isIds ? Int32Array.from(x.data) : Float32Array.from(x.data);
    const given = await model.predict({ data, shape: x.shape }, { returnDict: true });
    for (const [output, { shape, data: wanted }] of Object.entries(outputs)) {
      expect(given[output]!.shape).toEqual(shape);
      const worst = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - given[output]!.data[i]!)), 0);
      expect(worst).toBeLessThan(1e-5);
    }
  });
});

// Files of our own making

const node = (
  operator: string,
  inputs: string[],
  outputs: string[],
  attributes: OnnxNode['attributes'] = {},
): OnnxNode => ({
  name: operator.toLowerCase(),
  operator,
  inputs,
  outputs,
  attributes,
});
const floats = (name: string, ...shape: number[]): Tensor => {
  const size = shape.reduce((product, axis) => product * axis, 1);
  return { name, shape, data: Float32Array.from({ length: size }, (_, i) => Math.sin(i + 1)) };
};
const ints = (name: string, ...values: number[]): Tensor => ({
  name,
  shape: [values.length],
  data: BigInt64Array.from(values.map(BigInt)),
});

/** LSTM of 3 features and 2 units between transposes. */
function graph(changes: Partial<OnnxGraph> = {}, cell: Partial<OnnxNode> = {}): OnnxGraph {
  return {
    name: 'graph',
    nodes: [
      node('Transpose', ['x'], ['t'], { perm: { ints: [1, 0, 2] } }),
      { ...node('LSTM', ['t', 'W', 'R', 'B'], ['Y'], { hidden_size: { int: 2 } }), ...cell },
      node('Squeeze', ['Y', 'one'], ['s']),
      node('Transpose', ['s'], ['y'], { perm: { ints: [1, 0, 2] } }),
    ],
    initializers: [
      floats('W', 1, 8, 3),
      floats('R', 1, 8, 2),
      floats('B', 1, 16),
      ints('one', 1),
      floats('zeros', 1, 1, 2),
    ],
    inputs: [{ name: 'x', type: 'float', shape: ['n', 't', 3] }],
    outputs: [{ name: 'y', type: 'float', shape: ['n', 't', 2] }],
    ...changes,
  };
}

function write(made: OnnxGraph, name = 'm.onnx'): string {
  writeFileSync(at(name), Buffer.concat(modelMessage(graphMessage(made), 'test', {}).joined()));
  return at(name);
}

const refusal = async (made: OnnxGraph): Promise<string> =>
  lib.loadOnnx(write(made)).then(
    () => 'read',
    ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
  );

/** The chain with one more operator at its end. */
const ended = (last: OnnxNode, ...more: Tensor[]): OnnxGraph => {
  const made = graph();
  return {
    ...made,
    nodes: [...made.nodes, { ...last, outputs: ['z'] }],
    initializers: [...made.initializers, ...more],
    outputs: [{ name: 'z', type: 'float', shape: [] }],
  };
};

const attributes = (more: OnnxNode['attributes']): Partial<OnnxNode> => ({
  attributes: { hidden_size: { int: 2 }, ...more },
});

describe('what is refused by name', () => {
  test('the chain itself is read', async () => {
    const model = await lib.loadOnnx(write(graph()));
    expect(model.layers[0]!.getConfig()).toMatchObject({ units: 2, returnSequences: true, goBackwards: false });
  });

  test.each<[string, Partial<OnnxNode>, RegExp]>([
    ['lengths of sequences', { inputs: ['t', 'W', 'R', 'B', 'one'] }, /LSTM "lstm".*sequence_lens/],
    ['states to begin with', { inputs: ['t', 'W', 'R', 'B', '', 'W'] }, /LSTM "lstm".*initial_h/],
    ['peepholes', { inputs: ['t', 'W', 'R', 'B', '', '', '', 'W'] }, /peepholes/],
    ['a clip', attributes({ clip: { float: 1 } }), /clip/],
    ['gates that are coupled', attributes({ input_forget: { int: 1 } }), /input_forget/],
    ['another layout', attributes({ layout: { int: 1 } }), /layout/],
    ['a direction that is none', attributes({ direction: { text: 'up' } }), /direction/],
    [
      'an activation that no layer has',
      attributes({ activations: { texts: ['Sigmoid', 'ScaledTanh', 'Tanh'] } }),
      /ScaledTanh/,
    ],
    [
      'two activations of one unit',
      attributes({ activations: { texts: ['Sigmoid', 'Tanh', 'Relu'] } }),
      /tanh and relu/,
    ],
    [
      'a hard sigmoid of other numbers',
      attributes({ activations: { texts: ['HardSigmoid', 'Tanh', 'Tanh'] } }),
      /HardSigmoid/,
    ],
    ['fewer activations', attributes({ activations: { texts: ['Sigmoid'] } }), /3 activations/],
    ['units that are not those of the weights', { attributes: { hidden_size: { int: 5 } } }, /hidden_size 2/],
    ['two directions of weights for one', attributes({ direction: { text: 'bidirectional' } }), /2 directions/],
    ['weights that are computed', { inputs: ['t', 't', 'R', 'B'] }, /W to be an array/],
  ])('of a recurrent operator: %s', async (_what, cell, message) => {
    const received = await refusal(graph({}, cell));
    expect(received).toMatch(/^ERR_CONFIG/);
    expect(received).toMatch(message);
  });

  test.each<[string, OnnxNode, RegExp, ...Tensor[]]>([
    ['an operator that is none of those', node('Conv', ['y', 'W'], []), /Conv "conv".*Conv of NTC/],
    ['a sum of two sequences', node('Add', ['y', 'y'], []), /Add "add".*sum/],
    ['a bias of another size', node('Add', ['y', 'B'], []), /sum of NTC/],
    [
      'a product of other features',
      node('MatMul', ['y', 'kernel'], []),
      /product of 2 features/,
      floats('kernel', 3, 2),
    ],
    ['a scaled Gemm', node('Gemm', ['y', 'kernel'], [], { alpha: { float: 2 } }), /alpha/, floats('kernel', 2, 2)],
    ['a softmax over the timesteps', node('Softmax', ['y'], [], { axis: { int: 1 } }), /over the features/],
    ['a reshape of anything else', node('Reshape', ['y', 'shape'], []), /reshape/, ints('shape', 3, -1)],
    ['an axis that is no direction', node('Squeeze', ['y', 'one'], []), /direction/],
    ['axes in an order that is none', node('Transpose', ['y'], [], { perm: { ints: [0, 0, 7] } }), /order of 3 axes/],
    ['a range of rows', node('Slice', ['y', 'one', 'two'], []), /range of timesteps/, ints('two', 2)],
    ['an index of features', node('Gather', ['y', 'one'], [], { axis: { int: 2 } }), /index/],
    ['an operator of others', node('com.microsoft.FusedGemm', ['y'], []), /com.microsoft.FusedGemm/],
    ['a loop', node('Loop', ['y'], [], { body: { other: 5 } as never }), /attribute|Loop/],
  ])('%s', async (_what, last, message, ...more) => {
    const received = await refusal(
      ended({ ...last, attributes: 'body' in last.attributes ? {} : last.attributes }, ...more),
    );
    expect(received).toMatch(/^ERR_CONFIG/);
    expect(received).toMatch(message);
  });

  test.each<[string, Partial<OnnxGraph>, RegExp]>([
    [
      'two inputs',
      { inputs: [...graph().inputs, { name: 'x2', type: 'float', shape: ['n', 3] }] },
      /one input, received 2/,
    ],
    [
      'an input of open features',
      { inputs: [{ name: 'x', type: 'float', shape: ['n', 't', 'c'] }] },
      /features are known/,
    ],
    ['an input of rank 4', { inputs: [{ name: 'x', type: 'float', shape: [1, 1, 1, 3] }] }, /rank 2 or 3/],
    ['an output of other axes', { outputs: [{ name: 's', type: 'float', shape: [] }] }, /outputs of axes NTC/],
    ['an output that is the input', { outputs: [{ name: 'x', type: 'float', shape: [] }] }, /outputs that layers give/],
    ['an output that is a constant', { outputs: [{ name: 'W', type: 'float', shape: [] }] }, /the output "W"/],
  ])('%s', async (_what, changes, message) => {
    const received = await refusal(graph(changes));
    expect(received).toMatch(/^ERR_CONFIG/);
    expect(received).toMatch(message);
  });

  test('directions that are read side by side and apart', async () => {
    const made = graph({}, { ...attributes({ direction: { text: 'bidirectional' } }), outputs: ['Y'] });
    const arrays = [floats('W', 2, 8, 3), floats('R', 2, 8, 2), floats('B', 2, 16), ints('shape', 0, 0, -1)];
    const first: Tensor = { name: 'first', shape: [], data: BigInt64Array.of(0n) };
    const nodes = [
      ...made.nodes.slice(0, 2),
      node('Transpose', ['Y'], ['p'], { perm: { ints: [2, 0, 1, 3] } }),
      node('Reshape', ['p', 'shape'], ['y']),
      node('Gather', ['Y', 'first'], ['forward'], { axis: { int: 1 } }),
      { ...node('Transpose', ['forward'], ['z'], { perm: { ints: [1, 0, 2] } }), name: 'apart' },
    ];
    const output = (name: string) => ({ name, type: 'float' as const, shape: [] });
    const both = { ...made, nodes, initializers: [...arrays, first], outputs: [output('y'), output('z')] };
    expect(await refusal(both)).toMatch(/ERR_CONFIG.*"lstm".*side by side, or apart, received both/);
    const merged = await lib.loadOnnx(write({ ...both, outputs: [output('y')] }));
    expect(merged.layers[0]!.getConfig()).toMatchObject({ mergeMode: 'concat' });
    const apart = await lib.loadOnnx(write({ ...both, outputs: [output('z')] }));
    expect(apart.layers[0]!.getConfig()).toMatchObject({ mergeMode: null });
    const x = { shape: [2, 4, 3], data: Float32Array.from({ length: 24 }, (_, i) => Math.cos(i)) };
    const [whole, part] = [await merged.predict(x), await apart.predict(x)];
    expect(part.shape).toEqual([2, 4, 2]);
    expect([...part.data]).toEqual([...whole.data].filter((_, i) => i % 4 < 2));
  });

  test('timesteps first are read where a recurrent operator reads the input as it is', async () => {
    const made = graph();
    const nodes = [
      { ...made.nodes[1]!, inputs: ['x', 'W', 'R', 'B'] },
      { ...made.nodes[2]!, outputs: ['y'] },
    ];
    const model = await lib.loadOnnx(write({ ...made, nodes }));
    const other = await lib.loadOnnx(write(made, 'other.onnx'));
    const x = { shape: [2, 4, 3], data: Float32Array.from({ length: 24 }, (_, i) => Math.cos(i)) };
    expect([...(await model.predict(x)).data]).toEqual([...(await other.predict(x)).data]);
  });
});

describe('a text of a model beside a graph that is not of it', () => {
  const file = (): string => at('own.onnx');
  const own = async (): Promise<Buffer> => {
    const model = new lib.Sequential([new lib.Input([null, 3]), new lib.LSTM(2, { name: 'lstm' })], { name: 'own' });
    await model.toOnnx(file());
    return readFileSync(file());
  };

  test('is not believed', async () => {
    const bytes = await own();
    const text = bytes.toString('latin1');
    // Another activation of the same length, in the text and not in the graph.
    const forged = text.replace('"activation":"tanh"', '"activation":"relu"');
    expect(forged).not.toBe(text);
    writeFileSync(file(), Buffer.from(forged, 'latin1'));
    const model = await lib.loadOnnx(file());
    expect(model.className).toBe('Model');
    expect(model.layers[0]!.getConfig()).toMatchObject({ activation: 'tanh' });
  });

  test.each([
    ['no JSON', '{"className"', '["className"'],
    ['a class that does not exist', '"Sequential"', '"Sequentiel"'],
    ['a layer of many units', '"units":2', '"units":9'],
  ])('is not believed where it is %s', async (_what, before, after) => {
    const text = (await own()).toString('latin1');
    writeFileSync(file(), Buffer.from(text.replace(before, after), 'latin1'));
    expect((await lib.loadOnnx(file())).className).toBe('Model');
  });

  test('goes along with weights that were changed in the file', async () => {
    const bytes = await own();
    // Behind the array's name stand the number of its field and its length, then its floats.
    const name = Buffer.from('lstm/bias');
    bytes.writeFloatLE(42, bytes.lastIndexOf(name) + name.length + 2);
    writeFileSync(file(), bytes);
    const model = await lib.loadOnnx(file());
    expect(model.className).toBe('Sequential');
    expect([...model.getWeights()[2]!.data]).toContain(42);
  });
});

test('what is no path is refused', async () => {
  expect(await codeOfAsync(lib.loadOnnx(3 as never))).toBe('ERR_TYPE');
  expect(await codeOfAsync(lib.loadOnnx('m.keras'))).toBe('ERR_CONFIG');
  expect(await codeOfAsync(lib.loadOnnx(at('absent.onnx')))).toBe('ERR_NOT_FOUND');
});
