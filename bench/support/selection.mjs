// SPDX-License-Identifier: MIT
// `--only NAME,NAME`: names, or how they begin.

/** The figures that `only` names, in their own order; all of them where it is undefined. */
export function select(figures, only) {
  if (only === undefined) return figures;
  const wanted = only
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (wanted.length === 0) throw new Error('--only names no figure');
  for (const name of wanted) {
    if (!figures.some((figure) => figure.name.startsWith(name)))
      throw new Error(`--only: no figure is called ${name}; there are ${figures.map((f) => f.name).join(', ')}`);
  }
  return figures.filter((figure) => wanted.some((name) => figure.name.startsWith(name)));
}
