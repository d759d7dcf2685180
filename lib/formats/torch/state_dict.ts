// SPDX-License-Identifier: MIT
// Weights of PyTorch's modules for layers that compute the same.
import { toValues, type ShapedArray } from '../../arrays/arrays';
import { Bidirectional, Dense, Embedding, GRU, Layer, LSTM, SimpleRNN } from '../../layers';
import { Recurrent } from '../../layers/recurrent';
import { checkPath } from '../../serialization';
import { SafetensorsFile } from '../../serialization/safetensors';
import { refuseMore } from '../../util/arguments';
import { withDefaults } from '../../util/options';
import { checkString, describe, refusal } from '../../util/validate';
import type { ArrayInput } from '../../types';

/** Arrays by the names that `state_dict()` has for them. */
export type TorchStateDict = Readonly<Record<string, ArrayInput>>;

/** Options of {@link loadTorchWeights}. */
export interface TorchOptions {
  /** Name of the module within the model, `'encoder.lstm'`: a dot behind it is added. Default `''`: the module is the model. */
  prefix?: string;
}

const DEFAULTS = Object.freeze({ prefix: '' });

/** A state dict that is open: names, and arrays as they are asked for. */
interface Source {
  readonly names: readonly string[];
  read(name: string): Promise<ShapedArray<Float32Array>>;
}

/** A layer's gate in the place of each of PyTorch's: nn.LSTM has i, f, g, o as here, nn.GRU r, z, n where z, r, h are here. */
const GATES = Object.freeze({ SimpleRNN: [0], LSTM: [0, 1, 2, 3], GRU: [1, 0, 2] } as const);

/**
 * Sets the weights of a layer, or of a stack of recurrent layers, to those of a PyTorch module, exactly: what the layer then
 * computes is what the module computes.
 *
 * - `Embedding` of `nn.Embedding`, `Dense` of `nn.Linear`
 * - `SimpleRNN` (activation `'tanh'` or `'relu'`), `LSTM` and `GRU` (`resetAfter: true`) of `nn.RNN`, `nn.LSTM` and `nn.GRU`;
 *   a `Bidirectional` of them where the module is bidirectional; an array of layers for `num_layers` above 1, the lowest first
 *
 * PyTorch has two biases for each gate. The layers have their sum; a `GRU` has both. A layer that is not built is built for
 * the module's input. All weights are set, or none.
 *
 * @param layers a layer, or an array of recurrent layers from the lowest up
 * @param stateDict path of a file that ends in `.safetensors`, or arrays by name
 * @param options `prefix` (`''`): name of the module within the model
 * @throws (rejects) ConfigError `ERR_CONFIG` where a layer computes otherwise than the module, `ERR_TYPE`,
 *   `ERR_UNKNOWN_OPTION`; DataError `ERR_DATA` where weights are missing or too many, `ERR_NOT_FOUND`, `ERR_IO`; ShapeError
 *   `ERR_SHAPE`; StateError `ERR_BUSY`
 * @see torch/nn/modules/rnn.py
 * @example
 * // in Python: safetensors.torch.save_file(model.state_dict(), 'tagger.safetensors')
 * await loadTorchWeights(embedding, 'tagger.safetensors', { prefix: 'words' });
 * await loadTorchWeights([lower, upper], 'tagger.safetensors', { prefix: 'lstm' });
 * await loadTorchWeights(dense, 'tagger.safetensors', { prefix: 'tags' });
 */
export async function loadTorchWeights(
  layers: Layer | readonly Layer[],
  stateDict: string | TorchStateDict,
  options: TorchOptions = {},
  ...rest: []
): Promise<void> {
  refuseMore('loadTorchWeights', rest);
  const where = 'loadTorchWeights';
  const { prefix } = withDefaults(where, options, DEFAULTS);
  checkString(where, 'prefix', prefix);
  const list = checkLayers(where, layers);
  const module = prefix === '' || prefix.endsWith('.') ? prefix : `${prefix}.`;
  await withSource(where, stateDict, async (source) => {
    const reader = new ModuleReader(where, module, source);
    const values: Float32Array[][] = [];
    for (const [index, layer] of list.entries()) values.push(await reader.weightsOf(layer, index));
    reader.checkAllRead();
    for (const [index, layer] of list.entries()) checkBuilt(where, layer, reader.inputs[index]!);
    for (const layer of list) layer.assertAtRest('setWeights');
    for (const [index, layer] of list.entries()) build(layer, reader.inputs[index]!);
    list.forEach((layer, index) => layer.assignWeights(values[index]!));
  });
}

