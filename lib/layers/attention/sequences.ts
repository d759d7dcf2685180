// SPDX-License-Identifier: MIT
// What attention reads: query [N,Tq,C], value [N,Tv,D] and key [N,Tv,C], and the options of a call.
import { checkBoolean, refusal } from '../../util/validate';
import { knownFeatures, shapeText } from '../shapes';
import type { NodeOptions } from '../../graph/node';
import type { TensorSpec } from '../../graph/symbolic_tensor';
import type { Shape } from '../../types';

/** Shapes of what is attended with, and to. */
export interface AttentionShapes {
  readonly query: Shape;
  readonly value: Shape;
  readonly key: Shape;
}

/** Options of a call and their defaults. */
export const callDefaults = Object.freeze({ useCausalMask: false, returnAttentionScores: false });

/**
 * @param shapes of [query, value] or [query, value, key]
 * @throws ShapeError `ERR_SHAPE` where they are no sequences, or keys are not as many as values
 */
export function readShapes(where: string, shapes: readonly Shape[]): AttentionShapes {
  const [query, value, key = value] = shapes as [Shape, Shape, Shape?];
  for (const [name, shape] of Object.entries({ query, value, key })) {
    if (shape.length !== 3)
      throw refusal('ERR_SHAPE', where, `${name} of rank 3 [N,T,C]`, `rank ${shape.length} ${shapeText(shape)}`);
    knownFeatures(`${where}: ${name}`, shape);
  }
  if (!agree(value[1], key[1]))
    throw refusal('ERR_SHAPE', where, 'as many keys as values', `${shapeText(key)} and ${shapeText(value)}`);
  return { query, value, key };
}

/** @throws ShapeError `ERR_SHAPE` where query and key differ in their features */
export function expectSameFeatures(where: string, { query, key }: AttentionShapes): void {
  if (query[2] === key[2]) return;
  throw refusal(
    'ERR_SHAPE',
    where,
    'query and key of one number of features',
    `${shapeText(query)} and ${shapeText(key)}`,
  );
}

/** @throws ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE` for a mask that does not suit */
export function checkAttentionCall(
  where: string,
  { query, value, key }: AttentionShapes,
  { tensors, extra }: Pick<NodeOptions, 'tensors' | 'extra'>,
): void {
  for (const name of Object.keys(callDefaults)) checkBoolean(where, name, extra[name]);
  const steps = { queryMask: query, valueMask: value, keyMask: key };
  for (const [name, { shape }] of Object.entries<TensorSpec>(tensors)) {
    const own = (steps as Partial<Record<string, Shape>>)[name];
    if (own !== undefined) {
      if (shape.length === 2 && agree(shape[1], own[1])) continue;
      throw refusal('ERR_SHAPE', where, `${name} of shape [N,T] = ${shapeText([null, own[1]!])}`, shapeText(shape));
    }
    const fits = shape.length === 3 && (shape[1] === 1 || agree(shape[1], query[1])) && agree(shape[2], value[1]);
    if (fits) continue;
    const wanted = `[N,Tq,Tv] = ${shapeText([null, query[1]!, value[1]!])}, or [N,1,Tv]`;
    throw refusal('ERR_SHAPE', where, `${name} of shape ${wanted}`, shapeText(shape));
  }
}

function agree(a: number | null | undefined, b: number | null | undefined): boolean {
  return a === null || b === null || a === b;
}
