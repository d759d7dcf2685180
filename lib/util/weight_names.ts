// SPDX-License-Identifier: MIT
// Names of weights as files and optimizers know them. The numbers of automatic names count the layers of a model, not
// those that the program made before: so a model finds its weights wherever it is built.
import { normalizeName } from './identifiers';

/** A layer as far as its weights have names. */
export interface NamedLayer {
  readonly name: string;
  readonly className: string;
  /** The layers whose weights are its own; none where it has weights itself. */
  readonly sublayers: readonly NamedLayer[];
  readonly weightSpecs: readonly { readonly name: string }[];
}

interface NamedWeight {
  readonly layer: string;
  readonly name: string;
}

/**
 * Names of all weights of these layers, each weight once: the names of the layers on the way to it, and its own as Keras
 * spells it: `simple_rnn_1/recurrent_kernel`, `encoder/lstm_1/kernel`. What several layers hold has the name of the first.
 */
export function weightNames(layers: readonly NamedLayer[], known = new Set<NamedLayer>()): string[] {
  const names = layerNames(layers);
  return layers.flatMap((layer, index) => namesWithin(layer, known).map((own) => `${names[index]!}/${own}`));
}

function namesWithin(layer: NamedLayer, known: Set<NamedLayer>): string[] {
  if (known.has(layer)) return [];
  known.add(layer);
  if (layer.sublayers.length > 0) return weightNames(layer.sublayers, known);
  return layer.weightSpecs.map(({ name }) => normalizeName(name));
}

/** `dense_7`, `lstm_3`, `dense_9` become `dense_1`, `lstm_1`, `dense_2`, unless another layer has such a name already. */
function layerNames(layers: readonly NamedLayer[]): string[] {
  const isAutomatic = layers.map(hasAutomaticName);
  const given = new Set(layers.filter((_, index) => !isAutomatic[index]).map(({ name }) => name));
  const counts = new Map<string, number>();
  return layers.map(({ name }, index) => {
    if (!isAutomatic[index]) return name;
    const prefix = name.replace(/_\d+$/, '');
    let count = counts.get(prefix) ?? 0;
    do count++;
    while (given.has(`${prefix}_${count}`));
    counts.set(prefix, count);
    return `${prefix}_${count}`;
  });
}

/** `dense_7` of a `Dense`, `forward_lstm_3` of an `LSTM` within a `Bidirectional`, `lstm_cell_2` of one within an `RNN`. */
function hasAutomaticName({ name, className }: NamedLayer): boolean {
  return new RegExp(`^((forward|backward)_)?${normalizeName(className)}(_cell)?_\\d+$`).test(name);
}

/** Names of weights without that of their layer: `recurrent_kernel`; within a wrapper, `forward_lstm_1/recurrent_kernel`. */
export function namesWithinLayers(weights: readonly NamedWeight[]): string[] {
  const parts = renumberedParts(weights);
  return weights.map(({ layer, name }) => {
    // Before the last slash stands a layer within a wrapper.
    const own = name.lastIndexOf('/') + 1;
    const part = own === 0 ? '' : `${parts.get(`${layer}/${name.slice(0, own - 1)}`)!}/`;
    return `${part}${normalizeName(name.slice(own))}`;
  });
}

/** New names of the parts of each wrapper, by the names of wrapper and part. */
function renumberedParts(weights: readonly NamedWeight[]): Map<string, string> {
  const parts = new Map<string, Set<string>>();
  for (const { layer, name } of weights) {
    const end = name.lastIndexOf('/');
    if (end >= 0) parts.set(layer, (parts.get(layer) ?? new Set()).add(name.slice(0, end)));
  }
  const entries = [...parts].flatMap(([layer, names]) => {
    const renamed = renumbered([...names].filter((name) => /_\d+$/.test(name)));
    return [...names].map((name): [string, string] => [`${layer}/${name}`, renamed.get(name) ?? name]);
  });
  return new Map(entries);
}

/** `dense_7`, `lstm_3`, `dense_9` become `dense_1`, `lstm_1`, `dense_2`. */
function renumbered(names: readonly string[]): Map<string, string> {
  const counts = new Map<string, number>();
  return new Map(
    names.map((name) => {
      const prefix = name.replace(/_\d+$/, '');
      const count = (counts.get(prefix) ?? 0) + 1;
      counts.set(prefix, count);
      return [name, `${prefix}_${count}`];
    }),
  );
}
