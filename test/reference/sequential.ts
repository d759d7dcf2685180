// SPDX-License-Identifier: MIT
// Oracle: a whole model in double: layers in order, masks on their way through them, loss with penalties, gradients by
// hand, optimizer steps. Speaks the vocabulary of lib/native/binding.ts, so that one config serves both; dropout masks are
// given, not drawn.
import type { NativeOptimizer, NativePenalty } from '../../lib/native/binding';
import { activate, activateBackward, type Activation } from './activations';
import {
  batchNormalizationBackward,
  batchNormalizationForward,
  type BatchNormalizationProblem,
} from './batch_normalization';
import {
  bidirectionalBackward,
  bidirectionalForward,
  type BidirectionalProblem,
  type MergeMode,
} from './bidirectional';
import { conv1dBackward, conv1dForward, type Conv1dProblem } from './conv1d';
import { denseBackward, denseForward, type DenseProblem } from './dense';
import { embeddingBackward, embeddingForward } from './embedding';
import { gruCell } from './gru';
import {
  layerNormalizationBackward,
  layerNormalizationForward,
  type LayerNormalizationProblem,
  type NormalizationGradients,
} from './layer_normalization';
import { computeLoss, type LossResult, type OracleLoss } from './losses';
import { lstmCell } from './lstm';
import { oracleOptimizer, type OracleOptimizer } from './optimizers';
import { globalPoolBackward, globalPoolForward, poolBackward, poolForward, type Pool } from './pooling';
import {
  recurrentBackward,
  recurrentForward,
  type Cell,
  type RecurrentGradients,
  type RecurrentProblem,
} from './recurrent';
import { orthogonalPenalty } from './regularizers';
import { hideMasked, maskOf, repeatBackward, repeatForward, scaleFeatures } from './reshaping';
import { simpleRnnCell } from './simple_rnn';
import { windowCount, type Padding } from './windows';

/** A penalty; `orthogonal` of none where left out. */
export type OraclePenalty = Pick<NativePenalty, 'l1' | 'l2'> & Partial<NativePenalty>;

interface Common {
  /** Default true. */
  trainable?: boolean;
  /** One per weight of the layer; default none. */
  penalties?: OraclePenalty[];
}

export interface OracleRecurrent extends Common {
  kind: 'simple_rnn' | 'lstm' | 'gru';
  units: number;
  activation: Activation;
  /** Default 'sigmoid'. */
  recurrentActivation?: Activation;
  useBias: boolean;
  /** Default true. */
  resetAfter?: boolean;
  returnSequences: boolean;
  /** These three: default false. */
  goBackwards?: boolean;
  stateful?: boolean;
  zeroOutputForMask?: boolean;
  /** Factors in training, as {@link RecurrentProblem} has them; default none. */
  inputDropout?: Float64Array[];
  recurrentDropout?: Float64Array[];
}

export type OracleLayer =
  | OracleRecurrent
  | (Common &
      (
        | { kind: 'embedding'; inputDim: number; outputDim: number; maskZero?: boolean }
        | { kind: 'bidirectional'; mergeMode: MergeMode; forward: OracleRecurrent; backward: OracleRecurrent }
        | { kind: 'dense'; units: number; activation: Activation; useBias: boolean }
        | {
            kind: 'conv1d';
            filters: number;
            kernelSize: number;
            strides: number;
            padding: Padding;
            dilationRate: number;
            groups: number;
            activation: Activation;
            useBias: boolean;
          }
        | { kind: 'layer_normalization'; epsilon: number; center: boolean; scale: boolean }
        | { kind: 'batch_normalization'; momentum: number; epsilon: number; center: boolean; scale: boolean }
        | { kind: 'pool1d'; pool: Pool; poolSize: number; strides: number; padding: 'valid' | 'same' }
        | { kind: 'global_pool1d'; pool: Pool; keepdims: boolean }
        | { kind: 'masking'; maskValue: number }
        | { kind: 'repeat_vector'; n: number }
        | { kind: 'reshape'; targetShape: number[] }
        | { kind: 'activation'; activation: Activation }
        | { kind: 'flatten' }
        // What dropout does in training once its mask is drawn; `spatial`: factors [rows, C], the same at every step.
        | { kind: 'factors'; factors: Float64Array; spatial: boolean }
        | { kind: 'activity_regularization'; l1: number; l2: number }
      ));

