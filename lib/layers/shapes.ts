// SPDX-License-Identifier: MIT
// Shapes with unknown axes: how they are checked and how messages and summaries print them.
import { checkInteger, describe, refusal } from '../util/validate';
import type { Shape } from '../types';

/** A shape as Keras prints it: `(None, 500)`, and `(None,)` for one axis, as Python does. */
export function shapeText(shape: Shape): string {
  const sizes = shape.map((size) => (size === null ? 'None' : String(size)));
  return `(${sizes.join(', ')}${sizes.length === 1 ? ',' : ''})`;
}

const LARGEST_SIZE = 2147483647;

/**
 * A shape of positive sizes and nulls.
 *
 * @throws ConfigError `ERR_TYPE` where it is no array; ShapeError `ERR_SHAPE` where an axis is neither null nor a positive size
 *   of 32 bits, as the engine counts
 */
export function checkShape(where: string, what: string, shape: unknown): Shape {
  if (!Array.isArray(shape))
    throw refusal('ERR_TYPE', where, `${what} to be an array of sizes, null where unknown`, describe(shape));
  for (const size of shape as unknown[]) {
    if (size === null || (Number.isSafeInteger(size) && (size as number) > 0 && (size as number) <= LARGEST_SIZE))
      continue;
    throw refusal(
      'ERR_SHAPE',
      where,
      `${what} to hold sizes from 1 to ${LARGEST_SIZE}, null where unknown`,
      describe(size),
    );
  }
  return Object.freeze([...(shape as (number | null)[])]);
}

/** Refuses an input of another rank; `letters` names the axes, `[N,T,C]`. */
export function expectRank(where: string, shape: Shape, letters: string, hint = ''): void {
  const rank = letters.split(',').length;
  if (shape.length !== rank)
    throw refusal(
      'ERR_SHAPE',
      where,
      `input of rank ${rank} ${letters}`,
      `rank ${shape.length} ${shapeText(shape)}`,
      hint,
    );
}

/** The size of the last axis, which must be known. */
export function knownFeatures(where: string, shape: Shape): number {
  const size = shape.at(-1);
  if (typeof size !== 'number')
    throw refusal('ERR_SHAPE', where, 'input whose last axis is known', `shape ${shapeText(shape)}`);
  return size;
}

/** Whether two shapes agree on every axis that both know. */
export function areCompatible(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === null || b[axis] === null || size === b[axis]);
}

/**
 * The size of an axis that both have, as Keras broadcasts: an axis of one element stands for any; null where one is unknown
 * (keras/src/layers/merging/base_merge.py); undefined where they do not go together.
 */
function broadcastAxis(a: number | null, b: number | null): number | null | undefined {
  if (a === null || b === null) return null;
  if (a === 1) return b;
  return b === 1 || a === b ? a : undefined;
}

/** The shape that elementwise operations on two shapes without their batch axes give; undefined where there is none. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const [long, short] = a.length < b.length ? [b, a] : [a, b];
  const first = long.length - short.length;
  const sizes = long.map((size, axis) => (axis < first ? size : broadcastAxis(size, short[axis - first]!)));
  return sizes.includes(undefined) ? undefined : (sizes as Shape);
}

/**
 * The shapes of all inputs of a layer that reads several.
 *
 * @param inputShape an array of them, or one shape, which `count` inputs have
 */
export function shapesOf(inputShape: Shape | readonly Shape[], count = 1): readonly Shape[] {
  if (inputShape.some((item) => Array.isArray(item))) return inputShape as readonly Shape[];
  return Array<Shape>(count).fill(inputShape as Shape);
}

/** -1, or the number of an axis behind the batch. @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` */
export function checkLastAxis(where: string, value: unknown): number {
  const axis = checkInteger(where, 'axis', value, -1);
  if (axis !== 0) return axis;
  throw refusal('ERR_CONFIG', where, 'axis -1, or the number of the last axis', '0, that of the batch');
}

/** @throws ShapeError `ERR_SHAPE` where an axis of {@link checkLastAxis} is not the last */
export function requireLastAxis(where: string, axis: number, inputShape: Shape): void {
  if (axis === -1 || axis === inputShape.length - 1) return;
  const hint = 'Another axis than the last is not supported yet.';
  throw refusal('ERR_SHAPE', where, `input whose last axis is ${axis}`, shapeText(inputShape), hint);
}
