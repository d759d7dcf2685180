// SPDX-License-Identifier: MIT
// The data of a call: arrays and sources of batches, checked against model and loss, copied into the engine, and opened as
// feeds. All that callers passed as arrays is copied before these return.
import { NdArray } from '../ndarray';
import { allocate } from '../arrays/nested_arrays';
import { readTargets, type Targets } from '../losses/targets';
import { callEngine } from '../native/engine';
import { describe, refusal } from '../util/validate';
import { MemoryFeed, type Feed, type Portion, type RowRange } from './feed';
import { makeDataset, readInputs, type Inputs } from './inputs';
import { isBatchSource, SourceFeed, type BatchSource } from './source_feed';
import { classWeights, combineWeights, readWeights, type Weights } from './weights';
import type { Loss } from '../losses';
import type { Compiled } from './compiled';
import type { Validation } from './fit_loop';
import type { ResolvedFit, ResolvedPass } from './options';
import type { ProgressTracker } from './progress';
import type { TrainerHost, TrainingEngine } from './trainer_host';

/** Rows to train or evaluate on, as they were given. */
export interface GivenRows {
  /** How messages call them: nothing for the arguments themselves, else a prefix with a blank after it. */
  readonly prefix: string;
  readonly x: unknown;
  readonly y: unknown;
  readonly sampleWeight?: unknown;
  readonly classWeight?: unknown;
}

/** Outputs of rows: where each portion goes, and what they come to. */
export interface Collector {
  readonly outputs: (portion: Portion) => Float32Array;
  readonly result: () => NdArray;
}

/** Opens the data of calls of one model. */
export class DataReader {
  constructor(
    private readonly host: TrainerHost,
    private readonly engine: () => TrainingEngine,
  ) {}

  /** Training and validation: the latter are the last rows of the same data, or data of their own, or none. */
  openFeeds(
    where: string,
    compiled: Compiled,
    options: ResolvedFit,
    progress: ProgressTracker,
    x: unknown,
    y: unknown,
  ): { train: Feed; validation: Validation | undefined } {
    const { sampleWeight, classWeight, validationData, validationSplit, batchSize, stepsPerEpoch, shuffle } = options;
    const { validationBatchSize, validationSteps, validationFreq: frequency } = options;
    const validationOptions = { batchSize: validationBatchSize, steps: validationSteps };
    const given = { prefix: '', x, y, sampleWeight, classWeight };
    const own =
      validationData === undefined
        ? undefined
        : {
            feed: this.#openValidation(where, compiled, validationData, validationBatchSize, validationSteps),
            frequency,
          };
    if (isBatchSource(x)) {
      refuseBesideSource(where, { sampleWeight, validationSplit: own === undefined && validationSplit !== 0 });
      const train = this.#sourceFeed(where, compiled, x, 'x', classWeight, stepsPerEpoch, options.initialEpoch);
      return { train, validation: own };
    }
    const all = this.readRows(where, compiled, given);
    const permute = (pass: number, order: Int32Array): void =>
      callEngine(() => this.engine().permutation(progress.seed, pass, order));
    const open = (rows: RowRange): Feed =>
      this.memoryFeed(where, rows, { batchSize, steps: stepsPerEpoch, permute: shuffle ? permute : undefined });
    if (own !== undefined || validationSplit === 0) return { train: open(all), validation: own };
    const split = Math.floor(all.end * (1 - validationSplit));
    if (split === 0 || split === all.end)
      throw refusal(
        'ERR_CONFIG',
        where,
        `validationSplit to leave rows on either side of ${all.end}`,
        String(validationSplit),
      );
    const feed = this.memoryFeed(where, { ...all, begin: split }, validationOptions);
    return { train: open({ ...all, end: split }), validation: { feed, frequency } };
  }

