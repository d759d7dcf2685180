// SPDX-License-Identifier: MIT
// One call of a layer on symbolic tensors.
import { SymbolicTensor, type TensorSpec } from './symbolic_tensor';
import type { Layer } from '../layers/layer';

/** What a layer is called with besides its inputs. */
export interface NodeOptions {
  /** States before the first timestep, [N,H] each; none: zeros. */
  readonly initialState: readonly SymbolicTensor[];
  /** Timesteps of the first input that count, [N,T]; null: as its own mask says. */
  readonly mask: SymbolicTensor | null;
  /** What else a class reads, by name. */
  readonly tensors: Readonly<Record<string, SymbolicTensor>>;
  /** What else a class takes, plain data. */
  readonly extra: Readonly<Record<string, unknown>>;
}

export const NO_OPTIONS: NodeOptions = Object.freeze({
  initialState: Object.freeze([]),
  mask: null,
  tensors: Object.freeze({}),
  extra: Object.freeze({}),
});

/** One call of a layer. */
export class GraphNode {
  readonly outputs: readonly SymbolicTensor[];

  constructor(
    readonly layer: Layer,
    readonly inputs: readonly SymbolicTensor[],
    readonly options: NodeOptions,
    outputs: readonly TensorSpec[],
  ) {
    this.outputs = outputs.map((spec, index) => new SymbolicTensor(layer.name, spec, this, index));
  }

  /** All that is read, in order: inputs, initial states, the mask, others. */
  get sources(): readonly SymbolicTensor[] {
    const { initialState, mask, tensors } = this.options;
    return [...this.inputs, ...initialState, ...(mask === null ? [] : [mask]), ...Object.values(tensors)];
  }
}
