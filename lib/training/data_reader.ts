// SPDX-License-Identifier: MIT
// The data of a call: arrays and sources of batches, checked against model and loss, copied into the engine, and opened as
// feeds. All that callers passed as arrays is copied before these return.
import { NdArray } from '../ndarray';
import { joinInTurns } from '../arrays/copy';
import { callEngine } from '../native/engine';
import { describe, refusal } from '../util/validate';
import {
  ALONE,
  MemoryFeed,
  SPLIT,
  TRAINING,
  VALIDATION,
  type Feed,
  type MemoryFeedOptions,
  type Portion,
  type HeldRows,
} from './feed';
import { fitInputs, makeDataset, readInputs, roomFor, type Inputs } from './inputs';
import { readOutputs, type CheckedTargets, type GivenRows } from './outputs';
import { isPlain } from './structure';
import { isBatchSource, SourceFeed, type BatchSource, type SourceFeedOptions } from './source_feed';
import { StatefulBatches } from './stateful_batches';
import { combineWeights } from './weights';
import type { Compiled } from './compiled';
import type { Validation } from './fit_loop';
import type { NativeDataset } from '../native/binding';
import type { ResolvedFit, ResolvedPass } from './options';
import type { ProgressTracker } from './progress';
import type { TrainerHost, TrainingEngine } from './trainer_host';

/** Outputs of rows: where each portion goes, and what they come to. */
export interface Collector {
  /** One for each output of the model. */
  readonly outputs: (portion: Portion) => Float32Array[];
  readonly result: () => NdArray[] | Promise<NdArray[]>;
}

