// SPDX-License-Identifier: MIT
// ONNX files that are changed or cut off, and texts of a model that lie. Hostile files by title are in
// test/support/hostile_files/onnx.ts.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as lib from '../../../lib';
import { graphMessage, modelMessage } from '../../../lib/formats/onnx/schema';
import { drawFrom } from '../../reference/random';
import { bytesOf, graph } from '../../support/hostile_files/onnx';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();
const FOLDER = path.join(__dirname, '../../golden/formats/onnx');

/** What loadOnnx makes of these bytes: the code of its error, or 'read'. Anything that is no typed error is thrown. */
async function outcome(bytes: Uint8Array): Promise<string> {
  writeFileSync(at('x.onnx'), bytes);
  try {
    const model = await lib.loadOnnx(at('x.onnx'));
    model.dispose();
    return 'read';
  } catch (error) {
    if (error instanceof lib.OstinatoError) return error.code;
    throw error;
  }
}

test('a folder and a pipe are no files', async () => {
  mkdirSync(at('folder.onnx'));
  await expect(lib.loadOnnx(at('folder.onnx'))).rejects.toMatchObject({
    code: expect.stringMatching(/ERR_DATA|ERR_IO/) as string,
  });
});

describe('texts of a model that would take memory or time', () => {
  const with_ = (text: unknown): Buffer => {
    const message = modelMessage(graphMessage(graph()), 'ostinato', {
      'ostinato.model': typeof text === 'string' ? text : JSON.stringify(text),
    });
    return bytesOf(message);
  };
  const chain = (className: string, config: object) => ({
    className: 'Sequential',
    config: {
      name: 'm',
      trainable: true,
      layers: [
        { className: 'Input', config: { shape: [3], name: 'x' } },
        { className, config },
      ],
      buildInputShape: null,
    },
  });

  test.each<[string, unknown]>([
    ['a layer of 2^31 units', chain('Dense', { units: 2147483647 })],
    [
      'moments for 2^31 features',
      {
        className: 'Sequential',
        config: {
          ...chain('Dense', {}).config,
          layers: [
            { className: 'Input', config: { shape: [2147483647], name: 'x' } },
            { className: 'Normalization', config: { mean: 0, variance: 1 } },
          ],
        },
      },
    ],
    ['a class that is none', chain('Lambda', { function: 'process.exit()' })],
    ['a model of itself', chain('Sequential', chain('Dense', { units: 2 }))],
    ['nested text', '['.repeat(100_000)],
    ['a prototype', '{"__proto__": {"className": "Model"}, "className": "Model"}'],
    ['a number', '1'],
    [
      'weights of its own',
      chain('Embedding', {
        inputDim: 3,
        outputDim: 2,
        weights: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      }),
    ],
  ])('%s: the graph alone counts', async (_what, text) => {
    expect(await outcome(with_(text))).toBe('read');
    expect((await lib.loadOnnx(at('x.onnx'))).layers.map(({ className }) => className)).toEqual(['Activation']);
  });
});

const FILES = ['torch_tagger', 'torch_lstm_outputs', 'helper_rnn_dense', 'helper_lstm_normalized'];

test.each(FILES)('%s, cut off anywhere, is a typed error', async (name) => {
  const bytes = readFileSync(path.join(FOLDER, `${name}.onnx`));
  const codes = new Set<string>();
  for (let length = 0; length < bytes.length; length += 7) codes.add(await outcome(bytes.subarray(0, length)));
  // What is cut off at the end may be but a text beside the graph.
  for (const code of codes) expect(['ERR_DATA', 'ERR_CONFIG', 'read']).toContain(code);
  expect(codes).toContain('ERR_DATA');
});

test.each([...FILES, 'own'])('%s, with bytes changed, is read or a typed error', async (name) => {
  if (name === 'own') {
    const words = new lib.Input([null], { dtype: 'int32' });
    const sequence = new lib.Embedding(9, 3, { maskZero: true }).apply(words);
    await new lib.Model(words, new lib.Bidirectional(new lib.GRU(2)).apply(sequence)).toOnnx(at('own.onnx'));
  }
  const bytes = readFileSync(name === 'own' ? at('own.onnx') : path.join(FOLDER, `${name}.onnx`));
  const draw = drawFrom(1);
  const below = (limit: number): number => draw.integers(1, 0, limit)[0]!;
  const counts: Record<string, number> = {};
  for (let round = 0; round < 400; round++) {
    const changed = Buffer.from(bytes);
    for (let count = below(3); count >= 0; count--) changed[below(changed.length)] = below(256);
    const code = await outcome(changed);
    counts[code] = 1 + (counts[code] ?? 0);
  }
  expect(Object.keys(counts).filter((code) => !/^ERR_(DATA|CONFIG|SHAPE|TYPE|UNKNOWN_\w+)$|^read$/.test(code))).toEqual(
    [],
  );
  expect(counts['ERR_DATA']).toBeGreaterThan(0);
});
