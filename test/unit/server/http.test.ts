// SPDX-License-Identifier: MIT
import { Dense, LSTM, Sequential, TextVectorization } from '../../../lib';
import { createServer } from '../../../lib/server';
import { ask, ofBoth, ofIds, ofValues, served, type Asked } from '../../support/served';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();
const ids = ofIds();
const values = ofValues();
const both = ofBoth();
let asked: Asked;

beforeAll(async () => {
  asked = await served({ ids, values, both });
});

const tensor = (over: object = {}): object => ({
  name: 'ids',
  shape: [1, 3],
  datatype: 'INT32',
  data: [1, 2, 3],
  ...over,
});
const infer = (inputs: unknown, rest: object = {}): object => ({ inputs, ...rest });
const INFER = '/v2/models/ids/infer';
const PREDICT = '/models/ids/predict';

describe('misuse', () => {
  test.each<[string, string, unknown, number, string]>([
    ['no body', INFER, '', 400, 'ERR_DATA'],
    ['half a body', INFER, '{"inputs": [', 400, 'ERR_DATA'],
    ['bytes that are no UTF-8', INFER, Buffer.from([0x7b, 0xff, 0x7d]), 400, 'ERR_DATA'],
    ['a list', INFER, '[]', 400, 'ERR_TYPE'],
    ['null', INFER, 'null', 400, 'ERR_TYPE'],
    ['a number', PREDICT, '3', 400, 'ERR_TYPE'],
    ['brackets without end', INFER, '['.repeat(100_000), 400, 'ERR_DATA'],
    ['an object without inputs', INFER, {}, 400, 'ERR_TYPE'],
    ['inputs that are no list', INFER, infer({ ids: 1 }), 400, 'ERR_TYPE'],
    ['no input', INFER, infer([]), 400, 'ERR_CONFIG'],
    ['an input that is null', INFER, infer([null]), 400, 'ERR_TYPE'],
    ['an input without a name', INFER, infer([tensor({ name: undefined })]), 400, 'ERR_TYPE'],
    ['an input of another name', INFER, infer([tensor({ name: 'idz' })]), 400, 'ERR_UNKNOWN_NAME'],
    ['an input __proto__', INFER, JSON.stringify(infer([tensor({ name: '__proto__' })])), 400, 'ERR_UNKNOWN_NAME'],
    ['an input twice', INFER, infer([tensor(), tensor()]), 400, 'ERR_CONFIG'],
    ['a datatype that there is not', INFER, infer([tensor({ datatype: 'INT31' })]), 400, 'ERR_UNKNOWN_NAME'],
    ['a datatype constructor', INFER, infer([tensor({ datatype: 'constructor' })]), 400, 'ERR_UNKNOWN_NAME'],
    ['a shape that is no list', INFER, infer([tensor({ shape: 3 })]), 400, 'ERR_SHAPE'],
    ['a negative size', INFER, infer([tensor({ shape: [-1, 3] })]), 400, 'ERR_SHAPE'],
    ['a size that is no integer', INFER, infer([tensor({ shape: [1.5, 2] })]), 400, 'ERR_SHAPE'],
    ['a shape of more than memory', INFER, infer([tensor({ shape: [2 ** 40, 2 ** 40] })]), 400, 'ERR_SHAPE'],
    ['a shape of 17 axes', INFER, infer([tensor({ shape: Array(17).fill(1) })]), 400, 'ERR_SHAPE'],
    ['less data than the shape', INFER, infer([tensor({ data: [1, 2] })]), 400, 'ERR_SHAPE'],
    ['no data', INFER, infer([tensor({ data: undefined })]), 400, 'ERR_TYPE'],
    ['data of texts', INFER, infer([tensor({ data: ['1', '2', '3'] })]), 400, 'ERR_TYPE'],
    ['data of null', INFER, infer([tensor({ data: [1, null, 3] })]), 400, 'ERR_TYPE'],
    ['ids with a fraction', INFER, infer([tensor({ data: [1, 2.5, 3] })]), 400, 'ERR_RANGE'],
    ['ids beyond int32', INFER, infer([tensor({ data: [1, 2 ** 31, 3] })]), 400, 'ERR_RANGE'],
    ['ids beyond the vocabulary', INFER, infer([tensor({ data: [1, 20, 3] })]), 400, 'ERR_RANGE'],
    ['ids as FP32 with a fraction', INFER, infer([tensor({ datatype: 'FP32', data: [1, 2.5, 3] })]), 400, 'ERR_DATA'],
    [
      'a number that float32 does not hold',
      '/v2/models/values/infer',
      infer([{ name: 'x', shape: [1, 1, 2], datatype: 'FP32', data: [1, 1e39] }]),
      400,
      'ERR_RANGE',
    ],
    ['no rows', INFER, infer([tensor({ shape: [0, 3], data: [] })]), 400, 'ERR_DATA'],
    ['one axis too few', INFER, infer([tensor({ shape: [3] })]), 400, 'ERR_SHAPE'],
    [
      'texts for a model without vectorizer',
      INFER,
      infer([tensor({ datatype: 'BYTES', shape: [1], data: ['a'] })]),
      400,
      'ERR_TYPE',
    ],
    ['an output of another name', INFER, infer([tensor()], { outputs: [{ name: 'scor' }] }), 400, 'ERR_UNKNOWN_NAME'],
    ['outputs that are no list', INFER, infer([tensor()], { outputs: 'score' }), 400, 'ERR_TYPE'],
    [
      'an output twice',
      INFER,
      infer([tensor()], { outputs: [{ name: 'score' }, { name: 'score' }] }),
      400,
      'ERR_CONFIG',
    ],
    ['an id that is a number', INFER, infer([tensor()], { id: 7 }), 400, 'ERR_TYPE'],
    ['parameters that are a list', INFER, infer([tensor()], { parameters: [] }), 400, 'ERR_TYPE'],
    [
      'a classification',
      INFER,
      infer([tensor()], { outputs: [{ name: 'score', parameters: { classification: 2 } }] }),
      400,
      'ERR_CONFIG',
    ],
    ['memory that is shared', INFER, infer([tensor({ parameters: { shared_memory_region: 'a' } })]), 400, 'ERR_CONFIG'],
    ['one input of two', '/v2/models/both/infer', infer([tensor({ name: 'words' })]), 400, 'ERR_CONFIG'],
    [
      'inputs of different rows',
      '/v2/models/both/infer',
      infer([tensor({ name: 'words' }), { name: 'meta', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] }]),
      400,
      'ERR_SHAPE',
    ],
    ['rows without inputs', PREDICT, {}, 400, 'ERR_CONFIG'],
    ['another key', PREDICT, { inputs: [[1]], input: 1 }, 400, 'ERR_UNKNOWN_OPTION'],
    ['null as inputs', PREDICT, { inputs: null }, 400, 'ERR_TYPE'],
    ['ragged rows', PREDICT, { inputs: [[1, 2], [1]] }, 400, 'ERR_SHAPE'],
    ['rows nested without end', PREDICT, `{"inputs": ${'['.repeat(50_000)}1${']'.repeat(50_000)}}`, 400, 'ERR_SHAPE'],
    ['texts as ids', PREDICT, { inputs: ['a good film'] }, 400, 'ERR_TYPE'],
    ['a __proto__ of inputs', PREDICT, '{"inputs": {"__proto__": [[1]]}}', 400, 'ERR_UNKNOWN_NAME'],
    ['an object as a tensor', PREDICT, { inputs: { data: [1], shape: [1, 1] } }, 400, 'ERR_TYPE'],
    ['a model that there is not', '/v2/models/idz/infer', infer([tensor()]), 404, 'ERR_NOT_FOUND'],
    ['a version that there is not', '/v2/models/ids/versions/2/infer', infer([tensor()]), 404, 'ERR_NOT_FOUND'],
    ['a model __proto__', '/models/__proto__/predict', { inputs: [[1]] }, 404, 'ERR_NOT_FOUND'],
    ['a path that there is not', '/v2/model/ids', {}, 404, 'ERR_NOT_FOUND'],
    ['a path that is no text', '/v2/models/%E0%A4%A/infer', {}, 400, 'ERR_DATA'],
  ])('%s', async (_what, path, body, status, code) => {
    const { status: given, json } = await asked.post(path, body);
    expect([given, json['code'], typeof json['error']]).toEqual([status, code, 'string']);
    expect(json['error']).toMatch(/expected|request:|url/);
  });

  const binary = (json: object, bytes: Buffer, length?: string) => {
    const head = Buffer.from(JSON.stringify(json));
    const headers = { 'inference-header-content-length': length ?? String(head.length) };
    return asked.post(INFER, Buffer.concat([head, bytes]), headers);
  };
  const sized = (size: unknown, over: object = {}): object =>
    infer([tensor({ data: undefined, parameters: { binary_data_size: size }, ...over })]);

  test.each<[string, () => ReturnType<typeof binary>, string]>([
    ['a length that is no number', () => binary(sized(12), Buffer.alloc(12), 'abc'), 'ERR_RANGE'],
    ['a length that is negative', () => binary(sized(12), Buffer.alloc(12), '-1'), 'ERR_RANGE'],
    ['a length beyond the body', () => binary(sized(12), Buffer.alloc(12), '99999'), 'ERR_RANGE'],
    ['a length within the JSON', () => binary(sized(12), Buffer.alloc(12), '10'), 'ERR_DATA'],
    ['fewer bytes than said', () => binary(sized(12), Buffer.alloc(8)), 'ERR_DATA'],
    ['more bytes than said', () => binary(sized(12), Buffer.alloc(13)), 'ERR_DATA'],
    ['a size that does not fit the shape', () => binary(sized(8), Buffer.alloc(8)), 'ERR_SHAPE'],
    ['a size that is no integer', () => binary(sized('12'), Buffer.alloc(12)), 'ERR_TYPE'],
    ['data and bytes', () => binary(sized(12, { data: [1, 2, 3] }), Buffer.alloc(12)), 'ERR_CONFIG'],
    [
      'texts that end too soon',
      () => binary(sized(6, { datatype: 'BYTES', shape: [1] }), Buffer.from([9, 0, 0, 0, 65, 66])),
      'ERR_DATA',
    ],
    ['ids of 64 bits beyond 2^53', () => binary(sized(24, { datatype: 'INT64' }), Buffer.alloc(24, 0x7f)), 'ERR_RANGE'],
  ])('in bytes: %s', async (_what, ask, code) => {
    const { status, json } = await ask();
    expect([status, json['code']]).toEqual([400, code]);
  });

  test('a body that is compressed is 415, another type of content is read as it is', async () => {
    expect((await asked.post(INFER, 'x', { 'content-encoding': 'gzip' })).status).toBe(415);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await asked.post(INFER, infer([tensor()]), form)).status).toBe(200);
  });

  test('a server that was asked wrongly serves on', async () => {
    expect((await asked.post(PREDICT, { inputs: [[1, 2, 3]] })).status).toBe(200);
    expect((await asked.get('/v2/health/ready')).json).toEqual({ ready: true });
  });
});

