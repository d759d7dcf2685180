// SPDX-License-Identifier: MIT
// Batches of texts and labels from a folder of text files, one folder for each class, with Keras' exact order and splits.
// Source: keras/src/utils/{text_dataset_utils,dataset_utils}.py.
import { join } from 'node:path';
import { NdArray } from '../ndarray';
import { refuseMore } from '../util/arguments';
import { Mt19937 } from '../util/mt19937';
import { withDefaults } from '../util/options';
import { checkBoolean, checkInteger, checkNumber, checkOneOf, checkString, describe, refusal } from '../util/validate';
import { checkShuffleSeed, passOrder } from './pass_order';
import { readTexts, subfolders, textFiles } from './text_files';

/** How labels are written: int32 [B], one-hot float32 [B,K], or float32 [B,1] of 0 and 1. */
export type LabelMode = 'int' | 'categorical' | 'binary';

/** Options of {@link textDatasetFromDirectory}. `null` where Keras takes None. */
export interface TextDatasetOptions {
  /** 'inferred': the folder of a file is its class; or an id for each file, in the order of their paths; null: none. Default 'inferred'. */
  labels?: 'inferred' | readonly number[] | null;
  /** See {@link LabelMode}; null for texts alone. Default 'int'. */
  labelMode?: LabelMode | null;
  /** Names of the folders in the order of their labels; others are left out. Default null: all, in order. */
  classNames?: readonly string[] | null;
  /** Texts in a batch; null gives each text by itself. Default 32. */
  batchSize?: number | null;
  /** Characters (code points) that are kept of a text. Default null: all. */
  maxLength?: number | null;
  /** Whether texts come in a random order, another one in each pass, or in that of their paths. Default true. */
  shuffle?: boolean;
  /** Seed of the order, from 0 to 2^32 - 1. Default null: one that follows from `setRandomSeed`. */
  seed?: number | null;
  /** Share of the files, the last ones, that is kept for validation. Default null: none. */
  validationSplit?: number | null;
  /** Which part to give where there is a `validationSplit`; 'both' gives two data sets. Default null. */
  subset?: 'training' | 'validation' | 'both' | null;
  /** Whether to go into folders that are links. Default false. */
  followLinks?: boolean;
  /** Whether to print how many files there are. Default false. */
  verbose?: boolean;
}

type Texts<O> = O extends { batchSize: null } ? string : string[];

/** A batch: texts and labels, or texts alone; where `batchSize` is null, one text. */
export type TextBatch<O> = O extends { labels: null } | { labelMode: null }
  ? Texts<O>
  : [texts: Texts<O>, labels: NdArray<Int32Array> | NdArray<Float32Array>];

const WHERE = 'textDatasetFromDirectory';
const DEFAULTS = Object.freeze({
  labels: 'inferred',
  labelMode: 'int',
  classNames: null,
  batchSize: 32,
  maxLength: null,
  shuffle: true,
  seed: null,
  validationSplit: null,
  subset: null,
  followLinks: false,
  verbose: false,
});

/** Batches that can be gone through any number of times. */
export interface BatchSequence<T> extends AsyncIterable<T> {
  /** Batches in a pass. */
  readonly length: number;
  /** The same batches, each as a function makes it anew in every pass. */
  map<U>(transform: (batch: T) => U | Promise<U>): BatchSequence<U>;
}

interface LabelledFiles {
  readonly paths: readonly string[];
  /** Null where there are none. */
  readonly labels: Int32Array | null;
}

interface Reading {
  readonly labelMode: LabelMode;
  readonly batchSize: number | null;
  readonly maxLength: number | null;
  /** Null where texts are not shuffled. */
  readonly seed: number | null;
}

/** Texts of files, read while they are gone through; `fit` takes it once its texts are numbers, see {@link map}. */
export class TextDataset<Batch> implements BatchSequence<Batch> {
  readonly length: number;
  /** The number of the next pass, from 0; it decides the order where texts are shuffled. */
  epoch = 0;

