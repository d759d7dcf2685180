// SPDX-License-Identifier: MIT
// Each datatype in JSON and in bytes, against the views of JavaScript that are written another way: DataView.
import { datatypeOf } from '../../../lib/server/protocol/datatypes';
import { readInferRequest } from '../../../lib/server/protocol/request';

type Put = (view: DataView, offset: number, value: number) => void;
const CASES: readonly [name: string, size: number, values: number[], put: Put][] = [
  ['UINT8', 1, [0, 7, 255], (v, o, x) => v.setUint8(o, x)],
  ['UINT16', 2, [0, 7, 65535], (v, o, x) => v.setUint16(o, x, true)],
  ['UINT32', 4, [0, 7, 4294967295], (v, o, x) => v.setUint32(o, x, true)],
  ['UINT64', 8, [0, 7, 2 ** 53 - 1], (v, o, x) => v.setBigUint64(o, BigInt(x), true)],
  ['INT8', 1, [-128, 7, 127], (v, o, x) => v.setInt8(o, x)],
  ['INT16', 2, [-32768, 7, 32767], (v, o, x) => v.setInt16(o, x, true)],
  ['INT32', 4, [-2147483648, 7, 2147483647], (v, o, x) => v.setInt32(o, x, true)],
  ['INT64', 8, [-(2 ** 53 - 1), 7, 2 ** 53 - 1], (v, o, x) => v.setBigInt64(o, BigInt(x), true)],
  ['FP32', 4, [-1.5, 0.25, 3.4028234663852886e38], (v, o, x) => v.setFloat32(o, x, true)],
  ['FP64', 8, [-1.5, 0.1, 1e30], (v, o, x) => v.setFloat64(o, x, true)],
  ['BOOL', 1, [0, 1, 1], (v, o, x) => v.setUint8(o, x)],
];

test.each(CASES)('%s reads the same in JSON and in bytes, at any offset', (name, size, values, put) => {
  const datatype = datatypeOf('test', 'x', name);
  const bytes = new Uint8Array(1 + size * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => put(view, 1 + i * size, value));
  expect([...datatype.fromBytes('test', 'x', bytes.subarray(1), values.length)]).toEqual(values);
  expect([...datatype.fromJson('test', 'x', values)]).toEqual(values);
});

test.each([
  // numpy.float16 and the upper halves of numpy.float32, by hand.
  ['FP16', [0x3c00, 0xc000, 0x7c00, 0x0001], [1, -2, Infinity, 2 ** -24]],
  ['BF16', [0x3f80, 0xc000, 0x7f80, 0x3dcc], [1, -2, Infinity, 0.099609375]],
])('%s reads halves', (name, bits, values) => {
  const bytes = new Uint8Array(new Uint16Array(bits).buffer);
  expect([...datatypeOf('test', 'x', name).fromBytes('test', 'x', bytes, 4)]).toEqual(values);
});

test.each(CASES.filter(([name]) => /INT/.test(name)))('%s refuses what it does not hold', (name, _size, values) => {
  const datatype = datatypeOf('test', 'x', name);
  for (const wrong of [values[0]! - 1, values[2]! + 1, 0.5, NaN, '1', null, true])
    expect(() => datatype.fromJson('test', 'x', [wrong])).toThrow(/test: expected integers/);
});

test('numbers beyond float32 are refused, and the largest that rounds to it is not', () => {
  const read = (value: number) => datatypeOf('test', 'x', 'FP32').fromJson('test', 'x', [value]);
  expect(read(3.40282356e38)).toEqual(Float32Array.of(3.4028234663852886e38));
  expect(() => read(3.4028236e38)).toThrow(/numbers of FP32/);
});

test('bytes of a request in any order of cuts never read beyond themselves', () => {
  const json = Buffer.from(
    JSON.stringify({ inputs: [{ name: 'x', shape: [2], datatype: 'FP32', parameters: { binary_data_size: 8 } }] }),
  );
  const whole = Buffer.concat([json, Buffer.alloc(8)]);
  for (let length = 0; length <= whole.length; length++)
    for (const header of [0, 1, json.length - 1, json.length, json.length + 1]) {
      const read = () => readInferRequest('test', whole.subarray(0, length), String(header));
      if (length === whole.length && header === json.length) expect(read().inputs[0]!.data).toHaveLength(2);
      else expect(read).toThrow(/^test: expected/);
    }
});
