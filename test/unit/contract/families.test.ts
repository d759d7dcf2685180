// SPDX-License-Identifier: MIT
// Classes that the engine computes: one of a user's own is refused where an object of it is made, by name, and so is a
// subclass that overrides what nothing would call. A subclass that only chooses arguments is as good as its base class.
import * as lib from '../../../lib';
import { codeOf, messageOf } from '../../support/error_code';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();

/** A base class that users can reach; their subclasses are theirs to write in JavaScript, without types. */
type Base = new (...args: unknown[]) => object;
const BASES: [string, unknown, unknown[]][] = [
  ['layer', lib.Layer, ['Mine', {}]],
  ['layer', Object.getPrototypeOf(lib.TimeDistributed), ['Mine', {}]],
  ['loss', lib.Loss, ['Mine', 'mine', undefined]],
  ['metric', lib.Metric, ['Mine', 'mine', undefined]],
  ['metric', Object.getPrototypeOf(lib.Accuracy), ['Mine', 'mine', undefined]],
  ['optimizer', lib.Optimizer, ['Mine', { name: 'mine', learningRate: 0.1 }]],
  ['schedule', lib.LearningRateSchedule, ['Mine', 'mine']],
  ['initializer', lib.Initializer, ['Mine', null]],
  ['regularizer', lib.Regularizer, ['Mine', 0, 0]],
  ['constraint', lib.Constraint, []],
];

describe.each(BASES)('a %s', (what, base, args) => {
  test('of a class of its own is refused by the name of the class, whatever its constructor passes on', () => {
    class Mine extends (base as Base) {
      readonly className = 'Mine';
      toNative = () => ({ kind: 'dense' });
      getConfig = () => ({});
    }
    class Further extends Mine {}
    for (const make of [() => new Mine(...args), () => new Mine()]) {
      expect(codeOf(make)).toBe('ERR_CONFIG');
      expect(messageOf(make)).toBe(
        `Mine: expected a ${what} of this library, received a ${what} of another class. ` +
          'Classes of your own are not supported yet.',
      );
    }
    expect(messageOf(() => new Further(...args))).toMatch(/^Further: /);
    expect(codeOf(() => new (class extends (base as Base) {})(...args))).toBe('ERR_CONFIG');
  });

  test('of the base class itself is refused', () => {
    expect(codeOf(() => new (base as Base)(...args))).toBe('ERR_CONFIG');
  });
});

test.each<[string, () => unknown, string]>([
  [
    'call of a loss',
    () =>
      new (class Weighted extends lib.MeanSquaredError {
        override call(): number {
          return 0;
        }
      })(),
    'Weighted: expected a subclass of MeanSquaredError that overrides nothing, received one with call of its own.',
  ],
  [
    'call of a layer',
    () =>
      new (class Residual extends lib.LSTM {
        override call(): never {
          throw new Error();
        }
      })(3),
    'Residual: expected a subclass of LSTM',
  ],
  [
    'a method of a base class, by a class two steps away',
    () => {
      class Half extends lib.Dense {
        override computeOutputShape(): lib.Shape {
          return [null];
        }
      }
      return new (class Whole extends Half {})(3);
    },
    'Whole: expected a subclass of Dense that overrides nothing, received one with computeOutputShape of its own.',
  ],
  [
    'call of a schedule',
    () =>
      new (class Warmup extends lib.ExponentialDecay {
        override call(): number {
          return 0.1;
        }
      })(0.1, 10, 0.5),
    'Warmup: ',
  ],
  [
    'result of a metric',
    () =>
      new (class Error1 extends lib.Accuracy {
        override result(): number {
          return 1;
        }
      })(),
    'Error1: ',
  ],
])('a subclass that overrides %s is refused, for nothing would call it', (_what, make, message) => {
  expect(codeOf(make)).toBe('ERR_CONFIG');
  expect(messageOf(make)).toContain(message);
  expect(messageOf(make)).toContain('Nothing would call it.');
});

test('a subclass that chooses arguments, or has methods of its own, trains and is saved as its base class', async () => {
  class Head extends lib.Dense {
    constructor() {
      super(1, { activation: 'sigmoid', name: 'head' });
    }
    describe(): string {
      return `${this.units} unit`;
    }
    override toString(): string {
      return this.describe();
    }
  }
  class Slow extends lib.SGD {
    constructor() {
      super(0.001);
    }
  }
  const model = new lib.Sequential([new lib.Input([2]), new Head()]);
  model.compile({ optimizer: new Slow(), loss: new (class extends lib.BinaryCrossentropy {})() });
  await model.fit([[1, 2]], [1], { verbose: 0 });
  await model.save(at('m.safetensors'));
  const same = await lib.loadModel(at('m.safetensors'));
  expect(same.layers[0]).toBeInstanceOf(lib.Dense);
  expect(same.getWeights()).toEqual(model.getWeights());
  expect(String(new Head())).toBe('1 unit');
});

test('callbacks are for users to write', () => {
  class Mine extends lib.Callback {
    override onEpochEnd(): void {}
  }
  expect(new Mine()).toBeInstanceOf(lib.Callback);
});
