// SPDX-License-Identifier: MIT
// Hostile models in this library's own format. The container itself is tested by test/unit/serialization.
import type { HostileFile } from './hostile_file';

const dense = { name: 'd', units: 2 };
const sound = {
  className: 'Sequential',
  config: { name: 's', layers: [{ className: 'Input', config: { shape: [3], name: 'x' } }, layer('Dense', dense)] },
};
const weights = { 'd/kernel': [3, 2], 'd/bias': [2] };

function layer(className: string, config: object): object {
  return { className, config };
}

function sequential(...layers: object[]): object {
  return { className: 'Sequential', config: { name: 's', layers } };
}

/** A file with these texts and arrays of zeros. */
function safetensors(sections: Record<string, unknown>, arrays: Record<string, number[]> = weights): Buffer {
  const texts = Object.entries(sections).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  let end = 0;
  const entries = Object.entries(arrays).map(([name, shape]) => {
    const begin = end;
    end += 4 * shape.reduce((product, size) => product * size, 1);
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }];
  });
  const metadata = { format: 'ostinato', version: '1', ...Object.fromEntries(texts) };
  const header = Buffer.from(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(end)]);
}

const model = (value: unknown, arrays?: Record<string, number[]>): Buffer => safetensors({ model: value }, arrays);
const good = model(sound);

export const HOSTILE_SAFETENSORS: readonly HostileFile[] = [
  ['an empty file', Buffer.alloc(0), /0 bytes/],
  ['a file that ends in its header', good.subarray(0, 40), /header/],
  ['a file that ends in its arrays', good.subarray(0, good.length - 1), /bytes of arrays/],
  ['a header of 2^63 bytes', Buffer.from('00000000000000807b7d', 'hex'), /header/],
  ['weights alone', safetensors({}), /a model/],
  ['a format of the future', safetensors({ version: '2', model: sound }), /version/],
  ['a model that is a number', model(7), /className/],
  ['a model that is no JSON', model('{'), /JSON/],
  ['a model nested 100 deep', model(`${'['.repeat(100)}${']'.repeat(100)}`), /nested/],
  ['a key __proto__', model('{"className":"Sequential","config":{"__proto__":{}}}'), /__proto__/],
  ['code as a layer', model(sequential(layer('Lambda', { function: 'process.exit()' }))), /Lambda/, 'ERR_UNKNOWN_NAME'],
  ['an inherited name as a class', model(sequential(layer('constructor', {}))), /constructor/, 'ERR_UNKNOWN_NAME'],
  ['an option that is none', model(sequential(layer('Dense', { ...dense, eval: 'x' }))), /eval/, 'ERR_UNKNOWN_OPTION'],
  ['units of 2^53', model(sequential(layer('Dense', { ...dense, units: 2 ** 53 }))), /units/, 'ERR_CONFIG'],
  [
    'a kernel of 6 GB and no weights',
    model(sequential(layer('Input', { shape: [3], name: 'x' }), layer('Dense', { ...dense, units: 5e8 })), {}),
    /d\/kernel/,
  ],
  ['weights of another shape', model(sound, { ...weights, 'd/kernel': [2, 3] }), /shape/, 'ERR_SHAPE'],
  ['weights too many', model(sound, { ...weights, 'e/kernel': [2, 3] }), /alone/],
  ['a circle of calls', model(graph([[['a', 0, 0]]])), /circle/, 'ERR_CONFIG'],
  ['a call of what is not there', model(graph([[['b', 0, 0]]])), /b/, 'ERR_CONFIG'],
  ['a call that is the thousandth', model(graph([[['x', 999, 0]]])), /x/, 'ERR_CONFIG'],
  ['a training of another kind', safetensors({ model: sound, training: { optimizer: 7 } }), /./],
];

/** A graph whose layer `a` reads these places. */
function graph(inputs: unknown[][]): object {
  const layers = [
    { className: 'Input', config: { shape: [3], name: 'x' } },
    { className: 'Dense', config: { name: 'a', units: 3 }, calls: inputs.map((each) => ({ inputs: each })) },
  ];
  return { className: 'Model', config: { name: 'm', layers, inputs: [['x', 0, 0]], outputs: [['a', 0, 0]] } };
}
