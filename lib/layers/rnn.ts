// SPDX-License-Identifier: MIT
// RNN: cells repeated over the timesteps. Each cell is a recurrent layer of the engine, and reads the one below it.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkBoolean } from '../util/validate';
import { resolveActivityRegularizer } from './activity';
import { cellFromConfig, checkCells, configOfCell, RecurrentCell, StackedRNNCells } from './cells';
import { layerDefaults, type Layer, type LayerOptions } from './layer';
import { Wrapper } from './wrapper';
import type { MaskPassage } from './step_mask';
import type { EngineGraph, EngineOptions, EngineValue } from '../graph/lowering';
import type { TensorSpec } from '../graph/symbolic_tensor';
import type { Regularizer, RegularizerLike } from '../regularizers';
import type { Shape } from '../types';
import type { Recurrent } from './recurrent';

/** Options of {@link RNN}. */
export interface RNNOptions extends LayerOptions {
  /** True: the output of every timestep [N,T,H]; false (default): of the last one [N,H]. */
  returnSequences?: boolean;
  /** True: gives the last states too, those of the lowest cell first. Default false. */
  returnState?: boolean;
  /** True: reads the timesteps from the last to the first, and returns them in that order. Default false. */
  goBackwards?: boolean;
  /** True: row i of a batch begins with the states that row i of the batch before ended with. Default false. */
  stateful?: boolean;
  /** Changes nothing here: there is no graph to unroll. Default false. */
  unroll?: boolean;
  /** With `returnSequences` and a mask: true: the output of a masked timestep is zero; false (default): that of the step before. */
  zeroOutputForMask?: boolean;
  /** Penalty on the output; default null. */
  activityRegularizer?: RegularizerLike;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link RNNOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...layerDefaults,
  ...NOT_YET,
  returnSequences: false,
  returnState: false,
  goBackwards: false,
  stateful: false,
  unroll: false,
  zeroOutputForMask: false,
  activityRegularizer: null,
} as const);

/**
 * Repeats a cell, or a stack of cells, over the timesteps.
 *
 * Input [N,T,C]; output [N,H], or [N,T,H] with `returnSequences`, of the last cell. Weights and states: those of the lowest
 * cell first. Cells serve as patterns: each `RNN` has weights of its own.
 *
 * Differs from Keras: states are one flat list, and cells are this library's.
 *
 * @see keras/src/layers/rnn/rnn.py
 * @example
 * const model = new Sequential([new Input([null, 8]), new RNN([new LSTMCell(32), new LSTMCell(32)]), new Dense(1)]);
 */
export class RNN extends Wrapper {
  static readonly className = 'RNN';
  readonly className = RNN.className;
  readonly cell: RecurrentCell | StackedRNNCells;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly unroll: boolean;
  readonly zeroOutputForMask: boolean;
  /** One for each cell. */
  readonly #layers: readonly Recurrent[];
  readonly #activityRegularizer: Regularizer | null;

  /**
   * @param cell a cell, a `StackedRNNCells`, or an array of cells from the lowest up
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(cell: RecurrentCell | StackedRNNCells | readonly RecurrentCell[], options: RNNOptions = {}, ...rest: []) {
    refuseMore('RNN', rest);
    const where = 'RNN';
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const cells = cell instanceof StackedRNNCells ? cell.cells : checkCells(where, Array.isArray(cell) ? cell : [cell]);
    const flag = (
      what: 'returnSequences' | 'returnState' | 'goBackwards' | 'stateful' | 'unroll' | 'zeroOutputForMask',
    ) => checkBoolean(where, what, o[what]);
    const returnSequences = flag('returnSequences');
    const returnState = flag('returnState');
    const goBackwards = flag('goBackwards');
    const stateful = flag('stateful');
    const unroll = flag('unroll');
    const zeroOutputForMask = flag('zeroOutputForMask');
    const activityRegularizer = resolveActivityRegularizer(where, o.activityRegularizer);
    const last = cells.length - 1;
    // The lowest layer turns the sequence round: what it gives is in reverse already.
    const layers = cells.map((each, index) =>
      each.makeLayer({
        returnSequences: index < last || returnSequences,
        goBackwards: index === 0 && goBackwards,
        zeroOutputForMask: index === last && zeroOutputForMask,
        stateful,
      }),
    );
    super(where, o);
    this.cell = Array.isArray(cell) ? new StackedRNNCells(cells) : (cell as RecurrentCell | StackedRNNCells);
    this.returnSequences = returnSequences;
    this.returnState = returnState;
    this.goBackwards = goBackwards;
    this.stateful = stateful;
    this.unroll = unroll;
    this.zeroOutputForMask = zeroOutputForMask;
    this.#layers = layers;
    this.#activityRegularizer = activityRegularizer;
    this.adopt(layers);
  }

  override get activityRegularizer(): Regularizer | null {
    return this.#activityRegularizer;
  }

  override get stateSizes(): readonly number[] {
    return this.#layers.flatMap(({ stateSizes }) => stateSizes);
  }

  override get isStateful(): boolean {
    return this.stateful;
  }

  override get returnsStates(): boolean {
    return this.returnState;
  }

  override get readsMask(): boolean {
    return true;
  }

  override get maskPassage(): MaskPassage {
    if (!this.returnSequences) return 'ended';
    return this.goBackwards ? 'reversed' : 'kept';
  }

  /** A cell reads what the one below it gives. */
  protected override partShape(inputShape: Shape, part: Layer): Shape {
    const below = this.#layers.slice(0, this.#layers.indexOf(part as Recurrent));
    return below.reduce((shape, layer) => layer.computeOutputShape(shape), inputShape);
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return this.#layers.reduce((shape, layer) => layer.computeOutputShape(shape), inputShape);
  }

  /** @internal The output, and with `returnState` the last states. */
  override outputSpecs(inputs: readonly TensorSpec[]): TensorSpec[] {
    const { shape } = inputs[0]!;
    const states = this.returnState ? this.stateSizes : [];
    return [this.computeOutputShape(shape), ...states.map((size): Shape => [shape[0]!, size])].map((given) => ({
      shape: given,
      dtype: 'float32',
    }));
  }

  /** @internal A layer for each cell. */
  override lower(engine: EngineGraph, inputs: readonly EngineValue[], options: EngineOptions): EngineValue[] {
    const states: EngineValue[] = [];
    let read = inputs[0]!;
    let given = options.initialState;
    for (const [index, layer] of this.#layers.entries()) {
      const count = layer.stateSizes.length;
      const [output, ...last] = layer.lowerPart(engine, [read], {
        ...options,
        mask: index === 0 ? options.mask : null,
        initialState: given.slice(0, count),
      });
      given = given.slice(count);
      read = output!;
      states.push(...last);
    }
    return [read, ...(this.returnState ? states : [])].map((output) => this.penalized(engine, output));
  }

  override getConfig(): Record<string, unknown> {
    const { returnSequences, returnState, goBackwards, stateful, unroll, zeroOutputForMask } = this;
    return {
      ...super.getConfig(),
      returnSequences,
      returnState,
      goBackwards,
      stateful,
      unroll,
      zeroOutputForMask,
      activityRegularizer: this.#activityRegularizer?.toJSON() ?? null,
      cell: configOfCell(this.cell),
    };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): RNN {
    const { cell, ...options } = config;
    return new RNN(cellFromConfig('RNN', cell), options);
  }
}
