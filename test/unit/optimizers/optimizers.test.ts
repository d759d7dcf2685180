// SPDX-License-Identifier: MIT
// Optimizers: both calling styles, Keras' defaults, names, and refusals.
import { Dense, Sequential, SimpleRNN } from '../../../lib';
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  getOptimizer,
  Lion,
  Nadam,
  optimizerFromConfig,
  RMSprop,
  SGD,
  type OptimizerConfig,
} from '../../../lib/optimizers';
import { CosineDecay, ExponentialDecay } from '../../../lib/schedules';

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
    ['a learning rate that is a function', () => new Adam((() => 0.1) as never), 'ERR_TYPE'],
    [
      'a schedule as an option object',
      () => new Adam({ learningRate: { className: 'CosineDecay' } as never }),
      'ERR_TYPE',
    ],
    ['two limits of the gradient', () => new Adam({ clipnorm: 1, clipvalue: 1 }), 'ERR_CONFIG'],
    ['three limits of the gradient', () => new SGD({ clipnorm: 1, clipvalue: 1, globalClipnorm: 1 }), 'ERR_CONFIG'],
    ['a clipnorm of 0', () => new Adam({ clipnorm: 0 }), 'ERR_CONFIG'],
    ['a negative clipvalue', () => new Adam({ clipvalue: -1 }), 'ERR_CONFIG'],
    ['a globalClipnorm that is a string', () => new Adam({ globalClipnorm: '1' as never }), 'ERR_TYPE'],
    ['a negative decay', () => new Lion({ weightDecay: -0.1 }), 'ERR_CONFIG'],
    ['AdamW without a decay', () => new AdamW({ weightDecay: null as never }), 'ERR_TYPE'],
    ['useEma that is no boolean', () => new Adam({ useEma: 1 as never }), 'ERR_TYPE'],
    ['an emaMomentum above 1', () => new Adam({ emaMomentum: 1.5 }), 'ERR_CONFIG'],
    ['an emaOverwriteFrequency of 0', () => new Adam({ useEma: true, emaOverwriteFrequency: 0 }), 'ERR_CONFIG'],
    ['a loss scale of 0', () => new Adam({ lossScaleFactor: 0 }), 'ERR_CONFIG'],
    ['an accumulation of one batch', () => new Adam({ gradientAccumulationSteps: 1 }), 'ERR_CONFIG'],
    ['an accumulation of two batches and a half', () => new Adam({ gradientAccumulationSteps: 2.5 }), 'ERR_CONFIG'],
    ['a beta1 of 0 in Lion', () => new Lion({ beta1: 0 }), 'ERR_CONFIG'],
    ['a negative initial accumulator', () => new Adagrad({ initialAccumulatorValue: -1 }), 'ERR_CONFIG'],
    ['names that are no list', () => new AdamW().excludeFromWeightDecay({ varNames: 'bias' as never }), 'ERR_TYPE'],
    [
      'weights instead of names',
      () => new AdamW().excludeFromWeightDecay({ varList: [] } as never),
      'ERR_UNKNOWN_OPTION',
    ],
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

  test('says which option was meant', () => {
    expect(() => new Adam({ clipNorm: 1 } as never)).toThrow("Did you mean 'clipnorm'?");
    expect(() => new AdamW({ clipnorm: 1, globalClipnorm: 2 })).toThrow('received clipnorm and globalClipnorm');
  });

  test('refuses a learning rate where a schedule gives it', () => {
    const adam = new Adam(new ExponentialDecay(0.5, 10, 0.5));
    expect(() => (adam.learningRate = 0.1)).toThrow(code('ERR_STATE'));
    expect(adam.learningRate).toBe(0.5);
  });

  test('refuses to leave weights out of the decay of a model that trains already', async () => {
    const optimizer = new AdamW(0.1);
    const model = new Sequential([new Dense(1)]);
    model.compile({ optimizer, loss: 'mse' });
    await model.trainOnBatch([[1, 2]], [[1]]);
    expect(() => optimizer.excludeFromWeightDecay({ varNames: ['bias'] })).toThrow(code('ERR_STATE'));
  });

  test('keeps the learning rate where a bad one is set', () => {
    const adam = new Adam();
    expect(() => (adam.learningRate = Infinity)).toThrow(code('ERR_CONFIG'));
    expect(adam.learningRate).toBe(0.001);
  });
});

