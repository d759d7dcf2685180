// SPDX-License-Identifier: MIT
// Activations with parameters, and normalizations by what is known, against the oracle in double.
import { checkGraph, graphOf, VOCABULARY, type AddLayer } from './graph_check';

type Case = [name: string, className: string, config: Record<string, unknown>];

const STEPS = 6;
const FEATURES = 4;
const perStep = (low: number): number[][] =>
  Array.from({ length: STEPS }, (_, t) => Array.from({ length: FEATURES }, (__, c) => low + 0.1 * t + 0.3 * c));

/** On vectors and on sequences. */
const ANY: Case[] = [
  ['ReLU', 'ReLU', {}],
  ['ReLU with a limit', 'ReLU', { maxValue: 0.4 }],
  ['ReLU with a slope', 'ReLU', { negativeSlope: 0.2 }],
  ['ReLU with a threshold', 'ReLU', { threshold: 0.3 }],
  ['ReLU with everything', 'ReLU', { maxValue: 0.8, negativeSlope: 0.1, threshold: 0.25 }],
  ['ReLU whose limit lies below its threshold', 'ReLU', { maxValue: 0.2, negativeSlope: 0.5, threshold: 0.5 }],
  ['LeakyReLU', 'LeakyReLU', {}],
  ['LeakyReLU with a slope', 'LeakyReLU', { negativeSlope: 0.05 }],
  ['ELU', 'ELU', {}],
  ['ELU with alpha', 'ELU', { alpha: 0.4 }],
  ['PReLU', 'PReLU', {}],
  ['PReLU of one slope along the first axis', 'PReLU', { sharedAxes: [1] }],
  ['Softmax', 'Softmax', {}],
  ['UnitNormalization', 'UnitNormalization', {}],
  ['Rescaling', 'Rescaling', { scale: 0.3, offset: -0.2 }],
  ['Rescaling of each feature', 'Rescaling', { scale: [0.5, 1.5, -1, 2], offset: [0, 1, 0.5, -1] }],
  ['Normalization', 'Normalization', {}],
  ['Normalization turned round', 'Normalization', { invert: true }],
  ['Normalization by one mean', 'Normalization', { axis: null }],
  ['Normalization by what is given', 'Normalization', { mean: [0.1, 0.2, -0.3, 0], variance: [0.5, 1, 2, 0.3] }],
  ['Normalization by one given mean', 'Normalization', { mean: 0.3, variance: 0.5, invert: true }],
];
/** On sequences alone. */
const SEQUENCES: Case[] = [
  ['PReLU of one slope for each timestep', 'PReLU', { sharedAxes: [2] }],
  ['PReLU of one slope', 'PReLU', { sharedAxes: [1, 2] }],
  ['Softmax over the timesteps', 'Softmax', { axis: 1 }],
  ['Normalization of each timestep', 'Normalization', { axis: 1 }],
  ['Normalization of each element', 'Normalization', { axis: [1, 2] }],
  [
    'Normalization of each element, given',
    'Normalization',
    { axis: [2, 1], mean: perStep(-0.5), variance: perStep(0.2) },
  ],
];

const INPUTS = ['values', 'masked values', 'tokens', 'masked tokens'] as const;
const dense = (layer: AddLayer, of: string, units = FEATURES): string => layer('Dense', { units }, of);

describe.each([...ANY, ...SEQUENCES])('%s', (_name, className, config) => {
  describe.each(INPUTS)('of %s', (input) => {
    const areIds = input.endsWith('tokens');
    const recipeOf = (read: (layer: AddLayer, of: string) => string) =>
      graphOf(
        areIds ? [STEPS] : [STEPS, 3],
        (layer) => {
          const embedding = { inputDim: VOCABULARY, outputDim: 3, maskZero: input === 'masked tokens' };
          const x = areIds ? layer('Embedding', embedding, 'x') : input === 'values' ? 'x' : layer('Masking', {}, 'x');
          return read(layer, x);
        },
        areIds,
      );
    const applied = (layer: AddLayer, of: string): string => layer(className, config, of);

    test('before a layer that sees all timesteps', async () => {
      const recipe = recipeOf((layer, x) => dense(layer, layer('Flatten', {}, applied(layer, dense(layer, x))), 2));
      await checkGraph(recipe, 1);
      await checkGraph(recipe, 2, 40);
    });

    test('between recurrent layers', async () => {
      const sequence = (layer: AddLayer, of: string): string =>
        layer('LSTM', { units: FEATURES, returnSequences: true }, of);
      const recipe = recipeOf((layer, x) => layer('LSTM', { units: 2 }, applied(layer, sequence(layer, x))));
      await checkGraph(recipe, 3);
    });
  });
});

test.each(ANY)('%s of vectors', async (_name, className, config) => {
  const recipe = graphOf([3], (layer) => dense(layer, layer(className, config, dense(layer, 'x')), 2));
  await checkGraph(recipe, 4);
  await checkGraph(recipe, 5, 300);
});

describe('Softmax with a mask', () => {
  /** A mask of features, made of the input itself: above a half where it keeps. */
  const masked = (units: number) => (layer: AddLayer) => {
    const mask = layer('ReLU', { maxValue: 1 }, layer('Rescaling', { scale: 1e4 }, 'x'));
    return layer('Softmax', {}, dense(layer, 'x', units), mask);
  };

  test('of vectors', async () => {
    const recipe = graphOf([4], masked(4));
    await checkGraph(recipe, 6);
    await checkGraph(recipe, 7, 200);
  });

  test('of sequences', async () => {
    await checkGraph(
      graphOf([STEPS, 4], (layer) => layer('Flatten', {}, masked(4)(layer))),
      8,
    );
  });

  test('of sequences whose mask has another layout', async () => {
    const recipe = graphOf([STEPS, 4], (layer) => {
      const x = layer('LSTM', { units: 4, returnSequences: true }, layer('Masking', {}, 'x'));
      const mask = layer('ReLU', { maxValue: 1 }, layer('Rescaling', { scale: 1e4 }, 'x'));
      return layer('LSTM', { units: 2 }, layer('Softmax', {}, x, mask));
    });
    await checkGraph(recipe, 9);
  });

  test('of one number for all features or all timesteps', async () => {
    const one = (range: Record<string, unknown>) =>
      graphOf([STEPS, 4], (layer) => {
        const part = layer('Slice', range, 'x');
        const mask = layer('ReLU', { maxValue: 1 }, layer('Rescaling', { scale: 1e4 }, part));
        return layer('Flatten', {}, layer('Softmax', {}, dense(layer, 'x'), mask));
      });
    await checkGraph(one({ features: [0, 1] }), 10);
    await checkGraph(one({ steps: [2, 3] }), 11);
  });
});
