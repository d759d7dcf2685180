// SPDX-License-Identifier: MIT
// Names of weights as files and optimizers know them. The numbers of automatic names count the layers of a model, not
// those that the program made before: so a model finds its weights wherever it is built.
import { normalizeName } from './identifiers';

interface NamedLayer {
  readonly name: string;
  readonly className: string;
}

interface NamedWeight {
  readonly layer: string;
  readonly name: string;
}

/**
 * Names of a model's weights in files: the layer's, and the weight's as Keras spells it:
 * `simple_rnn_1/recurrent_kernel`.
 */
export function weightNames(layers: readonly NamedLayer[], weights: readonly NamedWeight[]): string[] {
  const automatic = layers.filter(({ name, className }) => isNumbered(name, normalizeName(className)));
  const renamed = renumbered(automatic.map(({ name }) => name));
  const own = namesWithinLayers(weights);
  return weights.map(({ layer }, index) => `${renamed.get(layer) ?? layer}/${own[index]!}`);
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

function isNumbered(name: string, prefix: string): boolean {
  return name.startsWith(`${prefix}_`) && /^\d+$/.test(name.slice(prefix.length + 1));
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
