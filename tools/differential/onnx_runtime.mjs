// SPDX-License-Identifier: MIT
// ONNX Runtime for tools: onnx_side.py in a process of its own.
import { spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { ROOT, StepError } from '../steps.mjs';

/** ONNX Runtime in a process of its own: `run` gives a file's outputs, one call after another. */
export async function openRuntime(python, flags = []) {
  const script = path.join(ROOT, 'tools/differential/onnx_side.py');
  const child = spawn(python, [script, ...flags], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text) => (complaint = (complaint + text).slice(-2000)));
  child.stdin.on('error', () => undefined);
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new StepError(`${python}: ${complaint}\nHint: --python PATH, of an interpreter with onnxruntime.`);
    return JSON.parse(value);
  };
  const versions = await answer();
  let last = Promise.resolve();
  const run = (file, inputs) => {
    const encoded = Object.entries(inputs).map(([name, { shape, data }]) => {
      const type = data instanceof Int32Array ? 'int32' : 'float32';
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      return [name, { shape, type, data: bytes.toString('base64') }];
    });
    const request = `${JSON.stringify({ file, inputs: Object.fromEntries(encoded) })}\n`;
    last = last
      .catch(() => undefined)
      .then(() => child.stdin.write(request))
      .then(answer)
      .then(({ outputs, error }) => {
        if (error !== undefined) throw new Error(error);
        return outputs.map(({ shape, data }) => {
          return { shape, data: new Float32Array(new Uint8Array(Buffer.from(data, 'base64')).buffer) };
        });
      });
    return last;
  };
  return { versions, run, close: () => child.stdin.end() };
}
