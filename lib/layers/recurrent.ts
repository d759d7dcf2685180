// SPDX-License-Identifier: MIT
// What SimpleRNN, LSTM and GRU have in common: options, defaults, checks, shapes, weights, config. A subclass adds its
// gates; native/layers/recurrent computes.
import { isRowActivation, resolveActivation, type ActivationLike } from '../activations';
import { resolveConstraint, type Constraint, type ConstraintLike } from '../constraints';
import { resolveInitializer, type Initializer, type InitializerLike } from '../initializers';
import { resolveRegularizer, type Regularizer, type RegularizerLike } from '../regularizers';
import { refuseNotYet } from '../util/options';
import { nextSeed } from '../util/seeds';
import { checkBoolean, checkInteger, checkNumber, checkOneOf, describe, refusal } from '../util/validate';
import { resolveActivityRegularizer } from './activity';
import { Layer, layerDefaults, type LayerOptions, type WeightDeclaration } from './layer';
import { expectRank, knownFeatures } from './shapes';
import type { MaskPassage } from './step_mask';
import type { EngineGraph, EngineOptions, EngineValue } from '../graph/lowering';
import type { TensorSpec } from '../graph/symbolic_tensor';
import type { NativeActivation, NativeRecurrent } from '../native/binding';
import type { Shape } from '../types';

/** Options that every recurrent layer takes. */
export interface RecurrentOptions extends LayerOptions {
  /** Default `'tanh'`; null for none. None that mixes the units, such as `'softmax'`. */
  activation?: ActivationLike;
  /** Default true. */
  useBias?: boolean;
  /** Default `'glorot_uniform'`. */
  kernelInitializer?: InitializerLike;
  /** Default `'orthogonal'`. */
  recurrentInitializer?: InitializerLike;
  /** Default `'zeros'`. */
  biasInitializer?: InitializerLike;
  /** Default null. */
  kernelRegularizer?: RegularizerLike;
  /** Default null. */
  recurrentRegularizer?: RegularizerLike;
  /** Default null. */
  biasRegularizer?: RegularizerLike;
  /** Penalty on the output, and on states that are returned; default null. */
  activityRegularizer?: RegularizerLike;
  /** Default null. */
  kernelConstraint?: ConstraintLike;
  /** Default null. */
  recurrentConstraint?: ConstraintLike;
  /** Default null. */
  biasConstraint?: ConstraintLike;
  /** Share of the inputs' features to drop in training, one choice for all timesteps; from 0 (default) to below 1. */
  dropout?: number;
  /** Share of the state's units to drop in training, one choice for all timesteps; from 0 (default) to below 1. */
  recurrentDropout?: number;
  /** Seed of the dropout: integer from 0 to 2^53 - 1; default null: drawn from the global seed. */
  seed?: number | null;
  /** True: the output of every timestep [N,T,H]; false (default): of the last one [N,H]. */
  returnSequences?: boolean;
  /** True: `layer.call` returns the final states too. Not within a `Sequential`. Default false. */
  returnState?: boolean;
  /** True: reads the timesteps from the last to the first, and returns them, with their mask, in that order. Default false. */
  goBackwards?: boolean;
  /** True: row i of a batch begins with the states that row i of the batch before ended with. Default false. */
  stateful?: boolean;
  /** Changes nothing here: there is no graph to unroll. Default false. */
  unroll?: boolean;
  /**
   * Acts with `returnSequences` and a mask alone. True: the output of a masked timestep is zero; false (default): that of
   * the timestep before it in the order of reading. A last output is the last state in either case.
   */
  zeroOutputForMask?: boolean;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link RecurrentOptions}, as in Keras. */
export const recurrentDefaults = Object.freeze({
  ...layerDefaults,
  ...NOT_YET,
  activation: 'tanh',
  useBias: true,
  kernelInitializer: 'glorot_uniform',
  recurrentInitializer: 'orthogonal',
  biasInitializer: 'zeros',
  kernelRegularizer: null,
  recurrentRegularizer: null,
  biasRegularizer: null,
  activityRegularizer: null,
  kernelConstraint: null,
  recurrentConstraint: null,
  biasConstraint: null,
  dropout: 0,
  recurrentDropout: 0,
  seed: null,
  returnSequences: false,
  returnState: false,
  goBackwards: false,
  stateful: false,
  unroll: false,
  zeroOutputForMask: false,
} as const);