/** Opens the data of a call. */
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
    const { sampleWeight, classWeight, validationData, initialEpoch, stepsPerEpoch, validationFreq } = options;
    const call = this.#call(where, compiled);
    const validationSplit = validationData === undefined ? options.validationSplit : 0;
    const size = { batchSize: options.validationBatchSize, steps: options.validationSteps };
    const opened = (train: Feed, feed = this.#openValidation(call, validationData, size)) => {
      return { train, validation: feed && { feed, frequency: validationFreq } };
    };
    if (isBatchSource(x)) {
      refuseBesideSource(where, { sampleWeight, validationSplit: validationSplit !== 0 });
      const pass = { role: TRAINING, steps: stepsPerEpoch, firstEpoch: initialEpoch };
      return opened(this.#sourceFeed(call, x, pass, classWeight));
    }
    const checked = this.#checkRows(call, { prefix: '', x, y, sampleWeight, classWeight });
    const { rows } = checked.inputs;
    const end = validationSplit === 0 ? rows : splitAt(where, rows, validationSplit);
    const permute = (pass: number, order: Int32Array): void =>
      callEngine(() => this.engine().permutation(progress.seed, pass, order));
    const train = this.#rowsFeed(call, this.#copyRows(call, checked, 0, end), {
      role: TRAINING,
      batchSize: options.batchSize,
      steps: stepsPerEpoch,
      permute: options.shuffle ? permute : undefined,
    });
    if (end === rows) return opened(train);
    // Class weights are for training: a validation measures what `evaluate` would.
    const targets = checked.targets.map((of) => of && { ...of, ofClass: null });
    const held = this.#copyRows(call, { ...checked, targets }, end, rows);
    return opened(train, this.#rowsFeed(call, held, { role: SPLIT, ...size }));
  }

  #openValidation(call: Call, data: unknown, size: Pick<MemoryFeedOptions, 'batchSize' | 'steps'>): Feed | undefined {
    if (data === undefined) return undefined;
    if (isBatchSource(data)) return this.#sourceFeed(call, data, { role: VALIDATION, steps: size.steps });
    if (!Array.isArray(data) || data.length < 2 || data.length > 3)
      throw refusal('ERR_TYPE', call.where, 'validationData to be [x, y] or [x, y, sampleWeight]', describe(data));
    const [x, y, sampleWeight] = data as readonly unknown[];
    const held = this.#readRows(call, { prefix: 'validationData ', x, y, sampleWeight });
    return this.#rowsFeed(call, held, { role: VALIDATION, ...size });
  }

  openFeed(
    where: string,
    compiled: Compiled,
    { x, y, sampleWeight }: Pick<GivenRows, 'x' | 'y' | 'sampleWeight'>,
    { batchSize }: ResolvedPass,
    steps: number | undefined,
  ): Feed {
    const call = this.#call(where, compiled);
    if (isBatchSource(x)) {
      refuseBesideSource(where, { sampleWeight });
      return this.#sourceFeed(call, x, { role: ALONE, steps });
    }
    return this.#rowsFeed(call, this.#readRows(call, { prefix: '', x, y, sampleWeight }), {
      role: ALONE,
      batchSize,
      steps,
    });
  }

  /** All rows as one batch. */
  openBatch(where: string, compiled: Compiled, given: GivenRows): { feed: MemoryFeed; rows: number } {
    const call = this.#call(where, compiled);
    const held = this.#readRows(call, given);
    return {
      feed: this.#rowsFeed(call, held, { role: ALONE, batchSize: held.rows, steps: undefined }),
      rows: held.rows,
    };
  }

  /** Rows of a call that reads no others. */
  memoryFeed(where: string, held: HeldRows, batchSize: number): Feed {
    const batches = new StatefulBatches(where, this.host);
    return this.#rowsFeed({ where, batches }, held, { role: ALONE, batchSize, steps: undefined });
  }

  #call(where: string, compiled: Compiled): Call {
    return { where, compiled, batches: new StatefulBatches(where, this.host) };
  }

  #rowsFeed(
    { where, batches }: Pick<Call, 'where' | 'batches'>,
    held: HeldRows,
    options: MemoryFeedOptions,
  ): MemoryFeed {
    const { batchSize, role } = options;
    batches.expectRows({ what: role.data, rows: held.rows, batchSize, option: role.batchSize });
    return new MemoryFeed(where, held, options);
  }

  #sourceFeed(
    call: Call,
    source: BatchSource<unknown>,
    pass: Pick<SourceFeedOptions, 'role' | 'steps'> & { readonly firstEpoch?: number },
    classWeight?: unknown,
  ): Feed {
    const { where, batches } = call;
    const read = (item: unknown, index: number): NativeDataset => {
      const batch = `batch ${index} of ${pass.role.data}`;
      if (!Array.isArray(item) || item.length < 2 || item.length > 3)
        throw refusal('ERR_TYPE', where, `${batch}: [x, y] or [x, y, sampleWeight]`, describe(item));
      const [x, y, sampleWeight] = item as readonly unknown[];
      const { dataset, rows } = this.#readRows(call, { prefix: `${batch}: `, x, y, sampleWeight, classWeight });
      batches.expectBatch(batch, rows);
      return dataset;
    };
    return new SourceFeed(where, source, { firstEpoch: 0, ...pass, read });
  }

  predictRows(where: string, x: unknown, size: number, steps: number | undefined): Collector & { feed: Feed } {
    const inputs = fitInputs(where, readInputs(where, 'x', x, this.host), this.host);
    const batchSize = Math.min(size, inputs.rows);
    const rows = Math.min(inputs.rows, (steps ?? Infinity) * batchSize);
    const dataset = makeDataset(where, this.engine(), this.host, inputs, []);
    const outputs = roomFor(where, inputs, rows);
    const feed = this.memoryFeed(where, { dataset, rows }, batchSize);
    const result = (): NdArray[] =>
      outputs.map((data, index) => new NdArray(data, [rows, ...inputs.outputAxes[index]!]));
    return { feed, outputs: () => outputs, result };
  }

  /** Every batch has its own outputs; in the end they are put together. */
  predictSource(where: string, source: BatchSource<unknown>, steps: number | undefined): Collector & { feed: Feed } {
    const parts: Float32Array[][] = [];
    const pending = new Map<unknown, Float32Array[]>();
    let first: Inputs | undefined;
    let rows = 0;
    const batches = new StatefulBatches(where, this.host);
    const isBatch = this.host.dataInputs.length > 1 ? isTupleOfStructures : isTuple;
    const read = (item: unknown, index: number) => {
      const what = `batch ${index} of x`;
      const x: unknown = isBatch(item) ? item[0] : item;
      const inputs = fitInputs(where, readInputs(where, what, x, this.host), this.host);
      first ??= inputs;
      const axes = axesText(inputs);
      if (axes !== axesText(first))
        throw refusal('ERR_SHAPE', where, `${what} to give outputs of axes ${axesText(first)} as the first`, axes);
      batches.expectBatch(what, inputs.rows);
      const dataset = makeDataset(where, this.engine(), this.host, inputs, []);
      pending.set(dataset, roomFor(where, inputs, inputs.rows));
      return dataset;
    };
    const outputs = ({ datasets }: Portion): Float32Array[] => {
      const part = pending.get(datasets[0])!;
      pending.delete(datasets[0]);
      parts.push(part);
      rows += datasets[0]!.rows;
      return part;
    };
    const result = (): Promise<NdArray[]> =>
      Promise.all(
        first!.outputAxes.map(async (axes, index) => {
          const joined = await joinInTurns(
            where,
            parts.map((part) => part[index]!),
          );
          return new NdArray(joined, [rows, ...axes]);
        }),
      );
    const feed = new SourceFeed(where, source, { role: ALONE, steps, firstEpoch: 0, read, isTakenOneByOne: true });
    return { feed, outputs, result };
  }

  /** Inputs, targets and weights, checked and copied into the engine. */
  #readRows(call: Call, given: GivenRows): HeldRows {
    const checked = this.#checkRows(call, given);
    return this.#copyRows(call, checked, 0, checked.inputs.rows);
  }

  /** The data is read, the model is built for it, and the engine is told of losses and metrics. */
  #checkRows({ where, compiled }: Call, given: GivenRows): CheckedRows {
    const read = readInputs(where, `${given.prefix}x`, given.x, this.host);
    const inputs = fitInputs(where, read, this.host);
    const { targets, losses } = readOutputs(where, compiled, this.host, inputs, given);
    const lastAxes = inputs.outputAxes.map((axes) => axes.at(-1)!);
    compiled.tell(where, this.host.nativeModel(), lastAxes, this.host, losses);
    return { inputs, targets };
  }

  /** Some of the rows, copied into the engine. */
  #copyRows({ where }: Call, { inputs, targets }: CheckedRows, begin: number, end: number): HeldRows {
    const combined = targets.map(
      (of) => of && { targets: of.targets, weights: combineWeights(where, of.ofSample, of.ofClass) },
    );
    const dataset = makeDataset(where, this.engine(), this.host, inputs, combined, { begin, end });
    return { dataset, rows: end - begin };
  }
}

function axesText({ outputAxes }: Inputs): string {
  return outputAxes.map((axes) => `[${axes.join(', ')}]`).join(' and ');
}

/** What all data of one call share. */
interface Call {
  readonly where: string;
  readonly compiled: Compiled;
  readonly batches: StatefulBatches;
}

/** Rows that fit model and losses. */
interface CheckedRows {
  readonly inputs: Inputs;
  /** One for each output; null where it has no loss. */
  readonly targets: readonly (CheckedTargets | null)[];
}

/** How many rows are to train on, where a share of them, the last ones, is held out for validation. */
function splitAt(where: string, rows: number, validationSplit: number): number {
  const end = Math.floor(rows * (1 - validationSplit));
  if (end > 0 && end < rows) return end;
  const expected = `validationSplit to leave rows on either side of ${rows}`;
  throw refusal('ERR_CONFIG', where, expected, String(validationSplit));
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

/** The same for several inputs: x is a list or an object by name, and no array with a shape. */
function isTupleOfStructures(item: unknown): item is readonly unknown[] {
  return Array.isArray(item) && (Array.isArray(item[0]) || isPlain(item[0]));
}