describe('createServer', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ['models as a list', () => createServer([ids] as never), 'ERR_TYPE'],
    ['an option that there is not', () => createServer({}, { maxbody: 1 } as never), 'ERR_UNKNOWN_OPTION'],
    ['a limit of 0', () => createServer({}, { maxQueue: 0 }), 'ERR_CONFIG'],
    ['a third argument', () => (createServer as (...args: unknown[]) => Promise<unknown>)({}, {}, 1), 'ERR_TYPE'],
    ['a name with a slash', () => createServer({ 'a/b': ids }), 'ERR_CONFIG'],
    ['what is no model', () => createServer({ a: {} as never }), 'ERR_TYPE'],
    ['a file that is not there', () => createServer({ a: at('none.safetensors') }), 'ERR_NOT_FOUND'],
    ['a model that is not built', () => createServer({ a: new Sequential([new Dense(1)]) }), 'ERR_STATE'],
    [
      'a stateful model',
      async () => createServer({ a: new Sequential([new LSTM(2, { stateful: true, inputShape: [1, 2] } as never)]) }),
      'ERR_CONFIG',
    ],
  ])('refuses %s', async (_what, make, code) => {
    await expect(make()).rejects.toMatchObject({ code });
  });

  test('after close nothing is taken', async () => {
    const { server } = await served({ ids });
    await server.close();
    await server.close();
    await expect(server.load('a', ids)).rejects.toMatchObject({ code: 'ERR_STATE' });
    await expect(server.listen()).rejects.toMatchObject({ code: 'ERR_STATE' });
    expect(ids.isDisposed).toBe(false);
  });
});