/** Options over their defaults. */
export type ResolvedRecurrentOptions = {
  [K in keyof typeof recurrentDefaults]: Exclude<RecurrentOptions[K], undefined>;
};

/** Base class of SimpleRNN, LSTM and GRU. */
export abstract class Recurrent extends Layer {
  readonly units: number;
  readonly activation: NativeActivation;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly recurrentInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: Regularizer | null;
  readonly recurrentRegularizer: Regularizer | null;
  readonly biasRegularizer: Regularizer | null;
  readonly kernelConstraint: Constraint | null;
  readonly recurrentConstraint: Constraint | null;
  readonly biasConstraint: Constraint | null;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly seed: number | null;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly unroll: boolean;
  readonly zeroOutputForMask: boolean;
  readonly #activityRegularizer: Regularizer | null;

  /**
   * @param where the class
   * @param units size H of the state and of the output
   * @param o options over their defaults
   */
  protected constructor(where: string, units: number, o: ResolvedRecurrentOptions) {
    const checkedUnits = checkInteger(where, 'units', units);
    refuseNotYet(where, o, NOT_YET);
    const activation = checkActivation(where, 'activation', o.activation);
    const initializer = (what: 'kernelInitializer' | 'recurrentInitializer' | 'biasInitializer') =>
      resolveInitializer(where, what, o[what]);
    const regularizer = (what: 'kernelRegularizer' | 'recurrentRegularizer' | 'biasRegularizer') =>
      resolveRegularizer(where, what, o[what]);
    const constraint = (what: 'kernelConstraint' | 'recurrentConstraint' | 'biasConstraint') =>
      resolveConstraint(where, what, o[what]);
    const rate = (what: 'dropout' | 'recurrentDropout') =>
      checkNumber(where, what, o[what], { min: 0, max: 1, belowMax: true });
    const flag = (
      what: 'useBias' | 'returnSequences' | 'returnState' | 'goBackwards' | 'stateful' | 'unroll' | 'zeroOutputForMask',
    ) => checkBoolean(where, what, o[what]);
    // Everything is checked before the base class gives the layer its name.
    const fields = {
      useBias: flag('useBias'),
      kernelInitializer: initializer('kernelInitializer'),
      recurrentInitializer: initializer('recurrentInitializer'),
      biasInitializer: initializer('biasInitializer'),
      kernelRegularizer: regularizer('kernelRegularizer'),
      recurrentRegularizer: regularizer('recurrentRegularizer'),
      biasRegularizer: regularizer('biasRegularizer'),
      activityRegularizer: resolveActivityRegularizer(where, o.activityRegularizer),
      kernelConstraint: constraint('kernelConstraint'),
      recurrentConstraint: constraint('recurrentConstraint'),
      biasConstraint: constraint('biasConstraint'),
      dropout: rate('dropout'),
      recurrentDropout: rate('recurrentDropout'),
      seed: o.seed === null ? null : checkInteger(where, 'seed', o.seed, 0, Number.MAX_SAFE_INTEGER),
      returnSequences: flag('returnSequences'),
      returnState: flag('returnState'),
      goBackwards: flag('goBackwards'),
      stateful: flag('stateful'),
      unroll: flag('unroll'),
      zeroOutputForMask: flag('zeroOutputForMask'),
    };
    super(where, o);
    this.units = checkedUnits;
    this.activation = activation;
    this.useBias = fields.useBias;
    this.kernelInitializer = fields.kernelInitializer;
    this.recurrentInitializer = fields.recurrentInitializer;
    this.biasInitializer = fields.biasInitializer;
    this.kernelRegularizer = fields.kernelRegularizer;
    this.recurrentRegularizer = fields.recurrentRegularizer;
    this.biasRegularizer = fields.biasRegularizer;
    this.kernelConstraint = fields.kernelConstraint;
    this.recurrentConstraint = fields.recurrentConstraint;
    this.biasConstraint = fields.biasConstraint;
    this.dropout = fields.dropout;
    this.recurrentDropout = fields.recurrentDropout;
    this.seed = fields.seed;
    this.returnSequences = fields.returnSequences;
    this.returnState = fields.returnState;
    this.goBackwards = fields.goBackwards;
    this.stateful = fields.stateful;
    this.unroll = fields.unroll;
    this.zeroOutputForMask = fields.zeroOutputForMask;
    this.#activityRegularizer = fields.activityRegularizer;
    // Only dropout draws: without it, the seeds of other layers do not depend on this one.
    if (fields.dropout > 0 || fields.recurrentDropout > 0) this.drawSeed = fields.seed ?? nextSeed();
  }

