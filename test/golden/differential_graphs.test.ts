// SPDX-License-Identifier: MIT
// A hundred random graphs against Keras: the committed pack of `npm run differential -- --graphs`.
import * as lib from '../../lib';
import { readGolden } from '../reference/golden';
import { graphDifferences, type GraphCase, type GraphRecipe } from '../support/differential_graphs';
import type { Encoded } from '../support/differential';

const { cases } = readGolden<{ cases: GraphCase[] }>('differential_graphs');

/** Classes of the layers of each call, models as what is in them. */
function classesOf({ layers, calls }: GraphRecipe): string[] {
  return calls.flatMap(({ layer }) => {
    const made = layers[layer]!;
    return 'calls' in made ? ['Model', ...classesOf(made)] : [made.className];
  });
}

const wordsOf = ({ graph }: GraphCase): string => classesOf(graph).join(', ');
const whats = async (golden: GraphCase): Promise<string[]> =>
  (await graphDifferences(lib, golden)).map(({ what }) => what);

/** An array whose first number is off. */
function changed(encoded: Encoded): Encoded {
  const data = new Float32Array(new Uint8Array(Buffer.from((encoded as { floats: string }).floats, 'base64')).buffer);
  data[0]! += 1;
  return { shape: encoded.shape, floats: Buffer.from(data.buffer).toString('base64') };
}

describe('the comparison itself', () => {
  const golden = cases.find(({ trajectory, outputs }) => trajectory !== undefined && outputs.length > 1)!;
  const spoilt = <T extends Record<string, (Encoded | null)[]>>(of: T): T =>
    Object.fromEntries(
      Object.entries(of).map(([path, list]) => [path, list.map((each) => each && changed(each))]),
    ) as T;
  const count = Object.values(golden.gradients)
    .flat()
    .filter((gradient) => gradient !== null).length;

  test('sees an output, a gradient and a loss that are off', async () => {
    const every = golden.outputs.map((_, i) => `output ${i}`);
    expect(await whats({ ...golden, outputs: golden.outputs.map(changed) })).toEqual(every);
    expect(await whats({ ...golden, gradients: spoilt(golden.gradients) })).toHaveLength(count);
    expect(await whats({ ...golden, loss: golden.loss * 1.01 })).toEqual(['loss']);
  });

  test('sees a trajectory that is off', async () => {
    const { optimizer, losses, weights } = golden.trajectory!;
    const later = losses.map((loss, step) => (step === 19 ? loss + 0.1 : loss));
    const trained = { optimizer, losses: later, weights: spoilt(weights) };
    const [first, ...rest] = await whats({ ...golden, trajectory: trained });
    expect(first).toBe('loss of step 19');
    expect(rest).toHaveLength(Object.values(weights).flat().length);
  });

  test('sees another shape, another number of outputs and a missing layer', async () => {
    const [first, ...rest] = golden.outputs;
    expect(await whats({ ...golden, outputs: [{ ...first!, shape: [...first!.shape, 1] }, ...rest] })).toHaveLength(1);
    expect(await whats({ ...golden, outputs: rest })).toEqual(['outputs']);
    const [name] = Object.keys(golden.graph.layers);
    const layers = { ...golden.graph.layers, [name!]: { className: 'Absent', config: {} } };
    expect(await whats({ ...golden, graph: { ...golden.graph, layers } })).toEqual(['the case']);
  });
});

describe('differential_graphs.json', () => {
  test('the pack has shared layers, states, masks, merges, attention, models and several inputs and outputs in it', () => {
    const classes = new Set(cases.flatMap(({ graph }) => classesOf(graph)));
    for (const name of ['SimpleRNN', 'LSTM', 'GRU', 'RNN', 'Bidirectional', 'TimeDistributed', 'Embedding', 'Masking'])
      expect(classes).toContain(name);
    for (const name of ['Add', 'Subtract', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate', 'Dot'])
      expect(classes).toContain(name);
    for (const name of ['Attention', 'AdditiveAttention', 'MultiHeadAttention', 'Slice', 'Permute', 'Conv1D', 'Model'])
      expect(classes).toContain(name);
    const text = JSON.stringify(cases.map(({ graph }) => graph));
    for (const option of [
      '"maskZero":true',
      '"initialState":',
      '"mask":"',
      '"useCausalMask":true',
      '"goBackwards":true',
    ])
      expect(text).toContain(option);
    const has = (wanted: (golden: GraphCase) => boolean): number => cases.filter(wanted).length;
    expect(has(({ graph }) => graph.inputs.length > 1)).toBeGreaterThan(20);
    expect(has(({ outputs }) => outputs.length > 1)).toBeGreaterThan(30);
    expect(has(({ lossWeights }) => lossWeights !== null)).toBeGreaterThan(10);
    expect(
      has(({ graph }) => new Set(graph.calls.map(({ layer }) => layer)).size < graph.calls.length),
    ).toBeGreaterThan(10);
    expect(has(({ trajectory }) => trajectory?.losses.length === 20)).toBe(30);
  });

  test.each(cases.map((golden) => [golden.index, wordsOf(golden), golden] as const))(
    'case %i (%s) has the outputs, the loss, the gradients and the training of Keras',
    async (_index, _words, golden) => {
      expect(await graphDifferences(lib, golden)).toEqual([]);
    },
  );
});