describe('the protocol', () => {
  test('describes the server and its models', async () => {
    expect((await asked.get('/v2')).json).toMatchObject({ name: 'ostinato', extensions: ['binary_tensor_data'] });
    expect((await asked.get('/v2/health/live')).json).toEqual({ live: true });
    const described = {
      name: 'both',
      versions: ['1'],
      platform: 'ostinato',
      inputs: [
        { name: 'words', datatype: 'INT32', shape: [-1, -1] },
        { name: 'meta', datatype: 'FP32', shape: [-1, 2] },
      ],
      outputs: [
        { name: 'score', datatype: 'FP32', shape: [-1, 1] },
        { name: 'label', datatype: 'FP32', shape: [-1, 3] },
      ],
    };
    expect((await asked.get('/v2/models/both')).json).toEqual(described);
    expect((await asked.get('/v2/models/both/versions/1')).json).toEqual(described);
    expect((await asked.get('/v2/models/both/ready')).json).toEqual({ name: 'both', ready: true });
  });

  test('answers tensors in JSON with what predict gives, id and version', async () => {
    const expected = (await ids.predict([[1, 2, 3]])).data[0];
    for (const data of [[1, 2, 3], [[1, 2, 3]]])
      for (const datatype of ['INT32', 'INT64', 'UINT8', 'FP32'])
        expect((await asked.post(INFER, infer([tensor({ data, datatype })], { id: 'a7' }))).json).toEqual({
          model_name: 'ids',
          model_version: '1',
          id: 'a7',
          outputs: [{ name: 'score', datatype: 'FP32', shape: [1, 1], data: [expected] }],
        });
  });

  test('answers tensors in bytes, each output as it was asked for', async () => {
    const words = Buffer.from(new BigInt64Array([1n, 2n, 3n, 4n]).buffer);
    const meta = Buffer.from(new Float32Array([0.5, -1, 2, 0.25]).buffer);
    const head = Buffer.from(
      JSON.stringify({
        inputs: [
          { name: 'words', shape: [2, 2], datatype: 'INT64', parameters: { binary_data_size: 32 } },
          { name: 'meta', shape: [2, 2], datatype: 'FP32', parameters: { binary_data_size: 16 } },
        ],
        outputs: [{ name: 'label' }, { name: 'score', parameters: { binary_data: false } }],
        parameters: { binary_data_output: true },
      }),
    );
    const {
      status,
      headers,
      bytes: all,
    } = await asked.post('/v2/models/both/infer', Buffer.concat([head, words, meta]), {
      'inference-header-content-length': String(head.length),
    });
    expect(status).toBe(200);
    const size = Number(headers['inference-header-content-length']);
    const answer = JSON.parse(all.subarray(0, size).toString()) as { outputs: object[] };
    const bytes = all.subarray(size);
    const [score, label] = (await both.predict<never>([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [0.5, -1],
        [2, 0.25],
      ],
    ] as never)) as unknown as { data: Float32Array; toArray(): unknown }[];
    expect(answer.outputs).toEqual([
      { name: 'label', datatype: 'FP32', shape: [2, 3], parameters: { binary_data_size: 24 } },
      { name: 'score', datatype: 'FP32', shape: [2, 1], data: [...score!.data] },
    ]);
    expect([...new Float32Array(new Uint8Array(bytes).buffer)]).toEqual([...label!.data]);
  });
});

