// SPDX-License-Identifier: MIT
import { activationNames, resolveActivation } from '../../../lib/activations';
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

describe('activations: names', () => {
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
