// SPDX-License-Identifier: MIT
import { activationNames, isRowActivation, resolveActivation } from '../../../lib/activations';
import { codeOf, messageOf } from '../../support/error_code';

describe('activations: misuse', () => {
  test('an unknown name is refused with the nearest', () => {
    const call = () => resolveActivation('Dense', 'activation', 'sigmoyd');
    expect(codeOf(call)).toBe('ERR_UNKNOWN_NAME');
    expect(messageOf(call)).toMatch(
      /^Dense: expected activation to be one of .*received "sigmoyd"\. Did you mean 'sigmoid'\?$/,
    );
  });

  test.each([[1], [{}], [() => 0]])('%p is no activation', (value) => {
    expect(codeOf(() => resolveActivation('Dense', 'activation', value as never))).toBe('ERR_TYPE');
  });
});

describe('activations: those of Keras that no name stands for', () => {
  test.each([
    ['glu', /halves the last axis, which is not supported yet\.$/],
    ['threshold', /has parameters without defaults, which a name cannot give\.$/],
  ])('%s is refused with the reason', (name, reason) => {
    const call = () => resolveActivation('Dense', 'activation', name);
    expect(codeOf(call)).toBe('ERR_CONFIG');
    expect(messageOf(call)).toMatch(reason);
  });
});

describe('activations: names', () => {
  test.each([
    ['swish', 'silu'],
    ['hard_swish', 'hard_silu'],
    ['hardSwish', 'hard_silu'],
    ['leakyRelu', 'leaky_relu'],
    ['LogSoftmax', 'log_softmax'],
    ['SELU', 'selu'],
  ])('%s is %s', (name, resolved) => {
    expect(resolveActivation('Dense', 'activation', name)).toBe(resolved);
  });

  test('rows are mixed by softmax, log_softmax and sparsemax alone', () => {
    const all = activationNames.map((name) => resolveActivation('Dense', 'activation', name));
    expect(all.filter(isRowActivation)).toEqual(['softmax', 'log_softmax', 'sparsemax']);
  });

  test.each(['hard_sigmoid', 'hardSigmoid', 'HardSigmoid'])('%s is the hard sigmoid', (name) => {
    expect(resolveActivation('Dense', 'activation', name)).toBe('hard_sigmoid');
  });

  test('none is linear', () => {
    expect(resolveActivation('Dense', 'activation', null)).toBe('linear');
    expect(resolveActivation('Dense', 'activation', undefined)).toBe('linear');
  });

  test('every listed name is its own', () => {
    for (const name of activationNames) expect(resolveActivation('Dense', 'activation', name)).toBe(name);
  });
});