export interface OracleConfig {
  /** Axes after the batch: [T] for tokens, [T,C] or [C] for values. */
  inputShape: number[];
  layers: OracleLayer[];
  loss: OracleLoss;
  optimizer: NativeOptimizer;
}

export interface OracleBatch {
  rows: number;
  /** Tokens or values, [rows, ...inputShape]. */
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** All states of the first recurrent layer side by side [rows, S], or null for zeros. */
  initialState?: Float64Array | null;
  /** [rows, T], 0 where a step of the input is masked; null for none. */
  mask?: ArrayLike<number> | null;
}

export interface OracleGradients {
  loss: number;
  outputs: Float64Array;
  /** Which rows of the outputs count in losses and metrics; null where all do. */
  mask: ArrayLike<number> | null;
  /** One per weight; also of frozen ones, without penalties there. */
  weights: Float64Array[];
  initialState: Float64Array | null;
}

/** A layer in place: its input and output shapes and the numbers of its weights. */
interface Placed {
  layer: OracleLayer;
  inputShape: number[];
  outputShape: number[];
  firstWeight: number;
  takesInitialState: boolean;
}

/** A layer that has run on a batch. */
interface Ran {
  y: Float64Array;
  /** Goes on with `y`. */
  mask: ArrayLike<number> | null;
  backward(dy: Float64Array): { x: Float64Array; weights?: Float64Array[]; initialStates?: Float64Array[] };
  /** Of a stateful layer: what the next batch begins with. */
  states?: Float64Array[];
  /** Moving averages: what the last weights of the layer become by training. */
  moved?: Float64Array[];
  /** Added to the loss; `backward` knows it. */
  penalty?: number;
}

const CELLS: Record<OracleRecurrent['kind'], Cell> = { simple_rnn: simpleRnnCell, lstm: lstmCell, gru: gruCell };

const product = (shape: number[]): number => shape.reduce((a, b) => a * b, 1);
const isRecurrent = (layer: OracleLayer): layer is OracleRecurrent => layer.kind in CELLS;

function outputShape(layer: OracleLayer, shape: number[]): number[] {
  switch (layer.kind) {
    case 'embedding':
      return [...shape, layer.outputDim];
    case 'simple_rnn':
    case 'lstm':
    case 'gru':
      return layer.returnSequences ? [shape[0]!, layer.units] : [layer.units];
    case 'bidirectional': {
      const [of, other] = [outputShape(layer.forward, shape), outputShape(layer.backward, shape)];
      return layer.mergeMode === 'concat' ? [...of.slice(0, -1), of.at(-1)! + other.at(-1)!] : of;
    }
    case 'dense':
      return [...shape.slice(0, -1), layer.units];
    case 'conv1d':
      return [windowCount({ ...layer, steps: shape[0]!, size: layer.kernelSize }), layer.filters];
    case 'pool1d':
      return [windowCount({ ...layer, steps: shape[0]!, size: layer.poolSize, dilationRate: 1 }), shape[1]!];
    case 'global_pool1d':
      return layer.keepdims ? [1, shape[1]!] : [shape[1]!];
    case 'repeat_vector':
      return [layer.n, shape[0]!];
    case 'reshape':
      return layer.targetShape;
    case 'flatten':
      return [product(shape)];
    default:
      return shape;
  }
}

