// SPDX-License-Identifier: MIT
// The functional pass, against the loop of the chapter written out in double precision.
import { NdArray, simpleRnn, type ArrayInput, type SimpleRnnParameters } from '../../../lib';
import { codeOfAsync } from '../../support/error_code';

/** Values in (-0.5, 0.5) that look random and need no generator. */
function noise(size: number, salt: number): Float32Array {
  return Float32Array.from(
    { length: size },
    (_, i) => (Math.abs(Math.sin(i * 12.9898 + salt * 78.233) * 43758.5453) % 1) - 0.5,
  );
}

const [T, C, H] = [100, 32, 64];
const inputs = new NdArray(noise(T * C, 1), [T, C]);
const kernel = new NdArray(noise(C * H, 2), [C, H]);
const recurrentKernel = new NdArray(noise(H * H, 3), [H, H]);
const bias = new NdArray(noise(H, 4), [H]);

function loop(
  x: NdArray,
  initial: ArrayLike<number>,
  withBias = true,
  f: (v: number) => number = Math.tanh,
): number[][] {
  let state = Array.from(initial);
  return Array.from(x, (row) => {
    state = state.map((_, unit) => {
      let sum = withBias ? bias.data[unit]! : 0;
      row.data.forEach((value, feature) => (sum += value * kernel.get(feature, unit)));
      state.forEach((value, other) => (sum += value * recurrentKernel.get(other, unit)));
      return f(sum);
    });
    return state;
  });
}

function expectClose(result: NdArray, wanted: readonly number[]): void {
  expect(result.data).toHaveLength(wanted.length);
  const worst = Math.max(...wanted.map((value, index) => Math.abs(value - result.data[index]!)));
  expect(worst).toBeLessThan(1e-4);
}

describe('simpleRnn: misuse', () => {
  const good: SimpleRnnParameters = { kernel, recurrentKernel, bias };
  test.each<[string, unknown, unknown, string]>([
    ['inputs of one axis', [1, 2, 3], good, 'ERR_SHAPE'],
    ['inputs of strings', [['a']], good, 'ERR_TYPE'],
    ['no inputs', undefined, good, 'ERR_TYPE'],
    ['empty inputs', [], good, 'ERR_DATA'],
    ['no parameters', inputs, undefined, 'ERR_TYPE'],
    ['no kernel', inputs, { recurrentKernel }, 'ERR_TYPE'],
    ['a kernel of other features', inputs, { ...good, kernel: recurrentKernel }, 'ERR_SHAPE'],
    ['a recurrent kernel that is not square', inputs, { ...good, recurrentKernel: kernel }, 'ERR_SHAPE'],
    ['a bias of another size', inputs, { ...good, bias: [1, 2] }, 'ERR_SHAPE'],
    ['an initial state of another size', inputs, { ...good, initialState: [1] }, 'ERR_SHAPE'],
    ['an unknown option', inputs, { ...good, recurentKernel: kernel }, 'ERR_UNKNOWN_OPTION'],
    ['an unknown activation', inputs, { ...good, activation: 'tan' }, 'ERR_UNKNOWN_NAME'],
    ['softmax', inputs, { ...good, activation: 'softmax' }, 'ERR_CONFIG'],
    ['a flag that is none', inputs, { ...good, returnSequences: 1 }, 'ERR_TYPE'],
  ])('%s: refused', async (_, x, parameters, code) => {
    expect(await codeOfAsync(simpleRnn(x as ArrayInput, parameters as SimpleRnnParameters))).toBe(code);
  });
});

describe('simpleRnn: one sequence', () => {
  const zeros = new Float32Array(H);
  test('gives the states of all timesteps, [100, 64]', async () => {
    const states = await simpleRnn(inputs, { kernel, recurrentKernel, bias, returnSequences: true });
    expect(states.shape).toEqual([T, H]);
    // A chaotic recurrence would amplify rounding; the first steps are what can be compared exactly.
    expectClose(states.slice(0, 8), loop(inputs.slice(0, 8), zeros).flat());
  });

  test('gives the last state alone, which is the last of all', async () => {
    const last = await simpleRnn(inputs, { kernel, recurrentKernel, bias });
    const states = await simpleRnn(inputs, { kernel, recurrentKernel, bias, returnSequences: true });
    expect(last.shape).toEqual([H]);
    expectClose(last, Array.from(states.row(T - 1).data));
  });

  test('begins at the initial state, and does without bias', async () => {
    const initialState = noise(H, 5);
    const few = inputs.slice(0, 3);
    const states = await simpleRnn(few, { kernel, recurrentKernel, initialState, returnSequences: true });
    expectClose(states, loop(few, initialState, false).flat());
  });

  test('applies another activation', async () => {
    const few = inputs.slice(0, 2);
    const states = await simpleRnn(few, { kernel, recurrentKernel, bias, activation: 'relu', returnSequences: true });
    expectClose(states, loop(few, zeros, true, (value) => Math.max(0, value)).flat());
  });

  test('does not see what happens to its arguments afterwards', async () => {
    const data = inputs.slice(0, 4).data.slice();
    const running = simpleRnn(new NdArray(data, [4, C]), { kernel, recurrentKernel, bias });
    data.fill(1000);
    expectClose(await running, loop(inputs.slice(0, 4), zeros).at(-1)!);
  });
});

describe('simpleRnn: a batch', () => {
  const batch = new NdArray(inputs.data.slice(0, 2 * 4 * C), [2, 4, C]);
  test('is its sequences side by side, each with its own initial state', async () => {
    const initialState = new NdArray(noise(2 * H, 6), [2, H]);
    const states = await simpleRnn(batch, { kernel, recurrentKernel, bias, initialState, returnSequences: true });
    expect(states.shape).toEqual([2, 4, H]);
    const wanted = [0, 1].flatMap((row) => loop(batch.row(row), initialState.row(row).data).flat());
    expectClose(states, wanted);
  });

  test('shares one initial state, and gives last states [N,H]', async () => {
    const initialState = noise(H, 7);
    const last = await simpleRnn(batch, { kernel, recurrentKernel, bias, initialState });
    expect(last.shape).toEqual([2, H]);
    expectClose(
      last,
      [0, 1].flatMap((row) => loop(batch.row(row), initialState).at(-1)!),
    );
  });
});
