// SPDX-License-Identifier: MIT
// The tables of the chapter, character for character. The chapter's text lost the two rules of `=`; Keras 2.2.4 prints them.
import { clearSession, Dense, Embedding, Input, Sequential, SimpleRNN } from '../../../lib';
import { codeOf } from '../../support/error_code';
import type { SummaryOptions } from '../../../lib';

function printed(model: Sequential, options: SummaryOptions = {}): string {
  const lines: string[] = [];
  model.summary({ ...options, printFn: (line) => lines.push(line) });
  return lines.join('\n');
}

beforeEach(() => clearSession());

describe('summary: misuse', () => {
  test('refuses a model whose input shape is not known', () => {
    expect(codeOf(() => new Sequential([new Dense(1)]).summary())).toBe('ERR_STATE');
    expect(codeOf(() => new Sequential().summary())).toBe('ERR_STATE');
  });

  test.each([
    [{ style: 'keras4' }, 'ERR_CONFIG'],
    [{ printFn: 'log' }, 'ERR_TYPE'],
    [{ lineLength: 3 }, 'ERR_CONFIG'],
    [{ linelength: 80 }, 'ERR_UNKNOWN_OPTION'],
  ])('refuses the options %j', (options, code) => {
    const model = new Sequential([new Embedding(10, 2)]);
    expect(codeOf(() => model.summary(options as SummaryOptions))).toBe(code);
  });
});

describe('summary: the tables of the chapter', () => {
  test('prints the last output of one recurrent layer', () => {
    const model = new Sequential();
    model.add(new Embedding(10000, 32));
    model.add(new SimpleRNN(32));
    expect(printed(model)).toBe(
      `_________________________________________________________________
Layer (type)                 Output Shape              Param #   
=================================================================
embedding_1 (Embedding)      (None, None, 32)          320000    
_________________________________________________________________
simple_rnn_1 (SimpleRNN)     (None, 32)                2080      
=================================================================
Total params: 322,080
Trainable params: 322,080
Non-trainable params: 0
_________________________________________________________________`,
    );
  });

  test('prints the whole sequence of states', () => {
    const model = new Sequential();
    model.add(new Embedding(10000, 32));
    model.add(new SimpleRNN(32, { returnSequences: true }));
    expect(printed(model)).toBe(
      `_________________________________________________________________
Layer (type)                 Output Shape              Param #   
=================================================================
embedding_1 (Embedding)      (None, None, 32)          320000    
_________________________________________________________________
simple_rnn_1 (SimpleRNN)     (None, None, 32)          2080      
=================================================================
Total params: 322,080
Trainable params: 322,080
Non-trainable params: 0
_________________________________________________________________`,
    );
  });

  test('prints the stack of four', () => {
    const model = new Sequential();
    model.add(new Embedding(10000, 32));
    model.add(new SimpleRNN(32, { returnSequences: true }));
    model.add(new SimpleRNN(32, { returnSequences: true }));
    model.add(new SimpleRNN(32, { returnSequences: true }));
    model.add(new SimpleRNN(32));
    expect(printed(model)).toBe(
      `_________________________________________________________________
Layer (type)                 Output Shape              Param #   
=================================================================
embedding_1 (Embedding)      (None, None, 32)          320000    
_________________________________________________________________
simple_rnn_1 (SimpleRNN)     (None, None, 32)          2080      
_________________________________________________________________
simple_rnn_2 (SimpleRNN)     (None, None, 32)          2080      
_________________________________________________________________
simple_rnn_3 (SimpleRNN)     (None, None, 32)          2080      
_________________________________________________________________
simple_rnn_4 (SimpleRNN)     (None, 32)                2080      
=================================================================
Total params: 328,320
Trainable params: 328,320
Non-trainable params: 0
_________________________________________________________________`,
    );
  });
});

describe('summary: other models', () => {
  test('cuts a long name at its column and keeps a blank before the next', () => {
    const model = new Sequential([new Embedding(10, 2, { name: 'an_embedding_with_a_rather_long_name' })]);
    expect(printed(model).split('\n')[3]).toBe('an_embedding_with_a_rather_l (None, None, 2)           20        ');
  });

  test('counts what is not trainable apart, and does not list an Input', () => {
    const frozen = new Dense(4, { trainable: false });
    const model = new Sequential([new Input([3]), frozen, new Dense(1)]);
    const text = printed(model);
    expect(text).not.toContain('input_1');
    expect(text).toContain('Total params: 21\nTrainable params: 5\nNon-trainable params: 16\n');
  });

  test('stretches to the line length asked for', () => {
    const lines = printed(new Sequential([new Embedding(10, 2)]), { lineLength: 100 }).split('\n');
    expect(lines[0]).toBe('_'.repeat(100));
    expect(lines[3]).toHaveLength(100);
  });

  test('prints to the console where nothing else is asked for', () => {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    new Sequential([new Embedding(10, 2)]).summary();
    expect(log).toHaveBeenCalledTimes(9);
    log.mockRestore();
  });

  test("draws Keras 3's boxes on request", () => {
    const model = new Sequential([new Embedding(10000, 32), new SimpleRNN(32)]);
    expect(printed(model, { style: 'keras3', lineLength: 76 })).toBe(
      `Model: "sequential_1"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ embedding_1 (Embedding)         │ (None, None, 32)       │       320,000 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ simple_rnn_1 (SimpleRNN)        │ (None, 32)             │         2,080 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 322,080 (1.23 MB)
 Trainable params: 322,080 (1.23 MB)
 Non-trainable params: 0 (0.00 B)`,
    );
  });
});