function weightShapes(layer: OracleLayer, shape: number[]): number[][] {
  const inputs = shape.at(-1)!;
  const withBias = (useBias: boolean, bias: number[], ...kernels: number[][]): number[][] =>
    useBias ? [...kernels, bias] : kernels;
  switch (layer.kind) {
    case 'embedding':
      return [[layer.inputDim, layer.outputDim]];
    case 'simple_rnn':
    case 'lstm':
    case 'gru': {
      const columns = CELLS[layer.kind].gates * layer.units;
      const bias = layer.kind === 'gru' && (layer.resetAfter ?? true) ? [2, columns] : [columns];
      return withBias(layer.useBias, bias, [inputs, columns], [layer.units, columns]);
    }
    case 'bidirectional':
      return [...weightShapes(layer.forward, shape), ...weightShapes(layer.backward, shape)];
    case 'dense':
      return withBias(layer.useBias, [layer.units], [inputs, layer.units]);
    case 'conv1d':
      return withBias(layer.useBias, [layer.filters], [layer.kernelSize, inputs / layer.groups, layer.filters]);
    case 'layer_normalization':
    case 'batch_normalization': {
      const count = Number(layer.scale) + Number(layer.center) + (layer.kind === 'batch_normalization' ? 2 : 0);
      return Array.from({ length: count }, () => [inputs]);
    }
    default:
      return [];
  }
}

/** Weights that the optimizer moves; moving averages stand last and are not among them. */
function trainableWeights(layer: OracleLayer, count: number): boolean[] {
  const trained = layer.kind === 'batch_normalization' ? count - 2 : count;
  return Array.from({ length: count }, (_, i) => (layer.trainable ?? true) && i < trained);
}

export class OracleSequential {
  /** Shapes of all weights, in the order of lib/native/binding.ts. */
  readonly weightShapes: number[][] = [];
  /** The weights themselves: zeros until set, replaced or written by tests, moved by `train`. */
  readonly weights: Float64Array[];
  private readonly placed: Placed[] = [];
  private readonly trainable: boolean[] = [];
  private readonly penalties: (OraclePenalty | undefined)[] = [];
  private readonly optimizer: OracleOptimizer;
  private readonly states = new Map<Placed, Float64Array[]>();

  constructor(private readonly config: OracleConfig) {
    let shape = config.inputShape;
    let seen = false;
    for (const layer of config.layers) {
      const next = outputShape(layer, shape);
      const takesInitialState: boolean = (isRecurrent(layer) || layer.kind === 'bidirectional') && !seen;
      seen ||= takesInitialState;
      const firstWeight = this.weightShapes.length;
      this.placed.push({ layer, inputShape: shape, outputShape: next, firstWeight, takesInitialState });
      const shapes = weightShapes(layer, shape);
      this.weightShapes.push(...shapes);
      this.trainable.push(...trainableWeights(layer, shapes.length));
      const children = layer.kind === 'bidirectional' ? [layer.forward, layer.backward] : [layer];
      for (const child of children)
        weightShapes(child, shape).forEach((_, i) => this.penalties.push(child.penalties?.[i]));
      shape = next;
    }
    this.weights = this.weightShapes.map((weightShape) => new Float64Array(product(weightShape)));
    this.optimizer = oracleOptimizer(config.optimizer);
  }

  setWeights(weights: ArrayLike<number>[]): void {
    weights.forEach((values, i) => this.weights[i]!.set(values));
  }

  predict(batch: Omit<OracleBatch, 'y'>): Float64Array {
    const ran = this.forward(batch, false);
    this.keepStates(ran);
    return ran.at(-1)!.y;
  }

  /** Loss, penalties included, and outputs of one batch in inference. */
  evaluate(batch: OracleBatch): Pick<OracleGradients, 'loss' | 'outputs' | 'mask'> {
    const ran = this.forward(batch, false);
    this.keepStates(ran);
    const { loss, outputs, mask } = this.gradientsOf(ran, batch);
    return { loss, outputs, mask };
  }

  /** Stateful layers begin at zero again. */
  resetStates(): void {
    this.states.clear();
  }

  /** Loss and gradients of one batch, the penalties of trainable weights included (keras/src/layers/layer.py). */
  gradients(batch: OracleBatch): OracleGradients {
    return this.gradientsOf(this.forward(batch, true), batch);
  }

