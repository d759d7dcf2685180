// SPDX-License-Identifier: MIT
// The OpenAPI document of a server: its paths, and for each model the shapes of what it takes and gives.
import type { ServedModel, TensorDescription } from './served_model';

const content = (schema: object): object => ({ 'application/json': { schema } });
const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });
const object = (properties: Record<string, object>, required = Object.keys(properties)): object => ({
  type: 'object',
  properties,
  required,
});
const array = (items: object): object => ({ type: 'array', items });
const STRING = { type: 'string' };

const SCHEMAS = {
  Error: object({ error: STRING, code: { type: 'string', pattern: '^ERR_' } }),
  Tensor: object(
    {
      name: STRING,
      shape: array({ type: 'integer', minimum: 0 }),
      datatype: STRING,
      data: { type: 'array', items: {} },
      parameters: { type: 'object' },
    },
    ['name', 'shape', 'datatype'],
  ),
  InferRequest: object(
    {
      id: STRING,
      inputs: array(ref('Tensor')),
      outputs: array(object({ name: STRING, parameters: { type: 'object' } }, ['name'])),
      parameters: { type: 'object' },
    },
    ['inputs'],
  ),
  InferResponse: object({ model_name: STRING, model_version: STRING, id: STRING, outputs: array(ref('Tensor')) }, [
    'model_name',
    'outputs',
  ]),
};

const ERRORS: Readonly<Record<string, string>> = {
  400: 'The request does not fit the model',
  404: 'There is no such model or version',
  408: 'The body came too slowly',
  413: 'The body is too large',
  429: 'Too many requests at a time',
  503: 'The model or the server cannot answer now',
  504: 'No answer within the time',
};

function responses(schema: object, statuses = Object.keys(ERRORS)): object {
  const errors = statuses.map((status) => [status, { description: ERRORS[status], content: content(ref('Error')) }]);
  return { 200: { description: 'The answer', content: content(schema) }, ...Object.fromEntries(errors) };
}

const get = (operationId: string, summary: string, schema: object, statuses: string[] = []): object => ({
  get: { operationId, summary, responses: responses(schema, statuses) },
});

function post(operationId: string, summary: string, request: object, schema: object): object {
  const requestBody = { required: true, content: content(request) };
  return { post: { operationId, summary, requestBody, responses: responses(schema) } };
}

/** The document. */
export function openApi(version: string, models: readonly ServedModel[]): object {
  return {
    openapi: '3.1.0',
    info: { title: 'ostinato', version, description: 'Models over the Open Inference Protocol (KServe v2).' },
    paths: {
      '/v2': get('server', 'The server', { type: 'object' }),
      '/v2/health/live': get('live', 'Whether the process answers', object({ live: { type: 'boolean' } })),
      '/v2/health/ready': get('ready', 'Whether requests are taken', object({ ready: { type: 'boolean' } }), ['503']),
      ...Object.assign({}, ...models.map(pathsOf)),
    },
    components: { schemas: SCHEMAS },
  };
}

function pathsOf({ name, version, inputs, outputs, vectorizers }: ServedModel): object {
  const named = (tensors: readonly TensorDescription[], texts?: ReadonlyMap<string, unknown>): object => {
    const schemas = tensors.map((tensor) => [tensor.name, schemaOf(tensor, texts?.has(tensor.name) === true)] as const);
    return schemas.length === 1 ? schemas[0]![1] : object(Object.fromEntries(schemas));
  };
  const path = `/v2/models/${name}`;
  const infer = (id: string): object =>
    post(`infer_${id}`, `Tensors through ${name}`, ref('InferRequest'), ref('InferResponse'));
  return {
    [path]: get(`model_${name}`, `What ${name} takes and gives`, { type: 'object' }),
    [`${path}/ready`]: get(`ready_${name}`, `Whether ${name} is ready`, { type: 'object' }, ['503']),
    [`${path}/infer`]: infer(name),
    [`${path}/versions/${version}/infer`]: infer(`${name}_${version}`),
    [`/models/${name}/predict`]: post(
      `predict_${name}`,
      `Arrays${vectorizers.size > 0 ? ' or texts' : ''} through ${name}`,
      object({ inputs: named(inputs, vectorizers) }),
      object({ model: STRING, version: STRING, outputs: named(outputs) }),
    ),
  };
}

/** Nested arrays of the shape, outermost axis first; or texts. */
function schemaOf({ datatype, shape }: TensorDescription, isText: boolean): object {
  const element: object = datatype === 'INT32' ? { type: 'integer', minimum: 0 } : { type: 'number' };
  const numbers = [...shape].reverse().reduce<object>((items, size) => {
    const bounds = size < 0 ? { minItems: 1 } : { minItems: size, maxItems: size };
    return { type: 'array', items, ...bounds };
  }, element);
  return isText ? { anyOf: [numbers, STRING, array(STRING)] } : numbers;
}
