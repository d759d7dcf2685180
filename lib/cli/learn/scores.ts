// SPDX-License-Identifier: MIT
// How predictions compare with labels: counts by class, errors of numbers, and the rows that are furthest off.
import type { NdArray } from '../../ndarray';
import type { Recipe } from './recipe';

/** A row whose prediction is far off. */
export interface Mistake {
  readonly line: number;
  readonly label: string;
  readonly prediction: string;
  /** What the model gave the predicted class; of a regression the error. */
  readonly score: number;
  /** The beginning of its text; '' where it has none. */
  readonly text: string;
}

/** Of one class. NaN stands for a share of nothing. */
export interface ClassScores {
  readonly label: string;
  readonly rows: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface ClassificationScores {
  readonly rows: number;
  readonly accuracy: number;
  /** The mean of minus the logarithm of what the model gave the right class. */
  readonly logLoss: number;
  readonly classes: readonly ClassScores[];
  /** Rows by label (first axis) and prediction. */
  readonly confusion: readonly (readonly number[])[];
  readonly mistakes: readonly Mistake[];
}

export interface RegressionScores {
  readonly rows: number;
  readonly meanAbsoluteError: number;
  readonly rootMeanSquaredError: number;
  /** 1: exact; 0: as good as the mean of the labels. */
  readonly r2: number;
  readonly mistakes: readonly Mistake[];
}

export type Scores = ClassificationScores | RegressionScores;

/** Where a row stands, and its text. */
export interface RowName {
  readonly line: number;
  text(): string;
}

const MISTAKES = 10;
const TEXT = 600;
/** Keras' epsilon: a probability of 0 costs no infinity. */
const EPSILON = 1e-7;

/** Adds predictions batch by batch. */
export interface Scorer {
  /** @param outputs [N,K] of the model; `targets` [N] */
  add(outputs: NdArray, targets: ArrayLike<number>, rows: readonly RowName[]): void;
  scores(): Scores;
}

export function makeScorer(recipe: Recipe): Scorer {
  return recipe.task === 'regression' ? new RegressionScorer() : new ClassScorer(recipe.labels);
}

/** The class that a row of outputs says, and what it gives each class. */
export function classOf(outputs: ArrayLike<number>): { id: number; probabilities: number[] } {
  const probabilities = outputs.length === 1 ? [1 - outputs[0]!, outputs[0]!] : Array.from(outputs);
  return { id: probabilities.indexOf(Math.max(...probabilities)), probabilities };
}

class Worst {
  readonly #found: (Mistake & { readonly weight: number })[] = [];

  add(weight: number, row: RowName, mistake: Omit<Mistake, 'line' | 'text'>): void {
    const found = this.#found;
    if (found.length === MISTAKES && weight <= found.at(-1)!.weight) return;
    const text = Buffer.from(row.text().slice(0, TEXT)).toString();
    const at = found.findIndex((other) => other.weight < weight);
    found.splice(at < 0 ? found.length : at, 0, { weight, line: row.line, ...mistake, text });
    found.splice(MISTAKES);
  }

  get mistakes(): Mistake[] {
    return this.#found.map(({ line, label, prediction, score, text }) => ({ line, label, prediction, score, text }));
  }
}

class ClassScorer implements Scorer {
  readonly #labels: readonly string[];
  readonly #counts: Float64Array;
  readonly #worst = new Worst();
  #rows = 0;
  #loss = 0;

  constructor(labels: readonly string[]) {
    this.#labels = labels;
    this.#counts = new Float64Array(labels.length ** 2);
  }

  add(outputs: NdArray, targets: ArrayLike<number>, rows: readonly RowName[]): void {
    const width = outputs.shape[1]!;
    const labels = this.#labels;
    rows.forEach((row, at) => {
      const { id, probabilities } = classOf(outputs.data.subarray(at * width, (at + 1) * width));
      const target = targets[at]!;
      const place = target * labels.length + id;
      this.#counts[place] = this.#counts[place]! + 1;
      this.#loss -= Math.log(Math.max(probabilities[target]!, EPSILON));
      const score = probabilities[id]!;
      if (id !== target) this.#worst.add(score, row, { label: labels[target]!, prediction: labels[id]!, score });
    });
    this.#rows += rows.length;
  }

  scores(): ClassificationScores {
    const labels = this.#labels;
    const confusion = labels.map((_, id) =>
      Array.from(this.#counts.subarray(id * labels.length, (id + 1) * labels.length)),
    );
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    const classes = labels.map((label, id) => {
      const right = confusion[id]![id]!;
      const rows = sum(confusion[id]!);
      const precision = right / sum(confusion.map((row) => row[id]!));
      const recall = right / rows;
      return { label, rows, precision, recall, f1: (2 * precision * recall) / (precision + recall) };
    });
    const accuracy = sum(labels.map((_, id) => confusion[id]![id]!)) / this.#rows;
    return {
      rows: this.#rows,
      accuracy,
      logLoss: this.#loss / this.#rows,
      classes,
      confusion,
      mistakes: this.#worst.mistakes,
    };
  }
}

class RegressionScorer implements Scorer {
  readonly #worst = new Worst();
  #rows = 0;
  #absolute = 0;
  #squares = 0;
  /** Mean of the labels, and the sum of squares around it (Welford 1962). */
  #mean = 0;
  #spread = 0;

  add(outputs: NdArray, targets: ArrayLike<number>, rows: readonly RowName[]): void {
    rows.forEach((row, at) => {
      const [target, prediction] = [targets[at]!, outputs.data[at]!];
      const error = prediction - target;
      this.#rows++;
      this.#absolute += Math.abs(error);
      this.#squares += error * error;
      const distance = target - this.#mean;
      this.#mean += distance / this.#rows;
      this.#spread += distance * (target - this.#mean);
      const mistake = { label: String(target), prediction: String(prediction), score: error };
      this.#worst.add(Math.abs(error), row, mistake);
    });
  }

  scores(): RegressionScores {
    return {
      rows: this.#rows,
      meanAbsoluteError: this.#absolute / this.#rows,
      rootMeanSquaredError: Math.sqrt(this.#squares / this.#rows),
      r2: 1 - this.#squares / this.#spread,
      mistakes: this.#worst.mistakes,
    };
  }
}
