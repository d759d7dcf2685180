// SPDX-License-Identifier: MIT
// Oracle: a whole model in double: layers in order, loss with penalties, gradients by hand, optimizer steps. Speaks the
// vocabulary of lib/native/binding.ts, so that one config serves both.
import type { NativeLoss, NativeOptimizer, NativePenalty } from '../../lib/native/binding';
import { activate, activateBackward, type Activation } from './activations';
import { denseBackward, denseForward, type DenseProblem } from './dense';
import { embeddingBackward, embeddingForward } from './embedding';
import { computeLoss } from './losses';
import { orthogonalPenalty } from './regularizers';
import { oracleOptimizer, type OracleOptimizer } from './optimizers';
import { putStep, simpleRnnBackward, simpleRnnForward, takeStep, type SimpleRnnProblem } from './simple_rnn';

/** A penalty; `orthogonal` of none where left out. */
export type OraclePenalty = Pick<NativePenalty, 'l1' | 'l2'> & Partial<NativePenalty>;

interface Common {
  /** Default true. */
  trainable?: boolean;
  /** One per weight of the layer; default none. */
  penalties?: OraclePenalty[];
}

export type OracleLayer = Common &
  (
    | { kind: 'embedding'; inputDim: number; outputDim: number }
    | { kind: 'simple_rnn'; units: number; activation: Activation; useBias: boolean; returnSequences: boolean }
    | { kind: 'dense'; units: number; activation: Activation; useBias: boolean }
    | { kind: 'activation'; activation: Activation }
    | { kind: 'flatten' }
  );

export interface OracleConfig {
  /** Axes after the batch: [T] for tokens, [T,C] or [C] for values. */
  inputShape: number[];
  layers: OracleLayer[];
  loss: NativeLoss;
  optimizer: NativeOptimizer;
}

export interface OracleBatch {
  rows: number;
  /** Tokens or values, [rows, ...inputShape]. */
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** Of the first recurrent layer [rows, units], or null for zeros. */
  initialState?: Float64Array | null;
}