  /** One training step; returns the loss before it, as `trainOnBatch`. */
  train(batch: OracleBatch): number {
    const ran = this.forward(batch, true);
    const { loss, weights } = this.gradientsOf(ran, batch);
    this.optimizer.step(
      this.weights,
      weights.map((gradient, i) => (this.trainable[i] ? gradient : null)),
    );
    ran.forEach(({ moved }, i) => {
      const { layer, inputShape, firstWeight } = this.placed[i]!;
      const end = firstWeight + weightShapes(layer, inputShape).length;
      moved?.forEach((values, k) => this.weights[end - moved.length + k]!.set(values));
    });
    this.keepStates(ran);
    return loss;
  }

  private gradientsOf(ran: Ran[], batch: OracleBatch): OracleGradients {
    const { y: outputs, mask } = ran.at(-1)!;
    const loss = this.lossOf(outputs, mask, batch.y);
    const gradients: Float64Array[] = this.weights.map((weight) => new Float64Array(weight.length));
    let initialState: Float64Array | null = null;
    let dy = loss.gradient;
    for (let i = this.placed.length - 1; i >= 0; i--) {
      const { firstWeight, takesInitialState } = this.placed[i]!;
      const back = ran[i]!.backward(dy);
      back.weights?.forEach((gradient, w) => (gradients[firstWeight + w] = gradient));
      if (takesInitialState) initialState = sideBySide(back.initialStates!, batch.rows);
      dy = back.x;
    }
    const activity = ran.reduce((sum, { penalty }) => sum + (penalty ?? 0), 0);
    const total = loss.value + activity + this.addPenalties(gradients);
    return { loss: total, outputs, mask, weights: gradients, initialState };
  }

  /** The mean over the rows of the outputs that count: 0 where none does. */
  private lossOf(
    outputs: Float64Array,
    mask: ArrayLike<number> | null,
    y: ArrayLike<number>,
  ): Pick<LossResult, 'value' | 'gradient'> {
    const columns = this.placed.at(-1)!.outputShape.at(-1)!;
    const rows = outputs.length / columns;
    const counting = Array.from({ length: rows }, (_, row) => row).filter((row) => !mask || mask[row]);
    const gradient = new Float64Array(outputs.length);
    if (counting.length === 0) return { value: 0, gradient };
    const targetColumns = y.length / rows;
    const rowsOf = (values: ArrayLike<number>, width: number): Float64Array =>
      Float64Array.from(counting.flatMap((row) => Array.from({ length: width }, (_, j) => values[row * width + j]!)));
    const loss = computeLoss({
      ...this.config.loss,
      rows: counting.length,
      columns,
      targets: rowsOf(y, targetColumns),
      predictions: rowsOf(outputs, columns),
    });
    counting.forEach((row, i) => gradient.set(loss.gradient.subarray(i * columns, (i + 1) * columns), row * columns));
    return { value: loss.value, gradient };
  }

  /** l1 sum|w| + l2 sum w^2 + the orthogonal penalty of every trainable weight; adds its gradient. */
  private addPenalties(gradients: Float64Array[]): number {
    let total = 0;
    this.penalties.forEach((penalty, index) => {
      if (!penalty || !this.trainable[index]) return;
      this.weights[index]!.forEach((w, i) => {
        total += penalty.l1 * Math.abs(w) + penalty.l2 * w * w;
        gradients[index]![i]! += penalty.l1 * Math.sign(w) + 2 * penalty.l2 * w;
      });
      if (!penalty.orthogonal) return;
      const mode = penalty.orthogonalByRows === false ? 'columns' : 'rows';
      const more = orthogonalPenalty(this.weights[index]!, this.weightShapes[index]!.at(-1)!, penalty.orthogonal, mode);
      total += more.value;
      more.gradient.forEach((slope, i) => (gradients[index]![i]! += slope));
    });
    return total;
  }

  private keepStates(ran: Ran[]): void {
    ran.forEach(({ states }, i) => states && this.states.set(this.placed[i]!, states));
  }

