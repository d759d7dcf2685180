// SPDX-License-Identifier: MIT
// A model as one safetensors file: its weights are arrays under their names; everything else is JSON in the metadata,
// one text for each section, from which arrays (momenta, states) are lifted out to lie among the weights. Their names begin
// with a slash, as no name of a layer does.
import { FloatSource, type Floats } from '../arrays/float_source';
import { describe, refusal } from '../util/validate';
import { isPlainObject, readJson, writeJson } from './json';
import { SafetensorsFile, writeSafetensors, type Tensor } from './safetensors';

/** Sections of a file by name: plain data, with sources and typed arrays of floats and doubles anywhere in it. */
export type Sections = Readonly<Record<string, unknown>>;

/** What is written. */
export interface ModelContents {
  readonly weights: readonly WeightValues[];
  readonly sections: Sections;
  /** When arrays and sources have their values. */
  readonly whenFilled: Promise<void>;
}

/** A weight by the name that it has in files, and its values. */
export interface WeightValues {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Floats;
}

const FORMAT = 'ostinato';
const VERSION = '1';

/**
 * Writes a file, whole or not at all; what was there before stays where anything goes wrong.
 *
 * @throws DataError `ERR_IO`, `ERR_NOT_FOUND`; ConfigError `ERR_TYPE` where a section is no plain data, `ERR_CONFIG` where
 *   two arrays have one name
 */
export async function writeModelFile(
  where: string,
  path: string,
  { weights, sections, whenFilled }: ModelContents,
  overwrite = true,
): Promise<void> {
  const tensors: Tensor[] = [...weights];
  const metadata: Record<string, string> = { format: FORMAT, version: VERSION };
  for (const [section, value] of Object.entries(sections))
    metadata[section] = writeJson(`${where}, ${section}`, value, (data, place) => {
      if (!(data instanceof Float32Array || data instanceof Float64Array || data instanceof FloatSource))
        return undefined;
      const name = ['', section, ...place].join('/');
      tensors.push({ name, shape: [data.length], data });
      return name;
    });
  await whenFilled;
  await writeSafetensors(where, path, tensors, metadata, { overwrite });
}

/** A model file that is open for reading. */
export class ModelFile {
  readonly #where: string;
  readonly #file: SafetensorsFile;
  /** Arrays that sections speak of: each is read once, however often it is named. */
  readonly #lifted = new Map<string, Promise<Float32Array | Float64Array>>();

  private constructor(where: string, file: SafetensorsFile) {
    this.#where = where;
    this.#file = file;
  }

  /** Opens a file, lets `read` have it, and closes it. Throws as {@link SafetensorsFile.open}, and what `read` throws. */
  static async read<T>(where: string, path: string, read: (file: ModelFile) => Promise<T>): Promise<T> {
    const file = await SafetensorsFile.open(where, path);
    try {
      return await read(new ModelFile(`${where}, ${path}`, file));
    } finally {
      await file.close();
    }
  }

  /**
   * A section with its arrays; undefined where the file has none of this name.
   *
   * @throws DataError `ERR_DATA` where it is malformed, or written by a later version
   */
  section(name: string): Promise<unknown> {
    return this.#section(name, (tensor) => this.#array(tensor));
  }

  /** The same, with sources that are read while the file is open in the place of arrays of floats. */
  sectionOfSources(name: string): Promise<unknown> {
    return this.#section(name, (tensor) => this.#file.floats(tensor));
  }

  async #section(name: string, array: (tensor: string) => unknown): Promise<unknown> {
    const text = this.#file.metadata.get(name);
    if (text === undefined || this.#file.metadata.get('format') !== FORMAT) return undefined;
    const version = this.#file.metadata.get('version');
    if (version !== VERSION)
      throw refusal('ERR_DATA', this.#where, `version ${VERSION} of the format`, describe(version));
    return restore(readJson(`${this.#where}, ${name}`, text), array);
  }

  #array(name: string): Promise<Float32Array | Float64Array> {
    const isDouble = this.#file.tensors.get(name)?.dtype === 'F64';
    const values = this.#lifted.get(name) ?? (isDouble ? this.#file.readDoubles(name) : this.#file.readFloats(name));
    this.#lifted.set(name, values);
    return values;
  }

  /**
   * Sources of the values of weights, to be read while the file is open.
   *
   * @param weights the weights of the model, by the names that they have in files
   * @param skipMismatch gives undefined for what is missing or has another shape, and passes over what is too much
   * @throws DataError `ERR_DATA` where weights are missing, too many or of another type; ShapeError `ERR_SHAPE`
   */
  weights(weights: readonly Omit<WeightValues, 'data'>[], skipMismatch = false): (FloatSource | undefined)[] {
    if (!skipMismatch) this.#checkWeights(weights);
    return weights.map(({ name, shape }) => (this.#hasShape(name, shape) ? this.#file.floats(name) : undefined));
  }

  #hasShape(name: string, shape: readonly number[]): boolean {
    const given = this.#file.tensors.get(name)?.shape;
    return given?.length === shape.length && shape.every((size, axis) => size === given[axis]);
  }

  #checkWeights(weights: readonly Omit<WeightValues, 'data'>[]): void {
    const { tensors } = this.#file;
    const missing = weights.filter(({ name }) => !tensors.has(name)).map(({ name }) => name);
    if (missing.length > 0)
      throw refusal(
        'ERR_DATA',
        this.#where,
        `the weights ${listing(missing)}`,
        `a file with ${listing(tensors.keys())}`,
      );
    const known = new Set(weights.map(({ name }) => name));
    const extra = [...tensors.keys()].filter((name) => !known.has(name) && !name.startsWith('/'));
    if (extra.length > 0)
      throw refusal('ERR_DATA', this.#where, 'weights of this model alone', listing(extra), 'Is it of another model?');
    for (const { name, shape } of weights)
      if (!this.#hasShape(name, shape)) {
        const given = tensors.get(name)!.shape.join(', ');
        throw refusal('ERR_SHAPE', this.#where, `${describe(name)} of shape [${shape.join(', ')}]`, `[${given}]`);
      }
  }
}

/** Data of a section, with what `array` gives in the place of the names of arrays. */
async function restore(value: unknown, array: (tensor: string) => unknown): Promise<unknown> {
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) items.push(await restore(item, array));
    return items;
  }
  if (!isPlainObject(value)) return value;
  const { $tensor: name } = value;
  if (typeof name === 'string') return array(name);
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) entries.push([key, await restore(item, array)]);
  return Object.fromEntries(entries);
}

function listing(names: Iterable<string>): string {
  const all = [...names].map((name) => describe(name));
  if (all.length === 0) return 'no arrays';
  return all.length <= 6 ? all.join(', ') : `${all.slice(0, 6).join(', ')} and ${all.length - 6} more`;
}
