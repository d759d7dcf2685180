// SPDX-License-Identifier: MIT
// `ostinato info` and `ostinato convert`: misuse first, then what they tell and write.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Dense, Input, loadAssets, loadModel, LSTM, NdArray, saveNpy, saveNpz, Sequential } from '../../../lib';
import { main } from '../../../lib/cli/main';
import { captured } from '../../support/captured';
import { codeOfAsync } from '../../support/error_code';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();
const TFJS = path.resolve(__dirname, '../../golden/formats/tfjs/nested/model.json');

const run = async (...args: string[]) => {
  const surroundings = { ...captured(), env: {} };
  return { code: await main(args, surroundings), out: surroundings.out(), err: surroundings.err() };
};

/** A model that has been trained for a step. */
async function trained(file: string): Promise<Sequential> {
  const model = new Sequential([new Input([3, 2]), new LSTM(2, { name: 'r' }), new Dense(1, { name: 'd' })], {
    name: 'm',
  });
  model.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
  await model.trainOnBatch(new NdArray(new Float32Array(6).fill(0.5), [1, 3, 2]), [[1]]);
  await model.save(file, { assets: { words: ['a'] } });
  return model;
}

describe('misuse', () => {
  test.each([
    [['info'], 2, /expected FILE, received nothing/],
    [['info', 'a', 'b'], 2, /expected FILE, received "b"/],
    [['info', 'a.keras', '--jsn'], 2, /--json/],
    [['convert', 'a'], 2, /expected IN and OUT, received a/],
    [['convert', 'a', 'b', 'c'], 2, /expected IN and OUT, received "c"/],
    [['info', 'none.keras'], 1, /none\.keras/],
    [['info', 'a.txt'], 1, /path to end in .*\.safetensors.*\.keras/],
    [['convert', 'none.json', 'b.keras'], 1, /none\.json/],
  ])('%j ends with %d', async (args, code, message) => {
    const result = await run(...args);
    expect(result).toMatchObject({ code, out: '' });
    expect(result.err).toMatch(message);
    expect(result.err).not.toMatch(/this is a bug/);
  });

  test('an ending that is read alone is no OUT', async () => {
    const { code, err } = await run('convert', TFJS, at('model.json'));
    expect([code, err]).toEqual([1, expect.stringMatching(/read and not written/)]);
    expect(existsSync(at('model.json'))).toBe(false);
  });

  test('a file that is there stays, unless it is to be overwritten', async () => {
    writeFileSync(at('a.safetensors'), 'old');
    expect(await run('convert', TFJS, at('a.safetensors'))).toMatchObject({ code: 1 });
    expect(readFileSync(at('a.safetensors'), 'utf8')).toBe('old');
    expect(await run('convert', TFJS, at('a.safetensors'), '--overwrite')).toMatchObject({ code: 0 });
    expect((await loadModel(at('a.safetensors'))).countParams()).toBe(131);
  });

  test('both have a help', async () => {
    for (const name of ['info', 'convert']) {
      const { code, out } = await run(name, '--help');
      expect([code, out]).toEqual([0, expect.stringMatching(new RegExp(`^Usage: ostinato ${name} `))]);
    }
  });
});