  private forward(batch: Omit<OracleBatch, 'y'>, training: boolean): Ran[] {
    const ran: Ran[] = [];
    let x: Float64Array = Float64Array.from(batch.x);
    let mask = batch.mask ?? null;
    for (const place of this.placed) {
      const last = this.run(place, x, mask, batch, training);
      ran.push(last);
      ({ y: x, mask } = last);
    }
    return ran;
  }

  private run(
    place: Placed,
    x: Float64Array,
    mask: ArrayLike<number> | null,
    batch: Omit<OracleBatch, 'y'>,
    training: boolean,
  ): Ran {
    const { layer } = place;
    const columns = place.inputShape.at(-1)!;
    const weights = this.weights.slice(place.firstWeight);
    /** Layers that know no mask lose it. */
    const plain = (y: Float64Array, backward: Ran['backward']): Ran => ({ y, mask: null, backward });

    switch (layer.kind) {
      case 'embedding':
        return {
          y: embeddingForward(x, weights[0]!, layer.outputDim),
          mask: layer.maskZero ? Uint8Array.from(x, (token) => Number(token !== 0)) : null,
          backward: (dy) => ({
            x: new Float64Array(0),
            weights: [embeddingBackward(x, dy, layer.inputDim, layer.outputDim)],
          }),
        };

      case 'simple_rnn':
      case 'lstm':
      case 'gru':
        return this.runRecurrent(place, layer, x, mask, batch, training);

      case 'bidirectional':
        return this.runBidirectional(place, layer, x, mask, batch, training);

      case 'dense': {
        const p: DenseProblem = {
          rows: x.length / columns,
          inputs: columns,
          units: layer.units,
          activation: layer.activation,
          x,
          kernel: weights[0]!,
          bias: layer.useBias ? weights[1]! : null,
        };
        return {
          y: denseForward(p),
          mask,
          backward: (dy) => {
            const g = denseBackward(p, dy);
            return { x: g.x, weights: layer.useBias ? [g.kernel, g.bias] : [g.kernel] };
          },
        };
      }

      case 'conv1d': {
        const p: Conv1dProblem = {
          ...layer,
          batch: batch.rows,
          steps: place.inputShape[0]!,
          inputs: columns,
          x,
          kernel: weights[0]!,
          bias: layer.useBias ? weights[1]! : null,
        };
        return plain(conv1dForward(p), (dy) => {
          const g = conv1dBackward(p, dy);
          return { x: g.x, weights: layer.useBias ? [g.kernel, g.bias] : [g.kernel] };
        });
      }

      case 'layer_normalization': {
        const p: LayerNormalizationProblem = { columns, epsilon: layer.epsilon, x, ...affine(layer, weights) };
        return {
          y: layerNormalizationForward(p),
          mask,
          backward: (dy) => normalizationGradients(layer, layerNormalizationBackward(p, dy)),
        };
      }

      case 'batch_normalization': {
        const first = Number(layer.scale) + Number(layer.center);
        const p: BatchNormalizationProblem = {
          columns,
          momentum: layer.momentum,
          epsilon: layer.epsilon,
          x,
          ...affine(layer, weights),
          movingMean: weights[first]!,
          movingVariance: weights[first + 1]!,
          mask,
          training: training && (layer.trainable ?? true),
        };
        const { y, movingMean, movingVariance } = batchNormalizationForward(p);
        return {
          y,
          mask,
          moved: [movingMean, movingVariance],
          backward: (dy) => normalizationGradients(layer, batchNormalizationBackward(p, dy)),
        };
      }

      case 'pool1d': {
        const p = { ...layer, batch: batch.rows, steps: place.inputShape[0]!, columns, x };
        return plain(poolForward(p), (dy) => ({ x: poolBackward(p, dy) }));
      }

      case 'global_pool1d': {
        const p = { pool: layer.pool, batch: batch.rows, steps: place.inputShape[0]!, columns, x, mask };
        return plain(globalPoolForward(p), (dy) => ({ x: globalPoolBackward(p, dy) }));
      }

      case 'masking': {
        const seen = maskOf(x, columns, layer.maskValue);
        return {
          y: hideMasked(x, columns, seen),
          mask: seen,
          backward: (dy) => ({ x: hideMasked(dy, columns, seen) }),
        };
      }

      case 'repeat_vector':
        return plain(repeatForward(x, columns, layer.n), (dy) => ({ x: repeatBackward(dy, columns, layer.n) }));

      case 'reshape':
      case 'flatten':
        return plain(x, (dy) => ({ x: dy }));

      case 'activation':
        return {
          y: activate(layer.activation, x, columns),
          mask,
          backward: (dy) => ({ x: activateBackward(layer.activation, x, dy, columns) }),
        };

      case 'factors': {
        const scale = (values: Float64Array): Float64Array => {
          if (!training) return values;
          if (layer.spatial) return scaleFeatures(values, place.inputShape[0]!, columns, layer.factors);
          return values.map((value, i) => value * layer.factors[i]!);
        };
        return { y: scale(x), mask, backward: (dy) => ({ x: scale(dy) }) };
      }

      case 'activity_regularization': {
        const { l1, l2 } = layer;
        const penalty = x.reduce((sum, value) => sum + l1 * Math.abs(value) + l2 * value * value, 0) / batch.rows;
        const slope = (value: number): number => (l1 * Math.sign(value) + 2 * l2 * value) / batch.rows;
        return { y: x, mask, penalty, backward: (dy) => ({ x: dy.map((d, i) => d + slope(x[i]!)) }) };
      }
    }
  }

