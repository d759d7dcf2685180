// SPDX-License-Identifier: MIT
// Optimizers: both calling styles, Keras' defaults, names, and refusals.
import { Adam, getOptimizer, optimizerFromConfig, RMSprop, SGD } from '../../../lib/optimizers';

const code = (code: string) => expect.objectContaining({ code });

describe('misuse', () => {
  test.each([
    ['an unknown option', () => new RMSprop({ learningrate: 1 } as never), 'ERR_UNKNOWN_OPTION'],
    ['two option objects', () => new RMSprop({ rho: 0.5 }, { rho: 0.5 }), 'ERR_TYPE'],
    ['a learning rate that is a string', () => new SGD('0.1' as never), 'ERR_TYPE'],
    ['a learning rate of null', () => new SGD(null as never), 'ERR_TYPE'],
    ['a learning rate that is NaN', () => new SGD(NaN), 'ERR_CONFIG'],
    ['a negative learning rate', () => new SGD(-1), 'ERR_CONFIG'],
    ['a momentum above 1', () => new SGD(0.1, { momentum: 1.5 }), 'ERR_CONFIG'],
    ['nesterov that is no boolean', () => new SGD(0.1, { nesterov: 1 as never }), 'ERR_TYPE'],
    ['an epsilon of 0', () => new RMSprop(0.1, { epsilon: 0 }), 'ERR_CONFIG'],
    ['a beta of 1', () => new Adam({ beta1: 1 }), 'ERR_CONFIG'],
    ['an array instead of options', () => new Adam([] as never), 'ERR_TYPE'],
    ['an option of Keras that is not there yet', () => new Adam({ clipnorm: 1 } as never), 'ERR_CONFIG'],
    ['an unknown name', () => getOptimizer('rmsporp'), 'ERR_UNKNOWN_NAME'],
    ['a class instead of an instance', () => getOptimizer(Adam), 'ERR_TYPE'],
    ['a number instead of an optimizer', () => getOptimizer(3), 'ERR_TYPE'],
    ['a plain object instead of an optimizer', () => getOptimizer({}), 'ERR_TYPE'],
  ])('refuses %s', (_title, make, expected) => {
    expect(make).toThrow(code(expected));
  });

  test('says which name was meant', () => {
    expect(() => getOptimizer('rmsporp')).toThrow("Did you mean 'rmsprop'?");
  });

  test('keeps the learning rate where a bad one is set', () => {
    const adam = new Adam();
    expect(() => (adam.learningRate = Infinity)).toThrow(code('ERR_CONFIG'));
    expect(adam.learningRate).toBe(0.001);
  });
});

describe('options', () => {
  test('have the defaults of Keras', () => {
    expect(new SGD().toNative()).toEqual({ kind: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false });
    expect(new RMSprop().toNative()).toEqual({
      kind: 'rmsprop',
      learningRate: 0.001,
      rho: 0.9,
      momentum: 0,
      epsilon: 1e-7,
      centered: false,
    });
    expect(new Adam().toNative()).toEqual({
      kind: 'adam',
      learningRate: 0.001,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-7,
      amsgrad: false,
    });
  });

  test('take the learning rate first or among the options', () => {
    const wanted = new RMSprop({ learningRate: 0.5, rho: 0.8 }).getConfig();
    expect(new RMSprop(0.5, { rho: 0.8 }).getConfig()).toEqual(wanted);
    expect(new RMSprop(undefined, { rho: 0.8 }).learningRate).toBe(0.001);
  });

  test('of Keras that are not there yet may be given their neutral value', () => {
    expect(new Adam({ clipnorm: null, useEma: false } as never).learningRate).toBe(0.001);
  });
});

describe('names and configurations', () => {
  test.each([
    ['rmsprop', RMSprop],
    ['RMSprop', RMSprop],
    ['adam', Adam],
    ['Adam', Adam],
    ['sgd', SGD],
    ['SGD', SGD],
  ])('%s names its class', (name, Class) => {
    expect(getOptimizer(name)).toBeInstanceOf(Class);
  });

  test.each([
    new SGD(0.1, { momentum: 0.9, nesterov: true }),
    new RMSprop(0.1, { rho: 0.5 }),
    new Adam({ beta2: 0.9 }),
  ])('a configuration makes the same optimizer again: $className', (optimizer) => {
    const again = optimizerFromConfig(optimizer.className, optimizer.getConfig());
    expect(again.toNative()).toEqual(optimizer.toNative());
    expect(again.className).toBe(optimizer.className);
  });
});
