// SPDX-License-Identifier: MIT
// Oracle: pooling over time in double, from keras/src/layers/pooling. Averages count no padding; a maximum's gradient goes
// to the first step of a window that has it; steps that share the maximum of a whole row share its gradient.
import { stepOf, windowCount, type Windows } from './windows';

export type Pool = 'max' | 'average';

export interface PoolProblem {
  pool: Pool;
  batch: number;
  steps: number;
  columns: number;
  poolSize: number;
  strides: number;
  padding: 'valid' | 'same';
  /** [batch, steps, columns] */
  x: Float64Array;
}

const windowsOf = (p: PoolProblem): Windows => ({ ...p, size: p.poolSize, dilationRate: 1 });

export const poolSteps = (p: PoolProblem): number => windowCount(windowsOf(p));

/** For every output in turn, the inputs it pools. */
function pooled(p: PoolProblem): number[][] {
  const windows = windowsOf(p);
  const count = windowCount(windows);
  return Array.from({ length: p.batch * count * p.columns }, (_, output) => {
    const position = Math.floor(output / p.columns);
    const row = Math.floor(position / count);
    return Array.from({ length: p.poolSize }, (__, k) => stepOf(windows, position % count, k))
      .filter((t) => t !== null)
      .map((t) => (row * p.steps + t) * p.columns + (output % p.columns));
  });
}

function poolOf(pool: Pool, x: Float64Array, inputs: number[]): number {
  // Of no step at all the average is 0 here; in Keras it is NaN.
  if (inputs.length === 0) return 0;
  const values = inputs.map((i) => x[i]!);
  return pool === 'max' ? Math.max(...values) : values.reduce((a, b) => a + b, 0) / values.length;
}

function poolBackwardOf(pool: Pool, x: Float64Array, inputs: number[], d: number, dx: Float64Array): void {
  if (pool === 'average') inputs.forEach((i) => (dx[i]! += d / inputs.length));
  else dx[inputs.find((i) => x[i] === poolOf('max', x, inputs))!]! += d;
}

export function poolForward(p: PoolProblem): Float64Array {
  return Float64Array.from(pooled(p), (inputs) => poolOf(p.pool, p.x, inputs));
}

export function poolBackward(p: PoolProblem, dy: Float64Array): Float64Array {
  const dx = new Float64Array(p.x.length);
  pooled(p).forEach((inputs, output) => poolBackwardOf(p.pool, p.x, inputs, dy[output]!, dx));
  return dx;
}

export interface GlobalPoolProblem {
  pool: Pool;
  batch: number;
  steps: number;
  columns: number;
  /** [batch, steps, columns] */
  x: Float64Array;
  /** [batch, steps], 0 where a step is masked: the average leaves it out, the maximum does not look. */
  mask?: ArrayLike<number> | null;
}

function globallyPooled(p: GlobalPoolProblem): number[][] {
  return Array.from({ length: p.batch * p.columns }, (_, output) => {
    const row = Math.floor(output / p.columns);
    return Array.from({ length: p.steps }, (__, t) => row * p.steps + t)
      .filter((position) => p.pool === 'max' || !p.mask || p.mask[position])
      .map((position) => position * p.columns + (output % p.columns));
  });
}

/** [batch, columns] */
export function globalPoolForward(p: GlobalPoolProblem): Float64Array {
  return Float64Array.from(globallyPooled(p), (inputs) => poolOf(p.pool, p.x, inputs));
}

export function globalPoolBackward(p: GlobalPoolProblem, dy: Float64Array): Float64Array {
  const dx = new Float64Array(p.x.length);
  globallyPooled(p).forEach((inputs, output) => {
    const maximum = poolOf('max', p.x, inputs);
    const sharing = p.pool === 'max' ? inputs.filter((i) => p.x[i] === maximum) : inputs;
    poolBackwardOf('average', p.x, sharing, dy[output]!, dx);
  });
  return dx;
}
