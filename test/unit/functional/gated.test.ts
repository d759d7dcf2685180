// SPDX-License-Identifier: MIT
// What lstm and gru refuse. What they compute is compared with the layers in test/unit/layers/call.test.ts.
import { gru, lstm, NdArray, simpleRnn, type ArrayInput } from '../../../lib';
import { codeOfAsync } from '../../support/error_code';

const [T, C, H] = [5, 3, 4];
const zeros = (...shape: number[]) => new NdArray(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
const x = zeros(T, C);
const state = zeros(H);

describe('lstm: misuse', () => {
  const good = { kernel: zeros(C, 4 * H), recurrentKernel: zeros(H, 4 * H), bias: zeros(4 * H) };
  test.each<[string, unknown, unknown, string]>([
    ['inputs of one axis', [1, 2, 3], good, 'ERR_SHAPE'],
    ['no parameters', x, undefined, 'ERR_TYPE'],
    ['a kernel of other features', x, { ...good, kernel: zeros(C + 1, 4 * H) }, 'ERR_SHAPE'],
    ['a kernel that is not of four gates', x, { ...good, kernel: zeros(C, 4 * H + 2) }, 'ERR_SHAPE'],
    ['a recurrent kernel of three gates', x, { ...good, recurrentKernel: zeros(H, 3 * H) }, 'ERR_SHAPE'],
    ['the bias of a gru', x, { ...good, bias: zeros(2, 4 * H) }, 'ERR_SHAPE'],
    ['one state', x, { ...good, initialState: state }, 'ERR_TYPE'],
    ['three states', x, { ...good, initialState: [state, state, state] }, 'ERR_SHAPE'],
    ['a state of other units', x, { ...good, initialState: [state, zeros(H + 1)] }, 'ERR_SHAPE'],
    ['states of other rows', x, { ...good, initialState: [zeros(2, H), state] }, 'ERR_SHAPE'],
    ['gates of softmax', x, { ...good, recurrentActivation: 'softmax' }, 'ERR_CONFIG'],
    ['an unknown activation', x, { ...good, activation: 'tan' }, 'ERR_UNKNOWN_NAME'],
    ['a flag that is none', x, { ...good, returnState: 1 }, 'ERR_TYPE'],
    ['an option of gru', x, { ...good, resetAfter: true }, 'ERR_UNKNOWN_OPTION'],
  ])('%s: refused', async (_, inputs, parameters, code) => {
    expect(await codeOfAsync(lstm(inputs as ArrayInput, parameters as never))).toBe(code);
  });
});

describe('gru: misuse', () => {
  const good = { kernel: zeros(C, 3 * H), recurrentKernel: zeros(H, 3 * H), bias: zeros(2, 3 * H) };
  test.each<[string, unknown, string]>([
    ['a kernel of four gates', { ...good, kernel: zeros(C, 4 * H) }, 'ERR_SHAPE'],
    ['one bias where the reset gate acts after the product', { ...good, bias: zeros(3 * H) }, 'ERR_SHAPE'],
    ['two biases where it acts before', { ...good, resetAfter: false }, 'ERR_SHAPE'],
    ['a state of other units', { ...good, initialState: zeros(H + 1) }, 'ERR_SHAPE'],
    ['resetAfter that is a number', { ...good, resetAfter: 0 }, 'ERR_TYPE'],
    ['an unknown option', { ...good, unitForgetBias: true }, 'ERR_UNKNOWN_OPTION'],
  ])('%s: refused', async (_, parameters, code) => {
    expect(await codeOfAsync(gru(x, parameters as never))).toBe(code);
  });
});

test('simpleRnn knows no gates', async () => {
  const parameters = { kernel: zeros(C, H), recurrentKernel: zeros(H, H), recurrentActivation: 'sigmoid' };
  expect(await codeOfAsync(simpleRnn(x, parameters as never))).toBe('ERR_UNKNOWN_OPTION');
});
