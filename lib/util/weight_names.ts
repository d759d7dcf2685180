// SPDX-License-Identifier: MIT
// Names of weights as files and optimizers know them. A name that the user gave stays; the number of a name that the
// library made counts the layers of the model, not those that the program made before: so a model finds its weights
// wherever it is built.
import { normalizeName } from './identifiers';

/** A layer as far as its weights have names. */
export interface NamedLayer {
  readonly name: string;
  /** Whether the library made the name: `dense_7`. */
  readonly hasAutomaticName: boolean;
  /** The layers whose weights are its own; none where it has weights itself. */
  readonly sublayers: readonly NamedLayer[];
  readonly weightSpecs: readonly { readonly name: string }[];
}

/**
 * Names of all weights of these layers, each weight once: the names of the layers on the way to it, and its own as Keras
 * spells it: `simple_rnn_1/recurrent_kernel`, `encoder/lstm_1/kernel`. What several layers hold has the name of the first.
 */
export function weightNames(layers: readonly NamedLayer[], known = new Set<NamedLayer>()): string[] {
  const names = layerNames(layers);
  return layers.flatMap((layer, index) => namesWithin(layer, known).map((own) => `${names[index]!}/${own}`));
}

/** Names of all weights without that of their layer: `recurrent_kernel`; within a wrapper, `forward_lstm_1/recurrent_kernel`. */
export function namesWithinLayers(layers: readonly NamedLayer[]): string[] {
  const known = new Set<NamedLayer>();
  return layers.flatMap((layer) => namesWithin(layer, known));
}

function namesWithin(layer: NamedLayer, known: Set<NamedLayer>): string[] {
  if (known.has(layer)) return [];
  known.add(layer);
  if (layer.sublayers.length > 0) return weightNames(layer.sublayers, known);
  return layer.weightSpecs.map(({ name }) => normalizeName(name));
}

/** `dense_7`, `lstm_3`, `dense_9` become `dense_1`, `lstm_1`, `dense_2`, unless another layer was given such a name. */
export function layerNames(layers: readonly Pick<NamedLayer, 'name' | 'hasAutomaticName'>[]): string[] {
  const given = new Set(layers.filter(({ hasAutomaticName }) => !hasAutomaticName).map(({ name }) => name));
  const counts = new Map<string, number>();
  return layers.map(({ name, hasAutomaticName }) => {
    if (!hasAutomaticName) return name;
    const prefix = name.replace(/_\d+$/, '');
    let count = counts.get(prefix) ?? 0;
    do count++;
    while (given.has(`${prefix}_${count}`));
    counts.set(prefix, count);
    return `${prefix}_${count}`;
  });
}