describe('predict', () => {
  test('takes rows, and gives rows', async () => {
    const x = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect((await asked.post(PREDICT, { inputs: x })).json).toEqual({
      model: 'ids',
      version: '1',
      outputs: (await ids.predict(x)).toArray(),
    });
  });

  test('takes and gives several by name', async () => {
    const { json } = await asked.post('/models/both/predict', { inputs: { words: [[1, 2]], meta: [[0, 1]] } });
    expect(Object.keys(json['outputs'] as object)).toEqual(['score', 'label']);
  });

  test('takes texts where the file of the model has their vectorizer', async () => {
    const vectorizer = new TextVectorization({ maxTokens: 20, outputSequenceLength: 4 });
    await vectorizer.adapt(['the cat sat', 'the dog sat', 'the end']);
    await ids.save(at('texts.safetensors'), { assets: { vectorizer } });
    const { server, post } = await served({ file: at('texts.safetensors'), memory: { model: ids, vectorizer } });
    const outputs = (await ids.predict(vectorizer.call(['The cat!', 'a dog']))).toArray() as number[][];
    for (const name of ['file', 'memory']) {
      expect((await post(`/models/${name}/predict`, { inputs: ['The cat!', 'a dog'] })).json['outputs']).toEqual(
        outputs,
      );
      expect((await post(`/models/${name}/predict`, { inputs: 'The cat!' })).json['outputs']).toEqual([outputs[0]]);
      const texts = { name: 'ids', datatype: 'BYTES', shape: [2, 1], data: ['The cat!', 'a dog'] };
      const { json } = await post(`/v2/models/${name}/infer`, { inputs: [texts] });
      expect(json['outputs']).toMatchObject([{ data: outputs.flat() }]);
      expect((await post(`/models/${name}/predict`, { inputs: ['a', 3] })).status).toBe(400);
      expect((await post(`/models/${name}/predict`, { inputs: [[1, 2, 3, 4]] })).status).toBe(200);
    }
    await server.close();
  });
});

test.each([
  ['only what fails where nothing is said', {}, 0],
  ['each request with logRequests', { logRequests: true }, 2],
])('the log has %s', async (_title, options, lines) => {
  const log: string[] = [];
  const logger = { stream: { write: (line: string): void => void log.push(line) } };
  const { server, url } = await served({ m: ofIds() }, { logger, ...options });
  expect((await ask(url, 'POST', '/models/m/predict', '{"inputs": [[1, 2]]}')).status).toBe(200);
  await server.close();
  // One line for its begin, one for its end.
  expect(log.filter((line) => line.includes('"reqId"'))).toHaveLength(lines);
});