function checkLayers(where: string, given: unknown): readonly Layer[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const wrong = list.find((layer) => !(layer instanceof Layer));
  if (wrong !== undefined || list.length === 0)
    throw refusal('ERR_TYPE', where, 'a layer, or an array of layers', list.length === 0 ? 'none' : describe(wrong));
  const layers = list as readonly Layer[];
  const twice = layers.find((layer, index) => layers.indexOf(layer) < index);
  if (twice !== undefined) throw refusal('ERR_CONFIG', where, 'each layer once', `"${twice.name}" twice`);
  const single = layers.find((layer) => !(layer instanceof Recurrent) && !(layer instanceof Bidirectional));
  if (layers.length > 1 && single !== undefined)
    throw refusal(
      'ERR_CONFIG',
      where,
      'recurrent layers in an array',
      `${single.className} "${single.name}"`,
      'Load it by itself.',
    );
  return layers;
}

async function withSource(where: string, given: unknown, use: (source: Source) => Promise<void>): Promise<void> {
  if (typeof given !== 'string') {
    if (typeof given !== 'object' || given === null || Array.isArray(given) || ArrayBuffer.isView(given))
      throw refusal('ERR_TYPE', where, 'stateDict to be a path, or arrays by name', describe(given));
    const arrays = new Map(Object.entries(given as TorchStateDict));
    return use({
      names: [...arrays.keys()],
      read: async (name) => {
        const { data, shape } = toValues(where, name, arrays.get(name));
        // The caller may write to it later.
        return { data: data.slice(), shape };
      },
    });
  }
  const path = checkPath(where, 'stateDict', given);
  const file = await SafetensorsFile.open(where, path);
  try {
    await use({
      names: [...file.tensors.keys()],
      read: async (name) => ({ data: await file.readFloats(name), shape: file.tensors.get(name)!.shape }),
    });
  } finally {
    await file.close();
  }
}

class ModuleReader {
  readonly #read = new Set<string>();
  /** Features that each layer reads; of an embedding none. */
  readonly inputs: number[] = [];

  constructor(
    private readonly where: string,
    private readonly prefix: string,
    private readonly source: Source,
  ) {}