describe('info', () => {
  test('of a model that was trained: layers, shapes, parameters, optimizer, who wrote it, size', async () => {
    await trained(at('m.safetensors'));
    const { code, out } = await run('info', at('m.safetensors'));
    const bytes = statSync(at('m.safetensors')).size.toLocaleString('en-US');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^m\\.safetensors: ${bytes} bytes, written by ostinato\nSequential "m"\n`));
    expect(out).toMatch(/r \(LSTM\) +\(None, 2\) +40/);
    expect(out).toMatch(/Total params: 43\n/);
    expect(out).toMatch(/Optimizer: Adam, 1 steps\n$/);
  });

  test('as JSON: one object', async () => {
    await trained(at('m.safetensors'));
    const { out } = await run('info', at('m.safetensors'), '--json');
    expect(JSON.parse(out)).toMatchObject({
      file: at('m.safetensors'),
      bytes: statSync(at('m.safetensors')).size,
      writtenBy: 'ostinato',
      model: {
        className: 'Sequential',
        inputs: [{ shape: [null, 3, 2] }],
        outputs: [{ name: 'd', shape: [null, 1] }],
        layers: [
          { name: 'r', className: 'LSTM', outputShapes: [[null, 2]], params: 40 },
          { name: 'd', className: 'Dense', outputShapes: [[null, 1]], params: 3 },
        ],
        params: 43,
        trainableParams: 43,
        optimizer: { className: 'Adam', iterations: 1, config: { learningRate: 0.001 } },
        loss: 'mse',
        metrics: ['mae'],
      },
    });
  });

  test('of a model of TensorFlow.js', async () => {
    const { code, out } = await run('info', TFJS);
    expect(code).toBe(0);
    expect(out).toMatch(/written by TensorFlow\.js tfjs-layers v4\.22\.0\n/);
    expect(out).toMatch(/Not compiled\n$/);
  });

  test('of arrays: names, types and shapes', async () => {
    await saveNpz(at('a.npz'), { x: new NdArray(new Float32Array(6), [2, 3]), labels: new Int8Array(2) });
    expect((await run('info', at('a.npz'))).out).toMatch(
      / bytes\n {2}x {7}<f4 {2}\[2, 3\]\n {2}labels {2}\|i1 {2}\[2\]\n$/,
    );
    await saveNpy(at('a.npy'), new Float64Array(5));
    expect(JSON.parse((await run('info', at('a.npy'), '--json')).out)).toMatchObject({
      arrays: [{ name: '', type: '<f8', shape: [5] }],
    });
    const model = await trained(at('m.safetensors'));
    await model.saveWeights(at('w.safetensors'));
    expect((await run('info', at('w.safetensors'))).out).toMatch(/d\/kernel +F32 +\[2, 1\]\n/);
  });
});

describe('convert', () => {
  test('from TensorFlow.js: the layers and the weights', async () => {
    const { code, out } = await run('convert', TFJS, at('m.safetensors'));
    expect([code, out]).toEqual([0, `${TFJS} -> ${at('m.safetensors')}: 3 layers, 131 parameters\n`]);
    const [from, to] = [await loadModel(TFJS), await loadModel(at('m.safetensors'))];
    expect(to.toJson()).toBe(from.toJson());
    expect(to.getWeights()).toEqual(from.getWeights());
  });

  test('to ONNX and back: the layers and the weights, for it has no more', async () => {
    const model = await trained(at('m.safetensors'));
    for (const names of [
      ['m.safetensors', 'm.onnx'],
      ['m.onnx', 'n.safetensors'],
    ])
      expect(await run('convert', ...names.map((name) => at(name)))).toMatchObject({ code: 0 });
    const back = await loadModel(at('n.safetensors'));
    expect(back.toJson()).toBe(model.toJson());
    expect(back.getWeights()).toEqual(model.getWeights());
    expect(back.optimizer).toBeUndefined();
    expect(await codeOfAsync(back.saveWeights(at('w.onnx')))).toBe('ERR_CONFIG');
  });

  test('between formats that hold all: optimizer and assets, unless the former is left out', async () => {
    const model = await trained(at('m.safetensors'));
    // In a process of its own: jest cannot import a module that is one of ES.
    const program = path.resolve(__dirname, '../../../dist/cli/main.js');
    for (const names of [
      ['m.safetensors', 'm.keras'],
      ['m.keras', 'n.safetensors'],
    ])
      execFileSync(process.execPath, [program, 'convert', ...names.map((name) => at(name))]);
    const back = await loadModel(at('n.safetensors'));
    expect(back.getWeights()).toEqual(model.getWeights());
    expect(back.optimizer!.iterations).toBe(1);
    expect(await loadAssets(at('n.safetensors'))).toEqual({ words: ['a'] });
    await run('convert', at('m.safetensors'), at('o.safetensors'), '--no-optimizer');
    expect((await loadModel(at('o.safetensors'))).optimizer!.iterations).toBe(0);
  });
});
