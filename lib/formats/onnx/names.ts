// SPDX-License-Identifier: MIT
// Names that nothing else has.

/** Names that are taken, and how often each was wanted. */
export type NameCounts = Map<string, number>;

/** `wanted`, or `wanted_2` and so on where it is taken; taken from now on. */
export function freeName(taken: NameCounts, wanted: string): string {
  let [name, count] = [wanted, taken.get(wanted) ?? 0];
  for (; taken.has(name); name = `${wanted}_${count}`) count++;
  taken.set(wanted, Math.max(count, 1));
  taken.set(name, taken.get(name) ?? 1);
  return name;
}
