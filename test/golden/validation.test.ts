// SPDX-License-Identifier: MIT
// Fits with a validation against Keras (validation.json), and each validation against `evaluate` of the same rows.
import { Callback, Dense, Input, losses, SGD, Sequential, type FitOptions, type Logs } from '../../lib';
import { expectClose } from '../reference/closeness';
import { describeGolden, given, readGolden, type Packed } from '../reference/golden';
import type { Loss } from '../../lib/losses';

interface Case {
  name: string;
  loss: string;
  x: Packed;
  y: Packed;
  held: [x: Packed, y: Packed] | null;
  sampleWeight: Packed | null;
  classWeight: Record<string, number> | null;
  weights: Packed[];
  options: Record<string, number>;
  history: Record<string, number[]>;
}

/** Keras computed in float64, the engine in float32. */
const TOLERANCE = 3e-6;
const lossClasses = losses as unknown as Record<string, new (options: object) => Loss>;
const floats = ({ shape, data }: Packed) => ({ data: Float32Array.from(given({ data })), shape });
const camel = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function begin({ loss, x, weights }: Case): Sequential {
  const isDice = loss === 'Dice';
  const model = new Sequential([new Input([x.shape[1]!]), new Dense(1, { activation: 'sigmoid' })]);
  model.setWeights(weights.map(floats));
  model.compile({
    optimizer: new SGD(0.5),
    loss: new lossClasses[loss]!({ reduction: isDice ? 'sum' : 'mean' }),
    metrics: isDice ? [] : ['mae'],
    weightedMetrics: isDice ? [] : ['accuracy', 'mse'],
  });
  return model;
}

function optionsOf(c: Case): FitOptions {
  const { sampleWeight, classWeight, held } = c;
  return {
    ...Object.fromEntries(Object.entries(c.options).map(([key, value]) => [camel(key), value])),
    batchSize: 4,
    epochs: c.history['loss']!.length,
    shuffle: false,
    verbose: 0,
    ...(sampleWeight && { sampleWeight: floats(sampleWeight) }),
    ...(classWeight && { classWeight }),
    ...(held && { validationData: [floats(held[0]), floats(held[1])] as const }),
  };
}

/** Keeps the weights and the logs of each epoch. */
class Keeper extends Callback {
  readonly epochs: { weights: unknown[]; logs: Logs }[] = [];
  override onEpochEnd(_epoch: number, logs: Logs): void {
    this.epochs.push({ weights: this.model!.getWeights(), logs });
  }
}

/** The rows that each validation is of, and their weights. */
function heldRows(c: Case): { x: Packed; y: Packed; sampleWeight?: Packed } {
  const begin = c.held === null ? Math.floor(c.x.shape[0]! * (1 - c.options['validation_split']!)) : 0;
  const size = c.options['validation_batch_size'] ?? 4;
  const end = begin + (c.options['validation_steps'] ?? Infinity) * size;
  const rows = ({ shape, data }: Packed): Packed => {
    const width = data.length / shape[0]!;
    const part = data.slice(begin * width, end * width);
    return { shape: [part.length / width, ...shape.slice(1)], data: part };
  };
  const [x, y] = (c.held ?? [c.x, c.y]).map(rows) as [Packed, Packed];
  return { x, y, ...(c.sampleWeight && { sampleWeight: rows(c.sampleWeight) }) };
}

describeGolden('validation', () => {
  const { cases } = readGolden<{ cases: Case[] }>('validation');
  const named = cases.map((c) => [c.name, c] as const);

  beforeEach(() => jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined));
  afterEach(() => jest.restoreAllMocks());

  test.each(named)('%s: the history is that of Keras', async (_, c) => {
    const model = begin(c);
    const { history } = await model.fit(floats(c.x), floats(c.y), optionsOf(c));
    expect(Object.keys(history).sort()).toEqual(Object.keys(c.history).map(camel).sort());
    for (const [key, values] of Object.entries(c.history)) expectClose(history[camel(key)]!, values, TOLERANCE);
    model.dispose();
  });

  test.each(named)('%s: each validation is an evaluation', async (_, c) => {
    const keeper = new Keeper();
    const model = begin(c);
    await model.fit(floats(c.x), floats(c.y), { ...optionsOf(c), callbacks: [keeper] });
    const { x, y, sampleWeight } = heldRows(c);
    const options = {
      batchSize: c.options['validation_batch_size'] ?? 4,
      returnDict: true,
      verbose: 0,
      ...(sampleWeight && { sampleWeight: floats(sampleWeight) }),
    } as const;
    for (const { weights, logs } of keeper.epochs) {
      model.setWeights(weights as never);
      const evaluated = (await model.evaluate(floats(x), floats(y), options)) as Logs;
      const validated = Object.entries(logs).filter(([key]) => key.startsWith('val'));
      if (validated.length === 0) continue;
      const expected = Object.entries(evaluated).map(([key, value]) => [camel(`val_${key}`), value]);
      expect(Object.fromEntries(validated)).toEqual(Object.fromEntries(expected));
    }
    expect(keeper.epochs.some(({ logs }) => 'valLoss' in logs)).toBe(true);
    model.dispose();
  });
});