  /** Blocks of H columns in each kernel. */
  protected abstract get gates(): number;

  /** What the engine is told of the gates. */
  protected abstract nativeGates(): Pick<NativeRecurrent, 'kind' | 'recurrentActivation' | 'resetAfter'>;

  /** Shape and first values of the bias. */
  protected biasDeclaration(): Pick<WeightDeclaration, 'shape' | 'initializer'> {
    return { shape: [this.gates * this.units], initializer: this.biasInitializer };
  }

  override get activityRegularizer(): Regularizer | null {
    return this.#activityRegularizer;
  }

  override get stateSizes(): readonly number[] {
    return [this.units];
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

  override computeOutputShape(inputShape: Shape): Shape {
    const hint =
      inputShape.length === 2
        ? 'Set returnSequences: true on the layer before, or give the Input timesteps: [T,C].'
        : '';
    expectRank(this.where, inputShape, '[N,T,C]', hint);
    knownFeatures(this.where, inputShape);
    const [batch, steps] = inputShape as [number | null, number | null, number];
    return this.returnSequences ? [batch, steps, this.units] : [batch, this.units];
  }

  /** @internal The output, and with `returnState` the last states. */
  override outputSpecs(inputs: readonly TensorSpec[]): TensorSpec[] {
    return this.engineSpecs(inputs).slice(0, this.returnState ? undefined : 1);
  }

  /** @internal The output and the last states. */
  protected override engineSpecs(inputs: readonly TensorSpec[]): TensorSpec[] {
    const { shape } = inputs[0]!;
    const state: Shape = [shape[0]!, this.units];
    return [this.computeOutputShape(shape), ...this.stateSizes.map(() => state)].map((given) => ({
      shape: given,
      dtype: 'float32',
    }));
  }

  protected override declareWeights(inputShape: Shape): WeightDeclaration[] {
    const columns = this.gates * this.units;
    const weights: WeightDeclaration[] = [
      {
        name: 'kernel',
        shape: [knownFeatures(this.where, inputShape), columns],
        initializer: this.kernelInitializer,
        regularizer: this.kernelRegularizer,
        constraint: this.kernelConstraint,
      },
      {
        name: 'recurrentKernel',
        shape: [this.units, columns],
        initializer: this.recurrentInitializer,
        regularizer: this.recurrentRegularizer,
        constraint: this.recurrentConstraint,
      },
    ];
    const { biasRegularizer: regularizer, biasConstraint: constraint } = this;
    if (this.useBias) weights.push({ name: 'bias', ...this.biasDeclaration(), regularizer, constraint });
    return weights;
  }

  override toNative(inputShape: Shape): NativeRecurrent {
    const { units, activation, useBias, returnSequences, goBackwards, stateful, zeroOutputForMask } = this;
    const { dropout, recurrentDropout } = this;
    return {
      ...this.nativeGates(),
      features: knownFeatures(this.where, inputShape),
      units,
      activation,
      useBias,
      returnSequences,
      goBackwards,
      stateful,
      zeroOutputForMask,
      dropout,
      recurrentDropout,
      seed: this.drawSeed ?? 0,
      ...this.nativeWeighted(),
    };
  }

  /**
   * @internal As a part of another layer: with the states, without the penalty.
   *
   * @param flipsOutputs whether a sequence that is read backwards is given in its own order
   */
  lowerPart(
    engine: EngineGraph,
    inputs: readonly EngineValue[],
    options: EngineOptions,
    flipsOutputs = false,
  ): EngineValue[] {
    const [input] = inputs;
    const read = options.mask === null ? input! : this.masked(engine, input!, options.mask);
    const given = [read, ...options.initialState];
    return engine.add(this, this.toNative(input!.shape), given, this.engineSpecs(inputs), { flipsOutputs });
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      units: this.units,
      activation: this.activation,
      useBias: this.useBias,
      kernelInitializer: this.kernelInitializer.toJSON(),
      recurrentInitializer: this.recurrentInitializer.toJSON(),
      biasInitializer: this.biasInitializer.toJSON(),
      kernelRegularizer: this.kernelRegularizer?.toJSON() ?? null,
      recurrentRegularizer: this.recurrentRegularizer?.toJSON() ?? null,
      biasRegularizer: this.biasRegularizer?.toJSON() ?? null,
      activityRegularizer: this.#activityRegularizer?.toJSON() ?? null,
      kernelConstraint: this.kernelConstraint?.toJSON() ?? null,
      recurrentConstraint: this.recurrentConstraint?.toJSON() ?? null,
      biasConstraint: this.biasConstraint?.toJSON() ?? null,
      dropout: this.dropout,
      recurrentDropout: this.recurrentDropout,
      seed: this.seed,
      returnSequences: this.returnSequences,
      returnState: this.returnState,
      goBackwards: this.goBackwards,
      stateful: this.stateful,
      unroll: this.unroll,
      zeroOutputForMask: this.zeroOutputForMask,
    };
  }

