// SPDX-License-Identifier: MIT
// What a public client of the protocol sends (tools/golden/triton_client.py) is answered with what predict gives.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { TextVectorization, type NdArray } from '../../../lib';
import { ofIds, served, type Answer, type Asked } from '../../support/served';

interface Golden {
  readonly ids: number[][];
  readonly texts: string[][];
  readonly requests: Record<string, { readonly body: string; readonly headerLength: number | null }>;
}

const FILE = path.resolve(__dirname, '../../golden/server/triton_client.json');
const { ids, texts, requests } = JSON.parse(readFileSync(FILE, 'utf8')) as Golden;

const model = ofIds();
const vectorizer = new TextVectorization({ maxTokens: 20, outputSequenceLength: 4 });
let asked: Asked;
beforeAll(async () => {
  await vectorizer.adapt(['the cat sat', 'a dog sat']);
  asked = await served({ m: { model, vectorizer } });
});

const send = (name: string): Promise<Answer> => {
  const { body, headerLength } = requests[name]!;
  const headers = headerLength === null ? undefined : { 'Inference-Header-Content-Length': String(headerLength) };
  return asked.post('/v2/models/m/infer', Buffer.from(body, 'base64'), headers);
};

/** The JSON of an answer, and the bytes behind it. */
function split({ headers, bytes, json }: Answer): { json: Record<string, unknown>; rest: Buffer } {
  const length = headers['inference-header-content-length'];
  if (length === undefined) return { json, rest: Buffer.alloc(0) };
  const head = JSON.parse(bytes.subarray(0, Number(length)).toString()) as Record<string, unknown>;
  return { json: head, rest: bytes.subarray(Number(length)) };
}

test.each([
  ['int32 in bytes', 'ids', true, '7'],
  ['int64 in bytes', 'ids', true, undefined],
  ['int32 in JSON', 'ids', false, undefined],
  ['output in bytes', 'ids', true, undefined],
  ['texts in bytes', 'texts', true, undefined],
  ['texts in JSON', 'texts', false, undefined],
  ['parameters', 'ids', true, undefined],
] as const)('%s', async (name, kind, isBinary, id) => {
  const x = kind === 'ids' ? ids : vectorizer.call(texts.flat());
  const expected: NdArray = await model.predict(x);
  const answer = await send(name);
  expect(answer.status).toBe(200);
  const { json, rest } = split(answer);
  const output = { name: 'score', datatype: 'FP32', shape: [2, 1] };
  expect(json).toEqual({
    model_name: 'm',
    model_version: '1',
    ...(id === undefined ? {} : { id }),
    outputs: [isBinary ? { ...output, parameters: { binary_data_size: 8 } } : { ...output, data: [...expected.data] }],
  });
  const values = new Float32Array(new Uint8Array(rest).buffer);
  expect([...values]).toEqual(isBinary ? [...expected.data] : []);
});

test('a sequence, which the server would have to keep, is refused', async () => {
  const { status, json } = await send('a sequence');
  expect([status, json['code']]).toEqual([400, 'ERR_CONFIG']);
});

test('metrics count what was answered, and OpenAPI names the paths of each model', async () => {
  const page = (await asked.get('/metrics')).bytes.toString();
  expect(page).toMatch(/^ostinato_requests_total\{route="infer",model="m",status="200"\} 7$/m);
  expect(page).toMatch(/^ostinato_requests_total\{route="infer",model="m",status="400"\} 1$/m);
  expect(page).toMatch(/^ostinato_request_rows_sum\{model="m"\} 14$/m);
  // One request came after the other, and so did the predictions of these tests: each was a batch.
  expect(page).toMatch(/^ostinato_batch_rows_sum\{model="m"\} 28$/m);
  expect(page).toMatch(/^ostinato_batch_rows_count\{model="m"\} 14$/m);
  expect(page).toMatch(/^ostinato_request_seconds_count\{route="infer",model="m"\} 8$/m);
  expect(page).toMatch(/^ostinato_event_loop_delay_seconds\{quantile="0.99"\} [\d.e-]+$/m);
  const { json } = await asked.get('/openapi.json');
  expect(json['openapi']).toBe('3.1.0');
  const paths = Object.keys(json['paths'] as object);
  expect(paths).toEqual(expect.arrayContaining(['/v2/models/m/infer', '/models/m/predict']));
  // Every path that can be asked without a body is there.
  for (const url of paths.filter((name) => !/infer|predict/.test(name)))
    expect((await asked.get(url)).status).toBe(200);
  // References lead somewhere.
  const text = JSON.stringify(json);
  const schemas = Object.keys((json['components'] as { schemas: object }).schemas);
  for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) expect(schemas).toContain(name);
});