  /** @internal Made by {@link textDatasetFromDirectory}. */
  constructor(
    private readonly files: LabelledFiles,
    /** Names of the classes in the order of their labels; null where there are none. */
    readonly classNames: readonly string[] | null,
    private readonly reading: Reading,
  ) {
    this.length = Math.ceil(files.paths.length / (reading.batchSize ?? 1));
  }

  /** Paths of the files, in the order of the first pass. */
  get filePaths(): readonly string[] {
    return this.files.paths;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch> {
    const { paths, labels } = this.files;
    const { batchSize, maxLength, seed } = this.reading;
    const order = passOrder(paths.length, seed, this.epoch++);
    for (let i = 0; i < order.length; i += batchSize ?? 1) {
      const part = order.subarray(i, i + (batchSize ?? 1));
      const texts = await readTexts(
        WHERE,
        Array.from(part, (index) => paths[index]!),
        maxLength,
      );
      const shown = batchSize === null ? texts[0]! : texts;
      if (labels === null) yield shown as Batch;
      else {
        const encoded = this.encode(part.map((index) => labels[index]!));
        yield [shown, batchSize === null ? encoded.row(0) : encoded] as Batch;
      }
    }
  }

  /**
   * The same batches as a function makes them, which is asked anew in every pass.
   *
   * @example
   * const files = await textDatasetFromDirectory('reviews', { labelMode: 'binary' });
   * const vectorize = new TextVectorization({ maxTokens: 10000, outputSequenceLength: 500 });
   * await vectorize.adapt(files.map(([texts]) => texts));
   * const batches = files.map(([texts, labels]) => [vectorize.call(texts), labels]);
   */
  map<U>(transform: (batch: Batch) => U | Promise<U>): BatchSequence<U> {
    return mapped(this, transform);
  }

  private encode(labels: Int32Array): NdArray<Int32Array> | NdArray<Float32Array> {
    const count = labels.length;
    switch (this.reading.labelMode) {
      case 'int':
        return new NdArray(labels, [count]);
      case 'binary':
        return new NdArray(Float32Array.from(labels), [count, 1]);
      case 'categorical': {
        const classes = this.classNames!.length;
        const rows = new Float32Array(count * classes);
        labels.forEach((label, row) => (rows[row * classes + label] = 1));
        return new NdArray(rows, [count, classes]);
      }
    }
  }
}

/**
 * Finds the text files of a folder, to be read batch by batch.
 *
 * A folder within `directory` is a class, and the `.txt` files in it and below it are its texts (UTF-8). Classes have labels in
 * the order of their names by code points, files come in that of their paths.
 *
 * With `shuffle`, the order of the first pass, and with it who belongs to which subset, is Keras'; TensorFlow's own shuffling,
 * which Keras adds to the order within a subset, is not done. Other passes: see {@link TextDataset.epoch}.
 *
 * Differs from Keras: `maxLength` counts characters, not bytes; files that are no UTF-8 and an empty subset are refused; nothing
 * is printed unless `verbose` is true; no `format`.
 *
 * @param directory the folder
 * @param options see {@link TextDatasetOptions}
 * @returns a data set, or `[training, validation]` with `subset: 'both'`
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE` for another number of labels than
 *   files; DataError `ERR_NOT_FOUND` where a folder or file cannot be read, `ERR_DATA` where there are no files or one is no
 *   UTF-8, `ERR_RANGE` where a label is outside the classes
 * @see keras/src/utils/text_dataset_utils.py
 *
 * @example
 * const [train, validation] = await textDatasetFromDirectory('aclImdb/train', {
 *   validationSplit: 0.2,
 *   subset: 'both',
 *   seed: 1337,
 * });
 * for await (const [texts, labels] of train) console.log(texts.length, labels.shape); // 32 [32] ...
 */
export async function textDatasetFromDirectory<const O extends TextDatasetOptions = object>(
  directory: string,
  options?: O,
  ...rest: []
): Promise<
  O extends { subset: 'both' }
    ? [training: TextDataset<TextBatch<O>>, validation: TextDataset<TextBatch<O>>]
    : TextDataset<TextBatch<O>>
> {
  refuseMore('textDatasetFromDirectory', rest);
  const given = checkOptions(directory, options);
  const { files, classNames } = await indexFiles(directory, given);
  if (given.labelMode === 'binary' && classNames?.length !== 2)
    throw refusal('ERR_CONFIG', WHERE, "two classes with labelMode 'binary'", `${classNames?.length}`);
  if (given.verbose) {
    const classes = classNames === null ? '' : ` belonging to ${classNames.length} classes`;
    console.log(`Found ${files.paths.length} files${classes}.`);
  }
  const dataset = (subset: 'training' | 'validation' | null, seed: number | null) => {
    const part = partOf(files, given.validationSplit, subset);
    if (files.paths.length === 0) throw refusal('ERR_DATA', WHERE, `files .txt in ${describe(directory)}`, 'none');
    if (part.paths.length === 0)
      throw refusal(
        'ERR_DATA',
        WHERE,
        `validationSplit to leave files for ${subset}, of ${files.paths.length} in ${describe(directory)}`,
        String(given.validationSplit),
      );
    if (given.verbose && subset !== null) console.log(`Using ${part.paths.length} files for ${subset}.`);
    return new TextDataset(part, classNames, { ...given, labelMode: given.labelMode ?? 'int', seed });
  };
  // As in Keras, validation beside training keeps its order.
  const result =
    given.subset === 'both'
      ? [dataset('training', given.seed), dataset('validation', null)]
      : dataset(given.subset, given.seed);
  return result as never;
}

function checkOptions(directory: unknown, options: TextDatasetOptions | undefined) {
  if (/^$|\0/.test(checkString(WHERE, 'directory', directory)))
    throw refusal('ERR_CONFIG', WHERE, 'directory to name a folder', describe(directory));
  const given = withDefaults(WHERE, options, DEFAULTS);
  const { labels, classNames, subset } = given;
  if (labels !== null && labels !== 'inferred' && !Array.isArray(labels))
    throw refusal('ERR_TYPE', WHERE, "labels to be 'inferred', an array of ids or null", describe(labels));
  const labelMode =
    given.labelMode === null || labels === null
      ? null
      : checkOneOf(WHERE, 'labelMode', given.labelMode, ['int', 'categorical', 'binary']);
  if (classNames !== null) {
    if (labels !== 'inferred' || labelMode === null)
      throw refusal('ERR_CONFIG', WHERE, "classNames only with labels 'inferred'", 'other labels, or none');
    if (!Array.isArray(classNames) || classNames.length === 0)
      throw refusal('ERR_TYPE', WHERE, 'classNames to be an array of names or null', describe(classNames));
    const names = Array.from(classNames, (name, i) => checkString(WHERE, `classNames[${i}]`, name));
    if (new Set(names).size < names.length) throw refusal('ERR_CONFIG', WHERE, 'each class once', describe(names));
  }
  const validationSplit =
    checkNumber(WHERE, 'validationSplit', given.validationSplit ?? 0, { min: 0, max: 1, belowMax: true }) || null;
  if (subset !== null) checkOneOf(WHERE, 'subset', subset, ['training', 'validation', 'both']);
  if ((validationSplit === null) !== (subset === null))
    throw refusal(
      'ERR_CONFIG',
      WHERE,
      'validationSplit and subset together',
      validationSplit ? 'no subset' : 'no split',
    );
  const shuffle = checkBoolean(WHERE, 'shuffle', given.shuffle);
  const seed = checkShuffleSeed(WHERE, given.seed);
  if (validationSplit !== null && shuffle && given.seed === null)
    throw refusal('ERR_CONFIG', WHERE, 'a seed where files are shuffled and split', 'none', 'Else subsets overlap.');
  return {
    labels: labelMode === null ? null : labels,
    labelMode,
    classNames,
    validationSplit,
    subset,
    batchSize: given.batchSize === null ? null : checkInteger(WHERE, 'batchSize', given.batchSize),
    maxLength: given.maxLength === null ? null : checkInteger(WHERE, 'maxLength', given.maxLength),
    seed: shuffle ? seed : null,
    followLinks: checkBoolean(WHERE, 'followLinks', given.followLinks),
    verbose: checkBoolean(WHERE, 'verbose', given.verbose),
  };
}

/** The files with their labels, shuffled where a seed says so, and the names of the classes. */
async function indexFiles(
  directory: string,
  { labels, labelMode, classNames, followLinks, seed }: ReturnType<typeof checkOptions>,
): Promise<{ files: LabelledFiles; classNames: readonly string[] | null }> {
  const found =
    labels === 'inferred'
      ? await inferLabels(directory, classNames, followLinks)
      : giveLabels(await textFiles(WHERE, directory, followLinks), labels, labelMode);
  const { paths, labels: ids, classNames: names } = found;
  const order = Int32Array.from({ length: paths.length }, (_, i) => i);
  if (seed !== null) new Mt19937(seed).shuffle(order);
  const files = { paths: Array.from(order, (i) => paths[i]!), labels: ids && order.map((i) => ids[i]!) };
  return { files, classNames: names };
}

async function inferLabels(directory: string, classNames: readonly string[] | null, followLinks: boolean) {
  const folders = await subfolders(WHERE, directory);
  const missing = classNames?.find((name) => !folders.includes(name));
  if (missing !== undefined)
    throw refusal(
      'ERR_CONFIG',
      WHERE,
      `classNames among the folders ${folders.map(describe).join(', ')}`,
      describe(missing),
    );
  const names = classNames ?? folders;
  const paths: string[] = [];
  const labels: number[] = [];
  for (const [label, name] of names.entries()) {
    const files = await textFiles(WHERE, join(directory, name), followLinks);
    for (const file of files) {
      paths.push(file);
      labels.push(label);
    }
  }
  return { paths, labels: Int32Array.from(labels), classNames: names };
}

function giveLabels(paths: string[], labels: readonly number[] | null, labelMode: LabelMode | null) {
  if (labels === null) return { paths, labels: null, classNames: null };
  const ids = Array.from(labels, (label, i) => checkInteger(WHERE, `labels[${i}]`, label, 0));
  if (ids.length !== paths.length)
    throw refusal('ERR_SHAPE', WHERE, `${paths.length} labels, one for each file`, `${ids.length}`);
  const classes = [...new Set(ids)].sort((a, b) => a - b);
  const outside = labelMode === 'int' ? undefined : ids.find((id) => id >= classes.length);
  if (outside !== undefined)
    throw refusal(
      'ERR_RANGE',
      WHERE,
      `labels from 0 to ${classes.length - 1}, for there are ${classes.length}`,
      `${outside}`,
    );
  return { paths, labels: Int32Array.from(ids), classNames: classes.map(String) };
}

function partOf(
  { paths, labels }: LabelledFiles,
  share: number | null,
  subset: 'training' | 'validation' | null,
): LabelledFiles {
  if (share === null || subset === null) return { paths, labels };
  const split = paths.length - Math.trunc(share * paths.length);
  const [begin, end] = subset === 'training' ? [0, split] : [split, paths.length];
  // Keras takes everything for validation where the share is less than one file; it is refused as empty here.
  return { paths: paths.slice(begin, end), labels: labels && labels.subarray(begin, end) };
}

function mapped<T, U>(source: BatchSequence<T>, transform: (batch: T) => U | Promise<U>): BatchSequence<U> {
  if (typeof transform !== 'function')
    throw refusal('ERR_TYPE', 'TextDataset.map', 'a function of a batch', describe(transform));
  const result: BatchSequence<U> = {
    length: source.length,
    map: (next) => mapped(result, next),
    async *[Symbol.asyncIterator]() {
      for await (const batch of source) yield await transform(batch);
    },
  };
  return result;
}
