// SPDX-License-Identifier: MIT
// Where each weight of a described model is in a file of Keras: by a path of containers, classes and numbers, as Keras walks
// through the layers (keras/src/saving/saving_lib.py).
import { isPlainObject } from '../../serialization';
import { layerNames } from '../../util/weight_names';
import { spellingOf, uniqueNames, type Config } from './classes';
import type { Described } from './objects';

/** A layer with weights of its own, or with layers in it. */
export interface WeightNode {
  readonly className: string;
  readonly name: string;
  readonly hasAutomaticName: boolean;
  /** Whether training changes its weights, the layers around it apart. */
  readonly trainable: boolean;
  readonly config: Config;
  /** Weights of the layer itself, in Keras' order. */
  readonly own: readonly string[];
  /** Where Keras has them within the layer. */
  readonly ownAt: string;
  /** Layers within it, in the order of their weights; a layer that stands at several places is one node. */
  readonly parts: readonly { readonly path: string; readonly node: WeightNode }[];
  /** The same layers in the order of this library. */
  readonly here: readonly WeightNode[];
}

/** A weight of a described model. */
export interface WeightPlace {
  /** As files of this library have it: `lstm_1/recurrent_kernel`. */
  readonly name: string;
  /** As Keras has it: `layers/lstm/cell/vars/1`. */
  readonly path: string;
  readonly trainable: boolean;
  /** A whole number in Keras, of no axis. */
  readonly isCount: boolean;
}

/** A group of a file: where variables of a layer are, though it may have none. */
export interface LayerPlace {
  readonly path: string;
  readonly layerName: string;
}

/** What training never changes. */
const FIXED = new Set(['moving_mean', 'moving_variance', 'mean', 'variance', 'count']);

/** Nodes of a described model. @param order the layers of a graph in Keras' order */
export function nodeOf(model: Described, order: (config: Config) => readonly Described[]): WeightNode {
  return new Nodes(order).make(model);
}

class Nodes {
  readonly #shared = new Map<unknown, WeightNode>();
  readonly #made = new Map<Described, WeightNode>();

  constructor(private readonly order: (config: Config) => readonly Described[]) {}

  make(described: Described): WeightNode {
    const { shared } = described as { readonly shared?: number };
    const known = this.#made.get(described) ?? (shared === undefined ? undefined : this.#shared.get(shared));
    if (known !== undefined) return known;
    const made = this.#node(described);
    this.#made.set(described, made);
    if (shared !== undefined) this.#shared.set(shared, made);
    return made;
  }

  #node({ className, config }: Described): WeightNode {
    const name = String(config['name']);
    const common = {
      className,
      name,
      hasAutomaticName: config['automaticName'] === name,
      trainable: config['trainable'] !== false,
      config,
    };
    if (className === 'Model' || className === 'Sequential') {
      const counted = uniqueNames();
      const layers = className === 'Model' ? this.order(config) : (config['layers'] as readonly Described[]);
      const parts = layers
        .filter((each) => className === 'Model' || each.className !== 'Input')
        .map((each) => ({ path: `layers/${counted(kerasClass(each.className))}`, described: each }))
        // Operations are no layers in Keras.
        .filter(({ described }) => described.className !== 'Input' && described.className !== 'Slice')
        .map(({ path, described }) => ({ path, node: this.make(described) }));
      const here = (config['layers'] as readonly Described[])
        .filter((each) => each.className !== 'Input')
        .map((each) => this.make(each));
      return { ...common, own: [], ownAt: '', parts, here };
    }
    const spelling = spellingOf('layer', className) ?? spellingOf('cell', className);
    const parts = (spelling?.parts?.(config) ?? []).flatMap(({ path, described }) =>
      isPlainObject(described?.config) ? [{ path, node: this.make(described!) }] : [],
    );
    return {
      ...common,
      own: spelling?.weights?.(config) ?? [],
      ownAt: spelling?.weightsAt ?? '',
      parts,
      here: parts.map(({ node }) => node),
    };
  }
}

function kerasClass(className: string): string {
  return { Model: 'Functional', Input: 'InputLayer', Slice: 'GetItem' }[className] ?? className;
}

/** Where the layer of a name is in a group of layers. */
export type FindLayer = (layers: string, name: string) => string;

/** All weights of a model, each once, in the order of Keras' variables. */
export function placesOf(
  root: WeightNode,
  names: ReadonlyMap<WeightNode, readonly string[]>,
  find?: FindLayer,
): WeightPlace[] {
  const paths = pathsOf(root, find);
  const places: WeightPlace[] = [];
  const seen = new Set<WeightNode>();
  const visit = (node: WeightNode, trainable: boolean): void => {
    if (seen.has(node)) return;
    seen.add(node);
    const isTrained = trainable && node.trainable;
    node.own.forEach((weight, index) => {
      places.push({
        name: names.get(node)![index]!,
        path: joined(paths.get(node)!, node.ownAt, 'vars', String(index)),
        trainable: isTrained && !FIXED.has(weight),
        isCount: weight === 'count',
      });
    });
    for (const part of node.parts) visit(part.node, isTrained);
  };
  visit(root, true);
  return places;
}

/** Whether the parts of a node are layers of a model. */
export function isModelNode({ parts }: WeightNode): boolean {
  return parts.some(({ path }) => path.startsWith('layers/'));
}

/** Where Keras' walk meets each node first: layers of a model in their order, other parts by their names. */
function pathsOf(root: WeightNode, find?: FindLayer): Map<WeightNode, string> {
  const paths = new Map<WeightNode, string>();
  const visit = (node: WeightNode, path: string): void => {
    if (paths.has(node)) return;
    paths.set(node, path);
    const isModel = isModelNode(node);
    const parts = isModel ? node.parts : [...node.parts].sort((a, b) => (a.path < b.path ? -1 : 1));
    for (const part of parts) {
      const isNamed = isModel && find !== undefined;
      visit(part.node, isNamed ? find(joined(path, 'layers'), part.node.name) : joined(path, part.path));
    }
  };
  visit(root, '');
  return paths;
}

/** Every group of variables that Keras itself would write. */
export function layerPlaces(root: WeightNode): LayerPlace[] {
  return [...pathsOf(root)].flatMap(([node, path]) => {
    const own = { path: joined(path, 'vars'), layerName: node.name };
    if (node.ownAt === '') return [own];
    return [own, { path: joined(path, node.ownAt, 'vars'), layerName: `${node.className.toLowerCase()}_cell` }];
  });
}

export function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('/');
}

/** Names of the weights of each node as files of this library have them: numbers of automatic names count within a model. */
export function namesOfNodes(root: WeightNode): Map<WeightNode, string[]> {
  const names = new Map<WeightNode, string[]>();
  const visit = (parts: readonly WeightNode[], prefix: string): void => {
    const called = layerNames(parts);
    parts.forEach((node, index) => {
      if (names.has(node)) return;
      const path = `${prefix}${called[index]!}/`;
      names.set(
        node,
        node.own.map((weight) => path + weight),
      );
      visit(node.here, path);
    });
  };
  names.set(root, []);
  visit(root.here, '');
  return names;
}
