// SPDX-License-Identifier: MIT
// Files of Keras, as tools/golden/keras_files.py and keras2_files.py made them: the package opens each, predicts what is
// written beside it, and goes on training as Keras does.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadModel, NdArray, type Model } from '../../lib';

interface Plain {
  shape: number[];
  data: number[];
}

interface Record_ {
  inputs: Plain[];
  outputs: Plain[];
  targets?: Plain[];
  loss?: number;
  /** Names of the outputs, where they go by name. */
  names?: string[];
  /** The tolerance of predictions, where it is not that of all. */
  within?: number;
}

const folderOf = (pack: string): string => path.join(__dirname, 'formats', pack);

function recordsOf(pack: string): [string, Record_][] {
  const text = readFileSync(path.join(folderOf(pack), 'predictions.json'), 'utf8');
  return Object.entries((JSON.parse(text) as { files: Record<string, Record_> }).files);
}

/** Ids are whole numbers: the data of each says which. */
function arraysOf(model: Model, arrays: Plain[]): NdArray | NdArray[] {
  const made = arrays.map(({ shape, data }, index) => {
    const isIds = model.dataInputs[index]!.kind === 'tokens';
    return new NdArray((isIds ? Int32Array.from(data) : Float32Array.from(data)) as Float32Array, shape);
  });
  return made.length === 1 ? made[0]! : made;
}

function expectNear(got: NdArray, wanted: Plain, tolerance: number): void {
  expect(got.shape).toEqual(wanted.shape);
  const scale = Math.max(1, ...wanted.data.map(Math.abs));
  const worst = Math.max(0, ...wanted.data.map((value, index) => Math.abs(value - got.data[index]!)));
  expect(worst / scale).toBeLessThan(tolerance);
}

/** The model of a file; weights alone go into a model of the file of the same name. */
async function opened(pack: string, name: string): Promise<Model> {
  const file = path.join(folderOf(pack), name);
  if (!name.endsWith('.weights.h5')) return loadModel(file);
  const model = await loadModel(file.replace('.weights.h5', '.keras'), { compile: false });
  model.setWeights(
    model.getWeights().map(
      ({ data, shape }) =>
        new NdArray(
          data.map(() => 0.1),
          shape,
        ),
    ),
  );
  await model.loadWeights(file);
  return model;
}

describe.each(['keras', 'keras2'])('the pack %s', (pack) => {
  it.each(recordsOf(pack))('%s', async (name, { inputs, outputs, targets, loss, names, within = 1e-5 }) => {
    const model = await opened(pack, name);
    const x = arraysOf(model, inputs);
    const called = names ?? model.outputNames;
    const options = { batchSize: inputs[0]!.shape[0]!, returnDict: true };
    const given = (await model.predict(x, options)) as unknown as Record<string, NdArray>;
    const got = called.map((each) => given[each]!);
    expect(got).toHaveLength(outputs.length);
    got.forEach((array, index) => expectNear(array, outputs[index]!, within));
    model.resetStates();
    if (loss !== undefined && name.endsWith('.keras')) {
      const y = targets!.map(({ shape, data }) => new NdArray(Float32Array.from(data), shape));
      const byName = Object.fromEntries(called.map((each, index) => [each, y[index]!]));
      const losses = await model.trainOnBatch(x, y.length === 1 ? y[0]! : byName);
      const total = Array.isArray(losses) ? losses[0]! : (losses as number);
      expect(Math.abs(total - loss) / Math.max(1, Math.abs(loss))).toBeLessThan(1e-4);
    }
    model.dispose();
  });
});
