// SPDX-License-Identifier: MIT
// Formats of files by the ends of their names: the one table that loadModel, save, loadWeights and saveWeights go by.
import {
  readKeras,
  readKerasWeights,
  readLegacy,
  readLegacyWeights,
  writeKeras,
  writeKerasWeights,
  writeLegacy,
  writeLegacyWeights,
  type WeightsChoice,
} from '../formats/keras';
import { ONNX_DEFAULTS, readOnnx, writeOnnx } from '../formats/onnx';
import { readTfjs, readTfjsWeights, refuseTfjs } from '../formats/tfjs';
import { describe, refusal } from '../util/validate';
import type { DescribedModel, ModelDocument, ReadDocument, WriteDocument } from '../formats/document';

/** Reads weights for a described model. */
type ReadWeights = <T>(
  where: string,
  path: string,
  model: DescribedModel,
  choice: WeightsChoice,
  use: (document: ModelDocument) => Promise<T>,
) => Promise<T>;

/** A format whose files are read and written as documents. */
export interface DocumentFormat {
  /** Absent where such files hold weights alone. */
  readonly readModel?: ReadDocument;
  readonly writeModel?: WriteDocument;
  /** Whether such files are only read. */
  readonly isForeign?: boolean;
  /** Absent where such files hold whole models alone. */
  readonly readWeights?: ReadWeights;
  readonly writeWeights?: WriteDocument;
}

/** The format of this library, which is read and written part by part. */
export const OWN = '.safetensors';

/** Longer ends first. */
const FORMATS: readonly (readonly [end: string, format: DocumentFormat | typeof OWN])[] = [
  [OWN, OWN],
  ['.keras', { readModel: readKeras, writeModel: writeKeras }],
  [
    '.json',
    {
      readModel: readTfjs,
      writeModel: refuseTfjs,
      readWeights: readTfjsWeights,
      writeWeights: refuseTfjs,
      isForeign: true,
    },
  ],
  ['.onnx', { readModel: readOnnx, writeModel: writeOnnxModel }],
  ['.weights.h5', { readWeights: readKerasWeights, writeWeights: writeKerasWeights }],
  [
    '.h5',
    {
      readModel: readLegacy,
      writeModel: writeLegacy,
      readWeights: readLegacyWeights,
      writeWeights: writeLegacyWeights,
    },
  ],
];

/** Options of `toOnnx` alone keep their defaults. */
function writeOnnxModel(...[where, path, document, { overwrite }]: Parameters<WriteDocument>): Promise<void> {
  return writeOnnx(where, path, document, { ...ONNX_DEFAULTS, overwrite });
}

/** What a path is used for. */
export type Use = 'model' | 'weights';
export type Access = 'read' | 'write';

/**
 * The format of a path.
 *
 * @throws ConfigError `ERR_CONFIG` where its end says none, or one that such files do not have
 */
export function formatOf(where: string, path: string, use: Use, access: Access): DocumentFormat | typeof OWN {
  const found = FORMATS.find(([end]) => path.endsWith(end));
  if (found !== undefined && fits(found, use)) return found[1];
  const isMeant = ([, format]: (typeof FORMATS)[number]): boolean =>
    access === 'read' || format === OWN || format.isForeign !== true;
  const ends = FORMATS.filter((each) => fits(each, use) && isMeant(each)).map(([end]) => end);
  const hint =
    found !== undefined
      ? `Files that end in ${found[0]} are for ${use === 'model' ? 'weights alone' : 'whole models'}.`
      : '';
  throw refusal('ERR_CONFIG', where, `path to end in ${listed(ends)}`, describe(path), hint);
}

function fits([, format]: (typeof FORMATS)[number], use: Use): boolean {
  return format === OWN || (use === 'model' ? format.readModel : format.readWeights) !== undefined;
}

function listed(ends: readonly string[]): string {
  return ends.length < 2 ? ends.join('') : `${ends.slice(0, -1).join(', ')} or ${ends.at(-1)!}`;
}
