// SPDX-License-Identifier: MIT
// Models as ONNX files: writing them. Reading is `onnx_loading.ts`.
import { ONNX_DEFAULTS, writeOnnx, type OnnxOptions } from '../formats/onnx';
import { checkPath } from '../serialization';
import { withDefaults } from '../util/options';
import { checkBoolean, checkOneOf, describe, refusal } from '../util/validate';
import { documentOf } from './documents';
import type { SavedModel } from './saved_model';

/** A path that says by its end that it is an ONNX file. */
export function checkOnnxPath(where: string, path: unknown): string {
  const file = checkPath(where, 'path', path);
  if (file.endsWith('.onnx')) return file;
  throw refusal('ERR_CONFIG', where, 'path to end in .onnx', describe(path));
}

/** See `TrainableModel.toOnnx`. */
export async function saveOnnx(where: string, model: SavedModel, path: unknown, options?: OnnxOptions): Promise<void> {
  const { overwrite, idType } = withDefaults(where, options, ONNX_DEFAULTS);
  checkBoolean(where, 'overwrite', overwrite);
  checkOneOf(where, 'idType', idType, ['int32', 'int64']);
  const file = checkOnnxPath(where, path);
  const { document, whenFilled, release } = documentOf(model, { includeOptimizer: false, assets: {} });
  try {
    await whenFilled;
    await writeOnnx(where, file, document, { overwrite, idType });
  } finally {
    release();
  }
}
