// SPDX-License-Identifier: MIT
// The differential's cases as ONNX files: what a runtime computes of a file against what the package predicts, and what Keras
// does. As in differential.ts, the package is an argument.
import { createHash } from 'node:crypto';
import { Comparison, decode, layerOf, type Difference, type DifferentialCase, type Encoded } from './differential';
import { modelOf, type GraphCase } from './differential_graphs';
import type * as ostinato from '../../lib';

type Package = typeof ostinato;

/** An array of the runtime. */
export interface RuntimeArray {
  readonly shape: number[];
  readonly data: Float32Array | Int32Array;
}

/** Outputs of a file in order, for inputs by name. */
export type RunOnnx = (file: string, inputs: Record<string, RuntimeArray>) => Promise<RuntimeArray[]>;

/** A model to write, what it is given, and what Keras makes of that. */
export interface OnnxCase {
  readonly model: ostinato.Model;
  readonly inputs: readonly Encoded[];
  readonly outputs: readonly Encoded[];
}

/** What differs, or why there is no file of the case. */
export interface OnnxOutcome {
  readonly differences: Difference[];
  readonly refused?: string;
}

/** Of the largest entry; ONNX Runtime has its own tanh and sigmoid. */
export const ONNX_TOLERANCE = 1e-5;

/** The model of a case of either differential. */
export function onnxCaseOf(lib: Package, golden: DifferentialCase | GraphCase): OnnxCase {
  lib.clearSession();
  if (golden.kind === 'graph') {
    const { model, layers } = modelOf(lib, golden.graph);
    for (const [path, weights] of Object.entries(golden.weights)) layers.get(path)!.setWeights(weights.map(decode));
    return { model, inputs: golden.inputs, outputs: golden.outputs };
  }
  const [inputs, outputs] = [[golden.inputs[0]!], golden.outputs[0]!];
  if (golden.kind === 'model') {
    const layers = golden.layers.map((recipe) => layerOf(lib, recipe));
    const model = new lib.Sequential([new lib.Input(golden.inputShape), ...layers]);
    model.setWeights(golden.weights.map(decode));
    return { model, inputs, outputs };
  }
  const layer = layerOf(lib, golden.layers[0]!);
  const x = new lib.Input(golden.inputShape, { dtype: golden.tokens === undefined ? 'float32' : 'int32', name: 'x' });
  const more = (encoded: Encoded, name: string): ostinato.Input => new lib.Input(encoded.shape.slice(1), { name });
  const states = golden.initialState?.map((state, index) => more(state, `state_${index}`)) ?? [];
  const mask = golden.mask && more(golden.mask, 'mask');
  const given = layer.apply<ostinato.SymbolicTensor | ostinato.SymbolicTensor[]>(x, {
    ...(states.length > 0 && { initialState: states }),
    ...(mask && { mask }),
  });
  layer.setWeights(golden.weights.map(decode));
  const tensors = Array.isArray(given) ? given : [given];
  return {
    model: new lib.Model([x, ...states, ...(mask ? [mask] : [])], tensors),
    inputs: [...inputs, ...(golden.initialState ?? []), ...(golden.mask ? [golden.mask] : [])],
    outputs,
  };
}

const floats = (encoded: Encoded): RuntimeArray => {
  const { data, shape } = decode(encoded);
  return { shape, data: data instanceof Uint8Array ? Float32Array.from(data) : data };
};

/** Writes a case to `file` and compares what the runtime makes of it with Keras and with `predict`. */
export async function onnxOutcome(
  lib: Package,
  golden: DifferentialCase | GraphCase,
  file: string,
  run: RunOnnx,
): Promise<OnnxOutcome> {
  if (golden.refused !== undefined) return { differences: [], refused: 'Keras does not compute it' };
  return fileOutcome(onnxCaseOf(lib, golden), file, run);
}

/** The same of a model with its inputs, and outputs where they are known. */
export async function fileOutcome(
  { model, inputs, outputs }: Omit<OnnxCase, 'outputs'> & Partial<OnnxCase>,
  file: string,
  run: RunOnnx,
): Promise<OnnxOutcome> {
  try {
    await model.toOnnx(file);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code !== 'ERR_CONFIG') return { differences: [{ what: 'toOnnx', error: Infinity, note: String(error) }] };
    return { differences: [], refused: message };
  }
  const comparison = new Comparison();
  try {
    const arrays = inputs.map(floats);
    const given = await run(file, Object.fromEntries(model.inputNames.map((name, index) => [name, arrays[index]!])));
    const x = arrays.length > 1 ? arrays : arrays[0]!;
    const predicted = await model.predict<ostinato.NdArray | ostinato.NdArray[]>(x, {
      batchSize: arrays[0]!.shape[0]!,
    });
    const own = Array.isArray(predicted) ? predicted : [predicted];
    const pack = ({ data, shape }: ostinato.NdArray): Encoded => {
      return { shape: [...shape], floats: Buffer.from(Float32Array.from(data).buffer).toString('base64') };
    };
    given.forEach((array, index) => {
      if (outputs !== undefined) comparison.check(`output ${index}`, array, outputs[index]!, ONNX_TOLERANCE, 1);
      comparison.check(`output ${index} against predict`, array, pack(own[index]!), ONNX_TOLERANCE, 1);
    });
  } catch (error) {
    comparison.differences.push({ what: 'the file', error: Infinity, note: String(error) });
  } finally {
    model.dispose();
  }
  return { differences: comparison.differences };
}

/** The graph's bytes within a file: field 7 of its message. */
function graphOf(file: Uint8Array): Uint8Array {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = file[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < file.length) {
    const tag = varint();
    if (tag % 8 === 0) {
      varint();
      continue;
    }
    const length = varint();
    if (tag === 7 * 8 + 2) return file.subarray(at, at + length);
    at += length;
  }
  throw new Error('no graph');
}

/** What tells a file's graph from another: operators, names and arrays; not what is written of the model beside it. */
export function graphHash(file: Uint8Array): string {
  return createHash('sha256').update(graphOf(file)).digest('hex').slice(0, 32);
}
