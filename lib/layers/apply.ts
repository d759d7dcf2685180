// SPDX-License-Identifier: MIT
// What `layer.apply` is given, at the door.
import { SymbolicTensor, type TensorSpec } from '../graph/symbolic_tensor';
import { checkOptions, describe, refusal } from '../util/validate';
import { shapeText } from './shapes';
import type { NodeOptions } from '../graph/node';
import type { Shape } from '../types';
import type { Layer } from './layer';

/** Options of `layer.apply`. */
export interface ApplyOptions {
  /**
   * States before the first timestep, symbolic [N,H] each: h for `SimpleRNN` and `GRU`, [h, c] for `LSTM`, those of the
   * forward layer, then those of the backward layer for `Bidirectional`. One may stand alone. Default null: zeros.
   */
  initialState?: SymbolicTensor | readonly SymbolicTensor[] | null;
  /**
   * Timesteps that count, a symbolic [N,T] of numbers, 0 where masked; for a `Softmax` the features that do, of the input's
   * shape. Default null: what the input's mask says.
   */
  mask?: SymbolicTensor | null;
  /** Other options that a class takes. */
  readonly [option: string]: unknown;
}

/** Inputs and options that suit a layer. */
export interface Application {
  readonly inputs: readonly SymbolicTensor[];
  readonly options: NodeOptions;
}

/**
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE`
 */
export function readApplication(where: string, layer: Layer, given: unknown, options: unknown): Application {
  const inputs = readInputs(where, layer, given);
  const { applyDefaults, applyTensors } = layer;
  const known = ['initialState', 'mask', ...applyTensors, ...Object.keys(applyDefaults)];
  const { initialState, mask, ...others } = checkOptions(
    where,
    options as ApplyOptions | undefined,
    known,
  ) as ApplyOptions;
  const set = Object.entries(others).filter(([, value]) => value !== undefined);
  const [tensors, extra] = [true, false].map((isTensor) =>
    Object.fromEntries(set.filter(([name]) => applyTensors.includes(name) === isTensor)),
  ) as [Record<string, unknown>, Record<string, unknown>];
  const read = {
    initialState: readStates(where, layer, initialState ?? null),
    mask: readMask(where, layer, inputs[0]!, mask ?? null),
    tensors: readTensors(where, applyTensors, tensors),
    extra: { ...applyDefaults, ...extra },
  };
  layer.checkCall(where, inputs, read);
  return { inputs, options: read };
}

/** In the order of their names. */
function readTensors(
  where: string,
  names: readonly string[],
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, SymbolicTensor>> {
  const entries = names.flatMap((name): [string, SymbolicTensor][] => {
    const value = given[name] ?? null;
    if (value === null) return [];
    if (value instanceof SymbolicTensor) return [[name, value]];
    throw refusal('ERR_TYPE', where, `${name} to be a symbolic tensor or null`, describe(value));
  });
  return Object.freeze(Object.fromEntries(entries));
}

function readInputs(where: string, layer: Layer, given: unknown): readonly SymbolicTensor[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const wrong = list.find((item) => !(item instanceof SymbolicTensor));
  if (wrong !== undefined || list.length === 0)
    throw refusal(
      'ERR_TYPE',
      where,
      'an Input, or what a layer gave',
      list.length === 0 ? 'none' : describe(wrong),
      'Arrays go to call: await layer.call(x).',
    );
  const [least, most] = layer.inputCount;
  if (list.length < least || list.length > most) {
    const expected = least === most ? `${least}` : most === Infinity ? `${least} or more` : `${least} to ${most}`;
    throw refusal('ERR_CONFIG', where, `${expected} input${expected === '1' ? '' : 's'}`, `${list.length}`);
  }
  const tensors = Object.freeze([...(list as SymbolicTensor[])]);
  checkKinds(where, layer, tensors);
  return tensors;
}

/** Refuses numbers where a layer reads token ids, and ids where it reads numbers. */
export function checkKinds(where: string, layer: Layer, inputs: readonly TensorSpec[]): void {
  inputs.forEach(({ dtype, shape }, index) => {
    if (dtype === 'float32' && layer.readsTokens(index))
      throw refusal(
        'ERR_CONFIG',
        where,
        'token ids: an Input of dtype int32, or what a layer gave that only moves ids',
        `numbers ${shapeText(shape)}`,
      );
    if (dtype === 'int32' && !layer.takesIds(index)) throw idsRefusal(where, shape);
  });
}

/** What is thrown where ids come to a layer that computes with numbers. */
function idsRefusal(where: string, shape: Shape): Error {
  const expected = 'numbers: an Input of dtype float32, or what an Embedding makes of ids';
  return refusal('ERR_CONFIG', where, expected, `token ids ${shapeText(shape)}`);
}

function readStates(where: string, layer: Layer, given: unknown): readonly SymbolicTensor[] {
  if (given === null) return [];
  const { stateSizes } = layer;
  if (stateSizes.length === 0)
    throw refusal('ERR_CONFIG', where, 'initialState for a recurrent layer', 'one for a layer without states');
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const expected = `initialState to be ${stateSizes.map((size) => `[N,${size}]`).join(' and ')}`;
  if (list.length !== stateSizes.length) throw refusal('ERR_SHAPE', where, expected, `${list.length} states`);
  list.forEach((state, index) => {
    if (!(state instanceof SymbolicTensor)) throw refusal('ERR_TYPE', where, expected, describe(state));
    if (state.dtype === 'int32') throw idsRefusal(where, state.shape);
    if (state.rank !== 2 || state.shape[1] !== stateSizes[index])
      throw refusal('ERR_SHAPE', where, expected, `${shapeText(state.shape)} of "${state.name}"`);
  });
  return Object.freeze([...(list as SymbolicTensor[])]);
}

function readMask(where: string, layer: Layer, input: SymbolicTensor, given: unknown): SymbolicTensor | null {
  if (given === null) return null;
  if (!layer.readsMask)
    throw refusal('ERR_CONFIG', where, 'mask for a layer that reads one', 'one for a layer that does not');
  if (!(given instanceof SymbolicTensor))
    throw refusal('ERR_TYPE', where, 'mask to be a symbolic tensor', describe(given));
  if (given.dtype === 'int32') throw idsRefusal(where, given.shape);
  if (layer.maskFits(input.shape, given.shape)) return given;
  const expected = `mask of shape ${shapeText(layer.maskShape(input.shape))}`;
  throw refusal('ERR_SHAPE', where, expected, `${shapeText(given.shape)} of "${given.name}"`);
}
