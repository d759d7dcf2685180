// SPDX-License-Identifier: MIT
import { normalizeName, resolveName } from '../../../lib/util/identifiers';
import { codeOf, messageOf } from '../../support/error_code';

describe('identifiers', () => {
  const table = new Map([
    ['rmsprop', 1],
    ['glorot_uniform', 2],
  ]);

  test('an unknown name is refused with the nearest, and a value that is no string at all', () => {
    expect(codeOf(() => resolveName('compile', 'optimizer', 'rmspop', table))).toBe('ERR_UNKNOWN_NAME');
    expect(messageOf(() => resolveName('compile', 'optimizer', 'rmspop', table))).toContain("Did you mean 'rmsprop'?");
    expect(codeOf(() => resolveName('compile', 'optimizer', 5 as never, table))).toBe('ERR_TYPE');
  });

  test.each(['rmsprop', 'RMSprop', 'rmsProp', 'RMSProp'])('%s is found', (name) => {
    expect(resolveName('compile', 'optimizer', name, table)).toBe(1);
  });

  test.each([
    ['glorotUniform', 'glorot_uniform'],
    ['SimpleRNN', 'simple_rnn'],
    ['GRUCell', 'gru_cell'],
    ['LSTM', 'lstm'],
    ['L1L2', 'l1_l2'],
    ['l1L2', 'l1_l2'],
    ['RMSprop', 'rmsprop'],
    ['GlobalMaxPooling1D', 'global_max_pooling1d'],
    ['binary_crossentropy', 'binary_crossentropy'],
  ])('%s is %s', (name, snake) => {
    expect(normalizeName(name)).toBe(snake);
  });
});
