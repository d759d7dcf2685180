// SPDX-License-Identifier: MIT
// Layers that join tensors against the oracle in double: every mask, layout and shape that can meet.
import { checkGraph, graphOf, VOCABULARY, type AddLayer } from './graph_check';

const MERGES = ['Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum'];
const JOINS: [string, string, Record<string, unknown>][] = [
  ...MERGES.map((name): [string, string, Record<string, unknown>] => [name, name, {}]),
  ['Concatenate of features', 'Concatenate', { axis: -1 }],
  ['Concatenate of timesteps', 'Concatenate', { axis: 1 }],
];

/** Two sequences of one input [6, 6], each of half its features, with or without a mask. */
function halves(layer: AddLayer, first: boolean, second: boolean): [string, string] {
  const half = (range: [number, number], masked: boolean): string => {
    const part = layer('Slice', { features: range }, 'x');
    return masked ? layer('Masking', {}, part) : part;
  };
  return [half([0, 3], first), half([3, 6], second)];
}

const dense = (layer: AddLayer, of: string, units = 4): string => layer('Dense', { units, activation: 'tanh' }, of);
const sequence = (layer: AddLayer, of: string): string => layer('LSTM', { units: 4, returnSequences: true }, of);

/** What reads a joined sequence: a layer that sees masked timesteps, and one that leaves them out. */
const READERS: [string, (layer: AddLayer, of: string) => string][] = [
  ['Flatten', (layer, of) => layer('Dense', { units: 2 }, layer('Flatten', {}, of))],
  ['LSTM', (layer, of) => layer('LSTM', { units: 2 }, of)],
  ['both', (layer, of) => layer('Concatenate', {}, [layer('Flatten', {}, of), layer('LSTM', { units: 2 }, of)])],
];

describe.each(JOINS)('%s', (_name, join, config) => {
  describe.each(READERS)('read by %s', (_reader, read) => {
    test.each([
      ['no mask', false, false],
      ['two masks', true, true],
      ['a mask of the first', true, false],
      ['a mask of the second', false, true],
    ])('%s', async (_masks, first, second) => {
      const recipe = graphOf([6, 6], (layer) => {
        const [a, b] = halves(layer, first, second);
        return read(layer, layer(join, config, [dense(layer, a), sequence(layer, b)]));
      });
      await checkGraph(recipe, 1);
      await checkGraph(recipe, 2, 70);
    });

    test('one mask, which both have', async () => {
      const recipe = graphOf([6, 3], (layer) => {
        const x = layer('Masking', {}, 'x');
        return read(layer, layer(join, config, [dense(layer, x), sequence(layer, x)]));
      });
      await checkGraph(recipe, 3);
    });

    test('one mask, and the same kind of fill', async () => {
      const recipe = graphOf([6, 3], (layer) => {
        const x = layer('Masking', {}, 'x');
        return read(layer, layer(join, config, [sequence(layer, x), sequence(layer, x)]));
      });
      await checkGraph(recipe, 4);
    });

    test.each([false, true])('tokens, with a mask: %s', async (maskZero) => {
      const embedding = { inputDim: VOCABULARY, outputDim: 4, maskZero };
      const recipe = graphOf(
        [6],
        (layer) => {
          const words = layer('Embedding', embedding, 'x');
          return read(layer, layer(join, config, [words, sequence(layer, words)]));
        },
        true,
      );
      await checkGraph(recipe, 5);
    });

    test('two texts, each with its mask and its own order of rows', async () => {
      const recipe = graphOf(
        [12],
        (layer) => {
          const text = (range: [number, number]): string =>
            layer(
              'Embedding',
              { inputDim: VOCABULARY, outputDim: 4, maskZero: true },
              layer('Slice', { steps: range }, 'x'),
            );
          return read(layer, layer(join, config, [sequence(layer, text([0, 6])), text([6, 12])]));
        },
        true,
      );
      await checkGraph(recipe, 6);
    });

    test('a sequence that goes backwards', async () => {
      const recipe = graphOf([6, 3], (layer) => {
        const turned = layer('Slice', { steps: [null, null, -1] }, layer('Masking', {}, 'x'));
        return read(layer, layer(join, config, [sequence(layer, turned), dense(layer, 'x')]));
      });
      await checkGraph(recipe, 7);
    });
  });

  test('one tensor twice', async () => {
    for (const source of ['x', 'masked'] as const) {
      const recipe = graphOf([6, 3], (layer) => {
        const a = dense(layer, source === 'x' ? 'x' : layer('Masking', {}, 'x'));
        return READERS[0]![1](layer, layer(join, config, [a, a]));
      });
      await checkGraph(recipe, 8);
    }
  });

  test('vectors', async () => {
    const recipe = graphOf([6, 6], (layer) => {
      const [a, b] = halves(layer, true, true);
      const last = (of: string): string => layer('LSTM', { units: 3 }, of);
      return layer(join, join === 'Concatenate' ? {} : config, [last(a), last(b)]);
    });
    await checkGraph(recipe, 9);
    await checkGraph(recipe, 10, 70);
  });

  if (join === 'Subtract') return;

  test('three tensors and more, with masks or without', async () => {
    for (const masks of [
      [true, true, true],
      [true, false, true],
      [false, true, true],
    ]) {
      const recipe = graphOf([5, 9], (layer) => {
        const parts = masks.map((masked, i) => {
          const part = layer('Slice', { features: [3 * i, 3 * i + 3] }, 'x');
          return dense(layer, masked ? layer('Masking', {}, part) : part);
        });
        return READERS[2]![1](layer, layer(join, config, [...parts, parts[0]!]));
      });
      await checkGraph(recipe, 11);
    }
  });

  test('one tensor alone', async () => {
    const recipe = graphOf([6, 3], (layer) =>
      READERS[2]![1](layer, layer(join, config, [dense(layer, layer('Masking', {}, 'x'))])),
    );
    await checkGraph(recipe, 12);
  });
});

