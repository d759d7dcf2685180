// SPDX-License-Identifier: MIT
// The same model as a service is written around ONNX Runtime's package: fastify, and a run for each request.
// `serve_onnx.mjs FILE.onnx MODULES THREADS`, where MODULES is the folder that has onnxruntime-node.
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fastify } from 'fastify';

const [file, modules, threads] = process.argv.slice(2);
const { InferenceSession, Tensor } = createRequire(path.join(modules, 'x.js'))('onnxruntime-node');
const session = await InferenceSession.create(file, { intraOpNumThreads: Number(threads) });
const [input] = session.inputNames;
const [output] = session.outputNames;
const app = fastify();
app.post('/models/m/predict', async ({ body: { inputs } }) => {
  const shape = [inputs.length, inputs[0].length];
  const answers = await session.run({ [input]: new Tensor('int32', Int32Array.from(inputs.flat()), shape) });
  const { data, dims } = answers[output];
  return { outputs: Array.from({ length: dims[0] }, (_, i) => Array.from(data.slice(i * dims[1], (i + 1) * dims[1]))) };
});
const address = await app.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`${JSON.stringify({ address })}\n`);
for await (const line of createInterface({ input: process.stdin })) if (line === 'quit') break;
process.exit(0);
