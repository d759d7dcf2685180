// SPDX-License-Identifier: MIT
// What reads and writes the files of each end: the one table that loadModel, save, loadWeights and saveWeights go by.
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
import { endingOf, OWN, type Access, type Ending, type Use } from '../formats/endings';
import { readTfjs, readTfjsWeights } from '../formats/tfjs';
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
  /** Absent where such files are only read. */
  readonly writeModel?: WriteDocument;
  /** Absent where such files hold whole models alone. */
  readonly readWeights?: ReadWeights;
  readonly writeWeights?: WriteDocument;
}

/** Which file has which is in lib/formats/endings.ts. */
const FORMATS: Readonly<Record<Exclude<Ending, typeof OWN>, DocumentFormat>> = {
  '.keras': { readModel: readKeras, writeModel: writeKeras },
  '.json': { readModel: readTfjs, readWeights: readTfjsWeights },
  '.onnx': { readModel: readOnnx, writeModel: writeOnnxModel },
  '.weights.h5': { readWeights: readKerasWeights, writeWeights: writeKerasWeights },
  '.h5': {
    readModel: readLegacy,
    writeModel: writeLegacy,
    readWeights: readLegacyWeights,
    writeWeights: writeLegacyWeights,
  },
};

/** Options of `toOnnx` alone keep their defaults. */
function writeOnnxModel(...[where, path, document, { overwrite }]: Parameters<WriteDocument>): Promise<void> {
  return writeOnnx(where, path, document, { ...ONNX_DEFAULTS, overwrite });
}

/**
 * The format of a path.
 *
 * @throws ConfigError `ERR_CONFIG` where its end says none, or one that such files do not have
 */
export function formatOf(where: string, path: string, use: Use, access: Access): DocumentFormat | typeof OWN {
  const end = endingOf(where, 'path', path, use, access);
  return end === OWN ? OWN : FORMATS[end];
}
