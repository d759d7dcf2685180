// SPDX-License-Identifier: MIT
// The gradient of any scalar function by central differences in double: right by construction, good to about 1e-8.

/**
 * df/dx by (f(x + h) - f(x - h)) / 2h, one element at a time. `x` is changed in place and put back.
 *
 * With h = 1e-5 the truncation (h^2 f''' / 6) and the rounding (1e-16 f / h) are both near 1e-11 for values near 1.
 */
export function finiteDifferences(f: () => number, x: Float64Array, step = 1e-5): Float64Array {
  return Float64Array.from(x, (value, i) => {
    x[i] = value + step;
    const above = f();
    x[i] = value - step;
    const below = f();
    x[i] = value;
    return (above - below) / (2 * step);
  });
}