  #openValidation(
    where: string,
    compiled: Compiled,
    data: unknown,
    batchSize: number,
    steps: number | undefined,
  ): Feed {
    if (isBatchSource(data)) return this.#sourceFeed(where, compiled, data, 'validationData', undefined, steps, 0);
    if (!Array.isArray(data) || data.length < 2 || data.length > 3)
      throw refusal('ERR_TYPE', where, 'validationData to be [x, y] or [x, y, sampleWeight]', describe(data));
    const [x, y, sampleWeight] = data as readonly unknown[];
    const rows = this.readRows(where, compiled, { prefix: 'validationData ', x, y, sampleWeight });
    return this.memoryFeed(where, rows, { batchSize, steps });
  }

  openFeed(
    where: string,
    compiled: Compiled,
    { x, y, sampleWeight }: Pick<GivenRows, 'x' | 'y' | 'sampleWeight'>,
    { batchSize }: ResolvedPass,
    steps: number | undefined,
  ): Feed {
    if (isBatchSource(x)) {
      refuseBesideSource(where, { sampleWeight });
      return this.#sourceFeed(where, compiled, x, 'x', undefined, steps, 0);
    }
    const rows = this.readRows(where, compiled, { prefix: '', x, y, sampleWeight });
    return this.memoryFeed(where, rows, { batchSize, steps });
  }

  memoryFeed(where: string, rows: RowRange, options: ConstructorParameters<typeof MemoryFeed>[2]): Feed {
    this.host.expectBatches(where, rows.end - rows.begin, options.batchSize);
    return new MemoryFeed(where, rows, options);
  }

  #sourceFeed(
    where: string,
    compiled: Compiled,
    source: BatchSource<unknown>,
    name: string,
    classWeight: unknown,
    steps: number | undefined,
    firstEpoch: number,
  ): Feed {
    const read = (item: unknown, index: number): RowRange => {
      const prefix = `batch ${index} of ${name}: `;
      if (!Array.isArray(item) || item.length < 2 || item.length > 3)
        throw refusal('ERR_TYPE', where, `${prefix}[x, y] or [x, y, sampleWeight]`, describe(item));
      const [x, y, sampleWeight] = item as readonly unknown[];
      const rows = this.readRows(where, compiled, { prefix, x, y, sampleWeight, classWeight });
      this.host.expectBatches(where, rows.end, rows.end);
      return rows;
    };
    return new SourceFeed(where, source, { steps, firstEpoch, read: (item, index) => read(item, index).dataset });
  }

  predictRows(where: string, x: unknown, size: number, steps: number | undefined): Collector & { feed: Feed } {
    const inputs = readInputs(where, 'x', x, this.host);
    const { outputAxes } = inputs;
    const batchSize = Math.min(size, inputs.rows);
    const rows = Math.min(inputs.rows, (steps ?? Infinity) * batchSize);
    const dataset = makeDataset(where, this.engine(), this.host, inputs, null);
    const outputs = allocate(where, () => new Float32Array(outputAxes.reduce((a, b) => a * b, rows)));
    const feed = this.memoryFeed(where, { dataset, begin: 0, end: rows }, { batchSize, steps: undefined });
    return { feed, outputs: () => outputs, result: () => new NdArray(outputs, [rows, ...outputAxes]) };
  }

  /** Every batch has its own outputs; in the end they are put together. */
  predictSource(where: string, source: BatchSource<unknown>, steps: number | undefined): Collector & { feed: Feed } {
    const parts: Float32Array[] = [];
    const pending = new Map<unknown, Float32Array>();
    let axes: readonly number[] | undefined;
    let rows = 0;
    const read = (item: unknown, index: number) => {
      const what = `batch ${index} of x`;
      const inputs = readInputs(where, what, isTuple(item) ? item[0] : item, this.host);
      axes ??= inputs.outputAxes;
      if (inputs.outputAxes.join() !== axes.join())
        throw refusal(
          'ERR_SHAPE',
          where,
          `${what} to give outputs of axes [${axes.join(', ')}] as the first`,
          `[${inputs.outputAxes.join(', ')}]`,
        );
      this.host.expectBatches(where, inputs.rows, inputs.rows);
      const dataset = makeDataset(where, this.engine(), this.host, inputs, null);
      const outputs = allocate(where, () => new Float32Array(axes!.reduce((a, b) => a * b, inputs.rows)));
      pending.set(dataset, outputs);
      return dataset;
    };
    const outputs = ({ datasets }: Portion): Float32Array => {
      const part = pending.get(datasets[0])!;
      pending.delete(datasets[0]);
      parts.push(part);
      rows += datasets[0]!.rows;
      return part;
    };
    const result = (): NdArray => {
      const joined = allocate(where, () => new Float32Array(axes!.reduce((a, b) => a * b, rows)));
      let begin = 0;
      for (const part of parts) {
        joined.set(part, begin);
        begin += part.length;
      }
      return new NdArray(joined, [rows, ...axes!]);
    };
    const feed = new SourceFeed(where, source, { steps, firstEpoch: 0, read, isTakenOneByOne: true });
    return { feed, outputs, result };
  }

  /** Inputs, targets and weights, checked and copied into the engine. */
  readRows(where: string, compiled: Compiled, { prefix, x, y, sampleWeight, classWeight }: GivenRows): RowRange {
    const inputs = readInputs(where, `${prefix}x`, x, this.host);
    const { rows, outputAxes } = inputs;
    const loss = compiled.lossOf(where, `${prefix}y`, y, outputAxes);
    const counts = this.host.outputMask(inputs.array);
    const targets = readTargets(where, `${prefix}y`, y, loss, rows, outputAxes, counts);
    const weights = this.#readWeights(where, loss, { prefix, sampleWeight, classWeight }, targets, inputs);
    compiled.tell(where, this.host.native(), outputAxes.at(-1)!, this.host.layers, loss);
    const dataset = makeDataset(where, this.engine(), this.host, inputs, targets, weights);
    return { dataset, begin: 0, end: rows };
  }

  #readWeights(
    where: string,
    loss: Loss,
    { prefix, sampleWeight, classWeight }: Pick<GivenRows, 'prefix' | 'sampleWeight' | 'classWeight'>,
    targets: Targets,
    { rows, outputAxes }: Inputs,
  ): Weights | null {
    const what = `${prefix}sampleWeight`;
    const weighed = loss.targetRule === 'labels' ? outputAxes.slice(-1) : outputAxes;
    const ofSample = isGiven(sampleWeight) ? readWeights(where, what, sampleWeight, rows, weighed) : null;
    const ofClass = isGiven(classWeight) ? classWeights(where, classWeight, targets, loss, rows, outputAxes) : null;
    return combineWeights(where, ofSample, ofClass);
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Options that are for arrays alone. */
function refuseBesideSource(where: string, options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && value !== null && value !== false)
      throw refusal(
        'ERR_CONFIG',
        where,
        `${name} with arrays alone`,
        'one with a source of batches',
        name === 'sampleWeight' ? 'Batches may be [x, y, sampleWeight].' : 'Use validationData.',
      );
}

/** Whether a batch for `predict` is what `fit` takes, [x, y] with arrays that have a shape, rather than x itself. */
function isTuple(item: unknown): item is readonly unknown[] {
  if (!Array.isArray(item)) return false;
  const first: unknown = item[0];
  return typeof first === 'object' && first !== null && 'data' in first && 'shape' in first;
}
