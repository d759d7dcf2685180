// SPDX-License-Identifier: MIT
// What is known of masks before anything is computed: which timesteps of the outputs count, for given inputs. The engine
// has masks of its own; this is for checks at the door, which must not look where the engine does not.
import type { ShapedArray } from '../arrays/arrays';
import type { Graph } from '../graph/graph';
import type { SymbolicTensor } from '../graph/symbolic_tensor';

/** Inputs as a model reads them: ids [N,T], or values [N,C] or [N,T,C]. */
export type StepInputs = ShapedArray<Float32Array | Int32Array>;

/** Whether timestep `step` of row `row` counts. */
export type StepMask = (row: number, step: number) => boolean;

/** What becomes of a mask in a layer: the outputs keep it, have it in reverse, or have none. */
export type MaskPassage = 'kept' | 'reversed' | 'ended';

/**
 * Which timesteps of an output count; undefined where all may. The mask that a layer makes of an input is known, through
 * layers of one input; one that a layer makes of what others compute, or of several inputs, is not.
 *
 * @param inputs those of the graph
 */
export function outputMask(graph: Graph, inputs: readonly StepInputs[], output: SymbolicTensor): StepMask | undefined {
  const { node } = output;
  if (node === undefined || output.index > 0) return undefined;
  const { layer, inputs: read, options } = node;
  const [first] = read;
  if (read.length !== 1 || options.mask !== null) return undefined;
  const source = graph.inputs.indexOf(first!);
  if (source >= 0) return layer.stepMask(inputs[source]!);
  const mask = layer.maskPassage === 'ended' ? undefined : outputMask(graph, inputs, first!);
  if (mask === undefined || layer.maskPassage === 'kept') return mask;
  const steps = stepsOf(graph, inputs, first!);
  return (row, step) => mask(row, steps - 1 - step);
}

/** Timesteps of a tensor that has the mask of an input. */
function stepsOf(graph: Graph, inputs: readonly StepInputs[], tensor: SymbolicTensor): number {
  const source = graph.inputs.indexOf(tensor);
  return source >= 0 ? (inputs[source]!.shape[1] ?? 1) : stepsOf(graph, inputs, tensor.node!.inputs[0]!);
}
