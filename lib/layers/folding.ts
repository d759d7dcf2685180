// SPDX-License-Identifier: MIT
// Axes that the engine sees as rows. It computes with [N,C] and [N,T,C]; a value of rank 4, [N,A,T,C], is there a batch of
// N*A sequences, the A parts of each sample one after another.
import { sizeOf } from './weights';
import type { EngineGraph, EngineValue } from '../graph/lowering';
import type { TensorSpec } from '../graph/symbolic_tensor';
import type { Layer } from './layer';
import type { Shape } from '../types';

/** One part of [N,A,...]: [N,...]. */
export function partOf({ shape, dtype }: TensorSpec): TensorSpec {
  return { shape: [shape[0]!, ...shape.slice(2)], dtype };
}

/** The parts of [N,A,...] as rows. */
export function toParts(engine: EngineGraph, owner: Layer, input: EngineValue): EngineValue {
  const part = partOf(input);
  if (input.shape.length === 4) return { ...input, ...part };
  return engine.addPlain(owner, { kind: 'fold', parts: 0 }, [input], [part])[0]!;
}

/** The A parts of [N,A*T,C] as [N,A,T,C]; `shape` is that of the outcome. */
export function intoParts(engine: EngineGraph, owner: Layer, input: EngineValue, shape: Shape): EngineValue {
  return engine.addPlain(owner, { kind: 'fold', parts: shape[1]! }, [input], [{ shape, dtype: 'float32' }])[0]!;
}

/** Parts [N,...] as [N,A,...]; vectors take the mask of `masks`, where it is [N,A,C]. */
export function fromParts(
  engine: EngineGraph,
  owner: Layer,
  part: EngineValue,
  parts: number | null,
  masks: EngineValue | null = null,
): EngineValue {
  const spec: TensorSpec = { shape: [part.shape[0]!, parts, ...part.shape.slice(1)], dtype: part.dtype };
  if (spec.shape.length === 4) return { ...part, ...spec };
  return engine.addPlain(owner, { kind: 'unfold' }, masks === null ? [part] : [part, masks], [spec])[0]!;
}

/** The elements of each row, in order, in other axes: of rank 2, 3 or 4, all known. */
export function reshaped(engine: EngineGraph, owner: Layer, input: EngineValue, shape: Shape): EngineValue {
  const reshape = (value: EngineValue, axes: readonly number[]): EngineValue =>
    engine.addPlain(
      owner,
      { kind: 'reshape', targetShape: [...axes] },
      [value],
      [{ shape: [shape[0]!, ...axes], dtype: 'float32' }],
    )[0]!;
  const [parts, ...rest] = input.shape.slice(1) as number[];
  if (input.shape.length === 4) {
    const rows = reshape(toParts(engine, owner, input), [sizeOf(rest)]);
    return reshaped(engine, owner, fromParts(engine, owner, rows, parts!), shape);
  }
  const axes = shape.slice(1) as number[];
  if (axes.length < 3) return reshape(input, axes);
  const rows = toParts(engine, owner, reshape(input, [axes[0]!, axes[1]! * axes[2]!]));
  return fromParts(engine, owner, reshape(rows, axes.slice(1)), axes[0]!);
}
