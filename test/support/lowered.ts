// SPDX-License-Identifier: MIT
// What the engine is told of a layer: the nodes that it comes apart into.
import { Graph } from '../../lib/graph/graph';
import { lowerGraph } from '../../lib/graph/lowering';
import { Input, type Layer } from '../../lib';
import type { SymbolicTensor } from '../../lib/graph/symbolic_tensor';
import type { NativeLayerConfig, NativeNode } from '../../lib/native/binding';

/** A node, and the settings of the layer that it uses. */
export type LoweredNode = NativeNode & { readonly config: NativeLayerConfig };

/**
 * @param shape axes of the input after the batch
 * @param given what the layer reads of the input
 */
export function lowered(
  layer: Layer,
  shape: readonly (number | null)[],
  given: (x: SymbolicTensor) => SymbolicTensor | SymbolicTensor[] = (x) => x,
): { nodes: LoweredNode[]; outputs: number[] } {
  const input = new Input([...shape]);
  const { outputs } = layer.makeNode('test', given(input));
  const { engine, outputs: values } = lowerGraph('test', new Graph('test', [input], outputs));
  const nodes = engine.nodes.map((node, index) => ({ ...node, config: engine.entries[index]!.config }));
  return { nodes, outputs: values.map(({ value }) => value) };
}