export interface OracleGradients {
  loss: number;
  outputs: Float64Array;
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

const product = (shape: number[]): number => shape.reduce((a, b) => a * b, 1);

function outputShape(layer: OracleLayer, shape: number[]): number[] {
  switch (layer.kind) {
    case 'embedding':
      return [...shape, layer.outputDim];
    case 'simple_rnn':
      return layer.returnSequences ? [shape[0]!, layer.units] : [layer.units];
    case 'dense':
      return [...shape.slice(0, -1), layer.units];
    case 'activation':
      return shape;
    case 'flatten':
      return [product(shape)];
  }
}

function weightShapes(layer: OracleLayer, shape: number[]): number[][] {
  const inputs = shape.at(-1)!;
  switch (layer.kind) {
    case 'embedding':
      return [[layer.inputDim, layer.outputDim]];
    case 'simple_rnn': {
      const kernels = [
        [inputs, layer.units],
        [layer.units, layer.units],
      ];
      return layer.useBias ? [...kernels, [layer.units]] : kernels;
    }
    case 'dense':
      return layer.useBias ? [[inputs, layer.units], [layer.units]] : [[inputs, layer.units]];
    default:
      return [];
  }
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

  constructor(private readonly config: OracleConfig) {
    let shape = config.inputShape;
    let seen = false;
    for (const layer of config.layers) {
      const next = outputShape(layer, shape);
      const takesInitialState: boolean = layer.kind === 'simple_rnn' && !seen;
      seen ||= takesInitialState;
      const firstWeight = this.weightShapes.length;
      this.placed.push({ layer, inputShape: shape, outputShape: next, firstWeight, takesInitialState });
      weightShapes(layer, shape).forEach((weightShape, i) => {
        this.weightShapes.push(weightShape);
        this.trainable.push(layer.trainable ?? true);
        this.penalties.push(layer.penalties?.[i]);
      });
      shape = next;
    }
    this.weights = this.weightShapes.map((weightShape) => new Float64Array(product(weightShape)));
    this.optimizer = oracleOptimizer(config.optimizer);
  }

  setWeights(weights: ArrayLike<number>[]): void {
    weights.forEach((values, i) => this.weights[i]!.set(values));
  }

  predict(batch: Omit<OracleBatch, 'y'>): Float64Array {
    return this.forward(batch).at(-1)!;
  }

  /** Loss and gradients of one batch, the penalties of trainable weights included (keras/src/layers/layer.py). */
  gradients(batch: OracleBatch): OracleGradients {
    const values = this.forward(batch);
    const outputs = values.at(-1)!;
    const columns = this.placed.at(-1)!.outputShape.at(-1)!;
    const rows = outputs.length / columns;
    const loss = computeLoss({ ...this.config.loss, rows, columns, targets: batch.y, predictions: outputs });
    const gradients: Float64Array[] = this.weights.map((weight) => new Float64Array(weight.length));
    let initialState: Float64Array | null = null;
    let dy: Float64Array = loss.gradient;
    for (let i = this.placed.length - 1; i >= 0; i--) {
      const place = this.placed[i]!;
      const back = this.backward(place, values[i]!, dy, batch);
      back.weights.forEach((gradient, w) => (gradients[place.firstWeight + w] = gradient));
      if (place.takesInitialState) initialState = back.initialState;
      dy = back.x;
    }
    return { loss: loss.value + this.addPenalties(gradients), outputs, weights: gradients, initialState };
  }

  /** One training step; returns the loss before it, as `trainOnBatch`. */
  train(batch: OracleBatch): number {
    const { loss, weights } = this.gradients(batch);
    this.optimizer.step(
      this.weights,
      weights.map((gradient, i) => (this.trainable[i] ? gradient : null)),
    );
    return loss;
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

  /** The input of every layer, and the output of the last. */
  private forward(batch: Omit<OracleBatch, 'y'>): Float64Array[] {
    const values: Float64Array[] = [Float64Array.from(batch.x)];
    for (const place of this.placed) {
      const x = values.at(-1)!;
      const { layer } = place;
      switch (layer.kind) {
        case 'embedding':
          values.push(embeddingForward(x, this.weights[place.firstWeight]!, layer.outputDim));
          break;
        case 'simple_rnn': {
          const problem = this.recurrentProblem(place, x, batch);
          const states = simpleRnnForward(problem);
          const { steps, units } = problem;
          values.push(layer.returnSequences ? states : takeStep(states, steps - 1, steps, units));
          break;
        }
        case 'dense':
          values.push(denseForward(this.denseProblem(place, x)));
          break;
        case 'activation':
          values.push(activate(layer.activation, x, place.outputShape.at(-1)!));
          break;
        case 'flatten':
          values.push(x);
      }
    }
    return values;
  }

  private backward(
    place: Placed,
    x: Float64Array,
    dy: Float64Array,
    batch: OracleBatch,
  ): { x: Float64Array; weights: Float64Array[]; initialState: Float64Array | null } {
    const { layer } = place;
    switch (layer.kind) {
      case 'embedding': {
        const gradient = embeddingBackward(x, dy, layer.inputDim, layer.outputDim);
        return { x: new Float64Array(0), weights: [gradient], initialState: null };
      }
      case 'simple_rnn': {
        const problem = this.recurrentProblem(place, x, batch);
        const { rows, steps, units } = { rows: problem.batch, steps: problem.steps, units: problem.units };
        const dStates = layer.returnSequences ? dy : new Float64Array(rows * steps * units);
        if (!layer.returnSequences) putStep(dStates, dy, steps - 1, steps, units);
        const g = simpleRnnBackward(problem, dStates, null);
        const weights = layer.useBias ? [g.kernel, g.recurrentKernel, g.bias] : [g.kernel, g.recurrentKernel];
        return { x: g.x, weights, initialState: g.initialState };
      }
      case 'dense': {
        const g = denseBackward(this.denseProblem(place, x), dy);
        return { x: g.x, weights: layer.useBias ? [g.kernel, g.bias] : [g.kernel], initialState: null };
      }
      case 'activation': {
        const columns = place.outputShape.at(-1)!;
        return { x: activateBackward(layer.activation, x, dy, columns), weights: [], initialState: null };
      }
      case 'flatten':
        return { x: dy, weights: [], initialState: null };
    }
  }

  private recurrentProblem(place: Placed, x: Float64Array, batch: Omit<OracleBatch, 'y'>): SimpleRnnProblem {
    const layer = place.layer as OracleLayer & { kind: 'simple_rnn' };
    const [steps, inputs] = place.inputShape as [number, number];
    const [kernel, recurrentKernel, bias] = this.weights.slice(place.firstWeight) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    return {
      batch: batch.rows,
      steps,
      inputs,
      units: layer.units,
      activation: layer.activation,
      x,
      kernel,
      recurrentKernel,
      bias: layer.useBias ? bias : null,
      initialState: (place.takesInitialState && batch.initialState) || null,
    };
  }

  private denseProblem(place: Placed, x: Float64Array): DenseProblem {
    const layer = place.layer as OracleLayer & { kind: 'dense' };
    const inputs = place.inputShape.at(-1)!;
    return {
      rows: x.length / inputs,
      inputs,
      units: layer.units,
      activation: layer.activation,
      x,
      kernel: this.weights[place.firstWeight]!,
      bias: layer.useBias ? this.weights[place.firstWeight + 1]! : null,
    };
  }
}