  /** The weights of a layer, in its order. */
  async weightsOf(layer: Layer, index: number): Promise<Float32Array[]> {
    if (layer instanceof Embedding) {
      const { data } = await this.#array(layer, 'weight', [layer.inputDim, layer.outputDim]);
      this.inputs.push(0);
      return [data];
    }
    if (layer instanceof Dense) return this.#linear(layer);
    if (layer instanceof Bidirectional) {
      const [forward, backward] = [layer.forwardLayer, layer.backwardLayer];
      if (forward.goBackwards || !backward.goBackwards)
        throw this.#refuse(layer, 'a forward layer that reads forwards', 'one that reads backwards');
      const weights = await this.#cell(forward, index, '');
      return [...weights, ...(await this.#cell(backward, index, '_reverse', true))];
    }
    if (layer instanceof Recurrent) {
      if (layer.goBackwards) throw this.#refuse(layer, 'a layer that reads forwards', 'goBackwards: true');
      return this.#cell(layer, index, '');
    }
    throw this.#refuse(layer, 'an Embedding, Dense, SimpleRNN, LSTM, GRU or Bidirectional', layer.className);
  }

  /** All arrays of the module are used: another would be a part that the layers lack. */
  checkAllRead(): void {
    const { prefix } = this;
    const own = this.source.names.filter((name) => name.startsWith(prefix) && !name.slice(prefix.length).includes('.'));
    const left = own.find((name) => !this.#read.has(name));
    if (left === undefined) return;
    const hint = /_l\d+/.test(left) ? 'Give a layer for each of num_layers, a Bidirectional where the module is.' : '';
    throw refusal(
      'ERR_DATA',
      this.where,
      `a module with the weights of ${this.inputs.length === 1 ? 'the layer' : 'the layers'} alone`,
      describe(left),
      hint,
    );
  }

  #refuse(layer: Layer, expected: string, received: string, hint = ''): Error {
    return refusal('ERR_CONFIG', `${this.where}, ${layer.className} "${layer.name}"`, expected, received, hint);
  }

  async #array(layer: Layer, name: string, wanted: readonly (number | null)[]): Promise<ShapedArray<Float32Array>> {
    const key = this.prefix + name;
    const place = `${this.where}, ${layer.className} "${layer.name}"`;
    if (!this.source.names.includes(key)) {
      const known = this.source.names.slice(0, 6).map((each) => describe(each));
      throw refusal('ERR_DATA', place, `the weight "${key}"`, `a state dict with ${known.join(', ') || 'no arrays'}`);
    }
    const array = await this.source.read(key);
    const fits =
      array.shape.length === wanted.length && wanted.every((size, axis) => size === null || size === array.shape[axis]);
    const text = wanted.map((size) => size ?? 'any').join(', ');
    if (!fits) throw refusal('ERR_SHAPE', place, `"${key}" [${text}]`, `[${array.shape.join(', ')}]`);
    this.#read.add(key);
    return array;
  }

  /** nn.Linear has a row for each unit. */
  async #linear(layer: Dense): Promise<Float32Array[]> {
    const { units } = layer;
    const { data, shape } = await this.#array(layer, 'weight', [units, null]);
    this.inputs.push(shape[1]!);
    const kernel = transposed(data, units);
    if (!layer.useBias) return [kernel];
    return [kernel, (await this.#array(layer, 'bias', [units])).data];
  }

  async #cell(layer: Recurrent, index: number, direction: '' | '_reverse', isSecond = false): Promise<Float32Array[]> {
    const { units } = layer;
    this.#checkCell(layer);
    const gates = GATES[layer.className as keyof typeof GATES];
    const rows = gates.length * units;
    const name = (what: string): string => `${what}_l${index}${direction}`;
    const input = await this.#array(layer, name('weight_ih'), [rows, null]);
    const state = await this.#array(layer, name('weight_hh'), [rows, units]);
    if (!isSecond) this.inputs.push(input.shape[1]!);
    const kernels = [input, state].map(({ data }) => transposed(inOrder(data, gates), rows));
    if (!layer.useBias) return kernels;
    const [ofInput, ofState] = await Promise.all(
      ['bias_ih', 'bias_hh'].map(async (what) => inOrder((await this.#array(layer, name(what), [rows])).data, gates)),
    );
    // Only the candidate of a GRU tells them apart; sums are in float, as the sum of both products would be.
    const isTwo = layer instanceof GRU;
    const bias = isTwo ? Float32Array.of(...ofInput!, ...ofState!) : ofInput!.map((value, at) => value + ofState![at]!);
    return [...kernels, bias];
  }

  /** What PyTorch computes, the layer must compute too. */
  #checkCell(layer: Recurrent): void {
    const { activation } = layer;
    if (layer instanceof SimpleRNN) {
      if (activation === 'tanh' || activation === 'relu') return;
      throw this.#refuse(layer, "activation 'tanh' or 'relu', as nn.RNN has them", `'${activation}'`);
    }
    if (!(layer instanceof LSTM) && !(layer instanceof GRU))
      throw this.#refuse(layer, 'a SimpleRNN, LSTM or GRU', layer.className);
    if (activation !== 'tanh' || layer.recurrentActivation !== 'sigmoid')
      throw this.#refuse(
        layer,
        "activation 'tanh' and recurrentActivation 'sigmoid'",
        `'${activation}' and '${layer.recurrentActivation}'`,
      );
    if (layer instanceof GRU && !layer.resetAfter)
      throw this.#refuse(layer, 'resetAfter: true, as nn.GRU has it', 'resetAfter: false');
  }
}

/** Refuses a layer that was built for other features than the module's. */
function checkBuilt(where: string, layer: Layer, features: number): void {
  if (layer instanceof Embedding || !layer.isBuilt) return;
  const built = layer.inputShape!.at(-1);
  if (built === features) return;
  const place = `${where}, ${layer.className} "${layer.name}"`;
  throw refusal('ERR_SHAPE', place, `a module that reads ${built} features, as the layer does`, `${features}`);
}

function build(layer: Layer, features: number): void {
  if (layer.isBuilt) return;
  layer.build(
    layer instanceof Embedding ? [null, null] : layer instanceof Dense ? [null, features] : [null, null, features],
  );
}

/** [rows, columns] as [columns, rows]. */
function transposed(data: Float32Array, rows: number): Float32Array {
  const columns = data.length / rows;
  return Float32Array.from(data, (_, at) => data[(at % rows) * columns + Math.floor(at / rows)]!);
}

/** Rows of gates in the order of the layer. */
function inOrder(data: Float32Array, gates: readonly number[]): Float32Array {
  const block = data.length / gates.length;
  const ordered = new Float32Array(data.length);
  gates.forEach((gate, place) => ordered.set(data.subarray(gate * block, (gate + 1) * block), place * block));
  return ordered;
}