describe.each(MERGES)('%s of shapes that are broadcast', (merge) => {
  test.each([
    ['a vector and a sequence', true],
    ['a sequence and a vector', false],
  ])('%s', async (_name, vectorFirst) => {
    for (const masked of [false, true]) {
      const recipe = graphOf([6, 6], (layer) => {
        const [a, b] = halves(layer, masked, masked);
        const pair = [layer('LSTM', { units: 4 }, a), sequence(layer, b)];
        return READERS[2]![1](layer, layer(merge, {}, vectorFirst ? pair : pair.reverse()));
      });
      await checkGraph(recipe, 20);
      await checkGraph(recipe, 21, 40);
    }
  });

  test('a sequence of one timestep and one of many', async () => {
    for (const masked of [false, true]) {
      const recipe = graphOf([6, 6], (layer) => {
        const [a, b] = halves(layer, masked, masked);
        const one = layer('Slice', { steps: [2, 3] }, dense(layer, a));
        return READERS[2]![1](layer, layer(merge, {}, [one, sequence(layer, b)]));
      });
      await checkGraph(recipe, 22);
    }
  });

  test('one feature and many', async () => {
    for (const masked of [false, true]) {
      const recipe = graphOf([6, 6], (layer) => {
        const [a, b] = halves(layer, masked, masked);
        return READERS[2]![1](layer, layer(merge, {}, [dense(layer, a, 1), sequence(layer, b)]));
      });
      await checkGraph(recipe, 23);
      await checkGraph(recipe, 24, 70);
    }
  });

  test('one feature and many, of one layout', async () => {
    const recipe = graphOf([6, 3], (layer) => {
      const x = layer('Masking', {}, 'x');
      return READERS[2]![1](layer, layer(merge, {}, [sequence(layer, x), dense(layer, x, 1)]));
    });
    await checkGraph(recipe, 25, 40);
  });

  test('vectors of one feature and of many', async () => {
    const recipe = graphOf([5], (layer) => layer(merge, {}, [dense(layer, 'x', 1), dense(layer, 'x', 20)]));
    await checkGraph(recipe, 26, 300);
  });
});