  /** A new layer of the same class and config, but for what is given: weights of its own, and no model. */
  copyWith(changes: Record<string, unknown>): Recurrent {
    const { fromConfig } = this.constructor as unknown as { fromConfig(config: Record<string, unknown>): Recurrent };
    return fromConfig({ ...this.getConfig(), ...changes });
  }
}

/** Options that LSTM and GRU take besides. */
export interface GatedOptions extends RecurrentOptions {
  /** Activation of the gates; default `'sigmoid'`, null for none. None that mixes the units. */
  recurrentActivation?: ActivationLike;
  /** Changes nothing here: there is no cuDNN. Default `'auto'`; true is refused. */
  useCudnn?: 'auto' | false;
}

/** Defaults of {@link GatedOptions}, as in Keras. */
export const gatedDefaults = Object.freeze({
  ...recurrentDefaults,
  recurrentActivation: 'sigmoid',
  useCudnn: 'auto',
} as const);

/** Checks what {@link GatedOptions} has over {@link RecurrentOptions}. */
export function checkGates(
  where: string,
  o: { readonly recurrentActivation: ActivationLike; readonly useCudnn: unknown },
): { recurrentActivation: NativeActivation; useCudnn: 'auto' | false } {
  if (o.useCudnn === true)
    throw refusal('ERR_CONFIG', where, "useCudnn to be 'auto' or false", 'true', 'There is no cuDNN on the CPU.');
  return {
    recurrentActivation: checkActivation(where, 'recurrentActivation', o.recurrentActivation),
    useCudnn: o.useCudnn === false ? false : checkOneOf(where, 'useCudnn', o.useCudnn, ['auto'] as const),
  };
}

/** An activation that acts on each unit by itself: the engine differentiates no other through time. */
export function checkActivation(where: string, what: string, value: ActivationLike | undefined): NativeActivation {
  const activation = resolveActivation(where, what, value);
  if (isRowActivation(activation))
    throw refusal(
      'ERR_CONFIG',
      where,
      `${what} to act on each unit by itself`,
      describe(activation),
      `It is not supported in a recurrent layer; add Activation('${activation}') after it.`,
    );
  return activation;
}