  private runRecurrent(
    place: Placed,
    layer: OracleRecurrent,
    x: Float64Array,
    mask: ArrayLike<number> | null,
    batch: Omit<OracleBatch, 'y'>,
    training: boolean,
  ): Ran {
    const cell = CELLS[layer.kind];
    const states = this.statesBefore(
      place,
      batch,
      Array.from({ length: cell.states }, () => layer.units),
    );
    const weights = this.weights.slice(place.firstWeight);
    const p = recurrentProblem(layer, place.inputShape, batch.rows, x, mask, weights, states, training);
    const result = recurrentForward(cell, p);
    return {
      y: layer.returnSequences ? result.outputs : result.last,
      mask: layer.returnSequences ? maskOfOutputs(mask, layer, place) : null,
      ...(layer.stateful && { states: result.states }),
      backward: (dy) => {
        const g = recurrentBackward(cell, p, { [layer.returnSequences ? 'outputs' : 'last']: dy });
        return { x: g.x, weights: recurrentWeights(layer, g), initialStates: g.initialStates };
      },
    };
  }

  private runBidirectional(
    place: Placed,
    layer: OracleLayer & { kind: 'bidirectional' },
    x: Float64Array,
    mask: ArrayLike<number> | null,
    batch: Omit<OracleBatch, 'y'>,
    training: boolean,
  ): Ran {
    const { forward, backward, mergeMode } = layer;
    const cells = [CELLS[forward.kind], CELLS[backward.kind]] as const;
    const widths = [forward, backward].flatMap(({ units }, i) => Array.from({ length: cells[i]!.states }, () => units));
    const states = this.statesBefore(place, batch, widths);
    const split = cells[0].states;
    const first = place.firstWeight;
    const second = first + weightShapes(forward, place.inputShape).length;
    const child = (of: OracleRecurrent, begin: number, its: Float64Array[] | null): RecurrentProblem =>
      recurrentProblem(of, place.inputShape, batch.rows, x, mask, this.weights.slice(begin), its, training);
    const p: BidirectionalProblem = {
      mergeMode,
      returnSequences: forward.returnSequences,
      forward: { cell: cells[0], problem: child(forward, first, states && states.slice(0, split)) },
      backward: { cell: cells[1], problem: child(backward, second, states && states.slice(split)) },
    };
    const result = bidirectionalForward(p);
    return {
      y: result.outputs[0]!,
      mask: forward.returnSequences ? maskOfOutputs(mask, forward, place) : null,
      ...(forward.stateful && { states: result.states }),
      backward: (dy) => {
        const g = bidirectionalBackward(p, [dy]);
        return {
          x: g.x,
          weights: [...recurrentWeights(forward, g.forward), ...recurrentWeights(backward, g.backward)],
          initialStates: [...g.forward.initialStates, ...g.backward.initialStates],
        };
      },
    };
  }