describe('options', () => {
  test('cross to the engine resolved, those of no effect too', () => {
    expect(new SGD().toNative(['kernel', 'bias'])).toEqual({
      kind: 'sgd',
      learningRate: 0.01,
      momentum: 0,
      nesterov: false,
      weightDecay: 0,
      decays: [true, true],
      clipnorm: 0,
      globalClipnorm: 0,
      clipvalue: 0,
      useEma: false,
      emaMomentum: 0.99,
      emaOverwriteFrequency: 0,
      lossScaleFactor: 1,
      gradientAccumulationSteps: 1,
    });
    expect(new AdamW().toNative([])).toMatchObject({ kind: 'adam', weightDecay: 0.004 });
  });

  test('take the learning rate first or among the options', () => {
    const wanted = new RMSprop({ learningRate: 0.5, rho: 0.8 }).getConfig();
    expect(new RMSprop(0.5, { rho: 0.8 }).getConfig()).toEqual(wanted);
    expect(new RMSprop(undefined, { rho: 0.8 }).learningRate).toBe(0.001);
  });

  test('may be left out as null', () => {
    expect(new Adam({ clipnorm: null, weightDecay: null, gradientAccumulationSteps: null }).getConfig()).toEqual(
      new Adam().getConfig(),
    );
  });

  test('take a schedule wherever they take a learning rate', () => {
    const schedule = new CosineDecay(0.5, 10);
    expect(new Adam(schedule, { beta1: 0.5 }).schedule).toBe(schedule);
    expect(new Adam({ learningRate: schedule }).learningRate).toBe(0.5);
  });

  test('leave weights out of the decay by their names, in either spelling', () => {
    const names = ['kernel', 'recurrent_kernel', 'bias'];
    const decays = (...varNames: string[]): boolean[] => {
      const optimizer = new AdamW();
      optimizer.excludeFromWeightDecay({ varNames });
      return optimizer.toNative(names).decays;
    };
    expect(decays()).toEqual([true, true, true]);
    expect(decays('bias')).toEqual([true, true, false]);
    expect(decays('kernel')).toEqual([false, false, true]);
    expect(decays('recurrent_kernel', 'bias')).toEqual([true, false, false]);
    expect(decays('recurrentKernel')).toEqual([true, false, true]);
  });

  test('weights that are left out do not decay', async () => {
    const optimizer = new SGD(0.5, { weightDecay: 0.5 });
    optimizer.excludeFromWeightDecay({ varNames: ['recurrent', 'bias'] });
    const model = new Sequential([new SimpleRNN(2, { biasInitializer: 'ones' })]);
    model.compile({ optimizer, loss: 'mse' });
    const x = [[[0, 0]]]; // of one timestep, so that neither kernel has a gradient
    const y = await model.predict(x);
    const [kernel, recurrent] = model.getWeights();
    await model.trainOnBatch(x, y);
    const [nowKernel, nowRecurrent, bias] = model.getWeights();
    expect(nowKernel!.data).toEqual(kernel!.data.map((value) => value * 0.75));
    expect(nowRecurrent!.data).toEqual(recurrent!.data);
    expect([...bias!.data]).toEqual([1, 1]);
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
    new AdamW(new ExponentialDecay(0.1, 10, 0.5), { clipnorm: 1, useEma: true }),
  ])('a configuration makes the same optimizer again: $className', (optimizer) => {
    const config = JSON.parse(JSON.stringify(optimizer.getConfig())) as OptimizerConfig;
    const again = optimizerFromConfig(optimizer.className, config);
    expect(again.toNative(['kernel'])).toEqual(optimizer.toNative(['kernel']));
    expect(again.className).toBe(optimizer.className);
  });

  test.each([SGD, RMSprop, Adam, AdamW, Nadam, Adamax, Adagrad, Adadelta, Lion])(
    'a configuration keeps what does not decay: $name',
    (Class) => {
      const optimizer = new Class({ weightDecay: 0.1 });
      expect(optimizer.getConfig()).not.toHaveProperty('excludeFromWeightDecay');
      optimizer.excludeFromWeightDecay({ varNames: ['bias', 'recurrentKernel'] });
      const config = JSON.parse(JSON.stringify(optimizer.getConfig())) as OptimizerConfig;
      const again = optimizerFromConfig(optimizer.className, config);
      expect(again.toNative(['kernel', 'recurrent_kernel', 'bias']).decays).toEqual([true, false, false]);
      expect(again.getConfig()).toEqual(config);
      expect(() => Class.fromConfig({ ...config, excludeFromWeightDecay: [3] as never })).toThrow(code('ERR_TYPE'));
    },
  );
});
