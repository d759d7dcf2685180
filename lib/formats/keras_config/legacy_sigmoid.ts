// SPDX-License-Identifier: MIT
// The hard sigmoid of Keras 2 and of TensorFlow.js, clip(0.2x + 0.5, 0, 1), for files of Keras 3, which has no name for it.
// It is that of Keras 3, clip(x/6 + 0.5, 0, 1), of 1.2x: so weights before it are written 1.2 times as large. The model
// that Keras opens computes the same; what its optimizer had gathered would be of other weights, and is left out.
import { FloatSource, inParts, type Floats } from '../../arrays/float_source';
import { isPlainObject } from '../../serialization';
import { describe, refusal } from '../../util/validate';
import { namesOfNodes, nodeOf, type WeightNode } from './weights';
import type { ModelDocument, NamedArray } from '../document';
import type { Config } from './classes';
import type { Described } from './objects';

const LEGACY = 'legacy_hard_sigmoid';
const MODERN = 'hard_sigmoid';
const SCALE = 1.2;

/** The document as Keras 3 can say it; the same where no layer has that activation. */
export function withoutLegacySigmoid(where: string, document: ModelDocument): ModelDocument {
  const { model, weights, training } = document;
  if (model === null || !JSON.stringify(model).includes(`"${LEGACY}"`)) return document;
  const root = nodeOf(model, ({ layers }) => layers as readonly Described[]);
  const factors = new Map<string, readonly number[]>();
  const names = namesOfNodes(root);
  const visit = (node: WeightNode): void => {
    const columns = factorsOf(where, node);
    if (columns !== undefined) for (const name of names.get(node)!) factors.set(name, columns);
    for (const { node: part } of node.parts) visit(part);
  };
  visit(root);
  return {
    ...document,
    model: { className: model.className, config: renamed(model.config) as Config },
    weights: weights.map((array) => scaled(where, array, factors.get(array.name))),
    training: training && { ...training, optimizer: null },
  };
}

/** What each block of columns of a layer's weights is multiplied by; undefined where nothing is. */
function factorsOf(where: string, { className, name, config }: WeightNode): readonly number[] | undefined {
  const [gate, state] = [config['recurrentActivation'], config['activation']].map((given) =>
    given === LEGACY ? SCALE : 1,
  ) as [number, number];
  if (gate === 1 && state === 1) return undefined;
  if (/^(Dense|Conv1D|SimpleRNN|SimpleRNNCell)$/.test(className)) return [state];
  if (/^GRU(Cell)?$/.test(className)) return [gate, gate, state];
  // The activation of an LSTM reads its cell, too, which no weight stands before.
  if (/^LSTM(Cell)?$/.test(className) && state === 1) return [gate, gate, 1, gate];
  throw refusal(
    'ERR_CONFIG',
    where,
    'the hard sigmoid of Keras 2 behind weights that can make up for it, for Keras 3 has another',
    `that of ${className} ${describe(name)}`,
    'Files that end in .safetensors hold every activation.',
  );
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).map(([key, each]) => {
    const isActivation = key === 'activation' || key === 'recurrentActivation';
    return [key, isActivation && each === LEGACY ? MODERN : renamed(each)] as const;
  });
  return Object.fromEntries(entries);
}

function scaled(where: string, array: NamedArray, factors: readonly number[] | undefined): NamedArray {
  if (factors === undefined) return array;
  return { ...array, data: new Scaled(where, array.data, array.shape.at(-1)!, factors) };
}

/** Floats whose columns are multiplied, block by block. */
class Scaled extends FloatSource {
  constructor(
    private readonly where: string,
    private readonly source: Floats,
    private readonly columns: number,
    private readonly factors: readonly number[],
  ) {
    super();
  }

  override get length(): number {
    return this.source.length;
  }

  override async read(begin: number, out: Float32Array): Promise<void> {
    const { source, columns, factors } = this;
    if (source instanceof FloatSource) await source.read(begin, out);
    else
      await inParts(this.where, [source.subarray(begin, begin + out.length)], (part, _, at) => copyTo(out, part, at));
    const width = columns / factors.length;
    for (let i = 0; i < out.length; i++) out[i]! *= factors[Math.floor(((begin + i) % columns) / width)]!;
  }
}

function copyTo(out: Float32Array, part: Float32Array, at: number): Promise<void> {
  out.set(part, at);
  return Promise.resolve();
}