  /** What a recurrent layer begins with: given, kept from the batch before, or null for zeros. */
  private statesBefore(place: Placed, batch: Omit<OracleBatch, 'y'>, widths: number[]): Float64Array[] | null {
    if (place.takesInitialState && batch.initialState) return apart(batch.initialState, widths);
    return this.states.get(place) ?? null;
  }
}

/** A layer that goes backwards gives its outputs in that order, and each keeps the mask of its step. */
function maskOfOutputs(
  mask: ArrayLike<number> | null,
  { goBackwards }: OracleRecurrent,
  { inputShape }: Placed,
): ArrayLike<number> | null {
  if (!mask || !goBackwards) return mask;
  const steps = inputShape[0]!;
  return Uint8Array.from(mask, (_, i) => mask[i - (i % steps) + (steps - 1 - (i % steps))]!);
}

function recurrentProblem(
  layer: OracleRecurrent,
  [steps, inputs]: number[],
  batch: number,
  x: Float64Array,
  mask: ArrayLike<number> | null,
  [kernel, recurrentKernel, bias]: Float64Array[],
  initialStates: Float64Array[] | null,
  training: boolean,
): RecurrentProblem {
  return {
    batch,
    steps: steps!,
    inputs: inputs!,
    units: layer.units,
    activation: layer.activation,
    recurrentActivation: layer.recurrentActivation ?? 'sigmoid',
    resetAfter: layer.resetAfter ?? true,
    x,
    kernel: kernel!,
    recurrentKernel: recurrentKernel!,
    bias: layer.useBias ? bias! : null,
    initialStates,
    mask,
    goBackwards: layer.goBackwards ?? false,
    zeroOutputForMask: layer.zeroOutputForMask ?? false,
    inputDropout: (training && layer.inputDropout) || null,
    recurrentDropout: (training && layer.recurrentDropout) || null,
  };
}

const recurrentWeights = (layer: OracleRecurrent, g: RecurrentGradients): Float64Array[] =>
  layer.useBias ? [g.kernel, g.recurrentKernel, g.bias] : [g.kernel, g.recurrentKernel];

interface Affine {
  scale: boolean;
  center: boolean;
}

/** Weights in Keras' order: gamma if used, then beta if used. */
function affine(layer: Affine, weights: Float64Array[]): { gamma: Float64Array | null; beta: Float64Array | null } {
  return {
    gamma: layer.scale ? weights[0]! : null,
    beta: layer.center ? weights[Number(layer.scale)]! : null,
  };
}

function normalizationGradients(
  layer: Affine,
  g: NormalizationGradients,
): { x: Float64Array; weights: Float64Array[] } {
  return { x: g.x, weights: [...(layer.scale ? [g.gamma] : []), ...(layer.center ? [g.beta] : [])] };
}

/** States [rows, width] each as one array [rows, S]. */
function sideBySide(states: Float64Array[], rows: number): Float64Array {
  const widths = states.map((state) => state.length / rows);
  return Float64Array.from(
    Array.from({ length: rows }, (_, row) =>
      states.flatMap((state, i) => [...state.subarray(row * widths[i]!, (row + 1) * widths[i]!)]),
    ).flat(),
  );
}

/** The opposite of {@link sideBySide}. */
function apart(joined: Float64Array, widths: number[]): Float64Array[] {
  const total = widths.reduce((a, b) => a + b, 0);
  let begin = 0;
  return widths.map((width) => {
    const from = begin;
    begin += width;
    return joined.filter((_, i) => i % total >= from && i % total < from + width);
  });
}
