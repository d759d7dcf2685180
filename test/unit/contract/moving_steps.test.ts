// SPDX-License-Identifier: MIT
// Layers that move timesteps or features against the oracle in double, on every kind of input and before every reader.
import { checkGraph, graphOf, VOCABULARY, type AddLayer } from './graph_check';
import type { GraphRecipe } from '../../reference/graph';

type Moved = [name: string, className: string, config: Record<string, unknown>];

/** Of [7,4] to a sequence. */
const SEQUENCES: Moved[] = [
  ['Cropping1D', 'Cropping1D', { cropping: [1, 2] }],
  ['Cropping1D of the end alone', 'Cropping1D', { cropping: [0, 3] }],
  ['ZeroPadding1D', 'ZeroPadding1D', { padding: [2, 1] }],
  ['ZeroPadding1D of nothing', 'ZeroPadding1D', { padding: 0 }],
  ['UpSampling1D', 'UpSampling1D', { size: 3 }],
  ['Slice of a range', 'Slice', { steps: [1, -1] }],
  ['Slice of every other timestep', 'Slice', { steps: [1, null, 2] }],
  ['Slice of the timesteps turned round', 'Slice', { steps: [null, null, -1] }],
  ['Slice of every third from the end', 'Slice', { steps: [-2, null, -3] }],
  ['Slice that goes beyond the ends', 'Slice', { steps: [-100, 100] }],
  ['Slice of features', 'Slice', { features: [1, 3] }],
  ['Slice of features turned round', 'Slice', { features: [null, null, -2] }],
  ['Slice of both', 'Slice', { steps: [2, 6], features: [-3, null] }],
  ['Permute of nothing', 'Permute', { dims: [1, 2] }],
  ['Permute', 'Permute', { dims: [2, 1] }],
];
/** Of [7,4] to a vector. */
const VECTORS: Moved[] = [
  ['Slice of the last timestep', 'Slice', { steps: -1 }],
  ['Slice of a timestep', 'Slice', { steps: 2 }],
  ['Slice of features of a timestep', 'Slice', { steps: 0, features: [0, 2] }],
];

const INPUTS = ['values', 'masked values', 'tokens', 'masked tokens'] as const;

function graphOn(input: (typeof INPUTS)[number], body: (layer: AddLayer, x: string) => string): GraphRecipe {
  const areIds = input.endsWith('tokens');
  const shape = areIds ? [7] : [7, 3];
  return graphOf(
    shape,
    (layer) => {
      const embedding = { inputDim: VOCABULARY, outputDim: 3, maskZero: input === 'masked tokens' };
      const x = areIds ? layer('Embedding', embedding, 'x') : input === 'values' ? 'x' : layer('Masking', {}, 'x');
      return body(layer, x);
    },
    areIds,
  );
}

const dense = (layer: AddLayer, of: string): string => layer('Dense', { units: 4, activation: 'tanh' }, of);
const sequence = (layer: AddLayer, of: string): string => layer('LSTM', { units: 4, returnSequences: true }, of);
const head = (layer: AddLayer, of: string): string => layer('Dense', { units: 2 }, of);

describe.each(SEQUENCES)('%s', (_name, className, config) => {
  describe.each(INPUTS)('of %s', (input) => {
    test('behind a layer that computes each timestep by itself, before one that sees all', async () => {
      const recipe = graphOn(input, (layer, x) =>
        head(layer, layer('Flatten', {}, layer(className, config, dense(layer, x)))),
      );
      await checkGraph(recipe, 1);
      await checkGraph(recipe, 2, 40);
    });

    test('between two recurrent layers', async () => {
      const recipe = graphOn(input, (layer, x) =>
        layer('LSTM', { units: 2 }, layer(className, config, sequence(layer, x))),
      );
      await checkGraph(recipe, 3);
    });

    test('before a layer that computes each timestep by itself', async () => {
      const recipe = graphOn(input, (layer, x) =>
        layer('LSTM', { units: 2 }, dense(layer, layer(className, config, dense(layer, x)))),
      );
      await checkGraph(recipe, 4);
    });
  });
});

describe.each(VECTORS)('%s', (_name, className, config) => {
  test.each(INPUTS)('of %s', async (input) => {
    for (const before of [dense, sequence]) {
      const recipe = graphOn(input, (layer, x) => head(layer, layer(className, config, before(layer, x))));
      await checkGraph(recipe, 5);
      await checkGraph(recipe, 6, 40);
    }
  });
});

describe('ids', () => {
  const IDS: Moved[] = [
    ['Cropping1D', 'Cropping1D', { cropping: 2 }],
    ['ZeroPadding1D', 'ZeroPadding1D', { padding: [1, 0] }],
    ['UpSampling1D', 'UpSampling1D', { size: 2 }],
    ['Slice', 'Slice', { steps: [-1, 0, -1] }],
    ['Permute', 'Permute', { dims: [1] }],
  ];
  test.each(IDS)(
    '%s: ids that are moved are looked up, and 0 among them is masked',
    async (_name, className, config) => {
      for (const maskZero of [false, true]) {
        const recipe = graphOf(
          [7],
          (layer) => {
            const moved = layer(className, config, 'x');
            const words = layer('Embedding', { inputDim: VOCABULARY, outputDim: 3, maskZero }, moved);
            return layer('Concatenate', {}, [layer('Flatten', {}, words), layer('LSTM', { units: 2 }, words)]);
          },
          true,
        );
        await checkGraph(recipe, 7);
      }
    },
  );

  test('parts of one text, joined again in another order', async () => {
    const recipe = graphOf(
      [7],
      (layer) => {
        const [end, begin] = [layer('Slice', { steps: [3, null] }, 'x'), layer('Slice', { steps: [0, 3] }, 'x')];
        const joined = layer('Concatenate', { axis: 1 }, [end, begin, end]);
        const words = layer('Embedding', { inputDim: VOCABULARY, outputDim: 3, maskZero: true }, joined);
        return layer('LSTM', { units: 2 }, words);
      },
      true,
    );
    await checkGraph(recipe, 8);
  });
});

describe('vectors', () => {
  test.each<Moved>([
    ['Slice', 'Slice', { features: [1, 4] }],
    ['Slice turned round', 'Slice', { features: [-1, null, -3] }],
    ['Permute', 'Permute', { dims: [1] }],
  ])('%s', async (_name, className, config) => {
    const recipe = graphOf([5], (layer) => head(layer, layer(className, config, layer('Dense', { units: 20 }, 'x'))));
    await checkGraph(recipe, 9);
    await checkGraph(recipe, 10, 300);
  });
});
