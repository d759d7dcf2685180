// SPDX-License-Identifier: MIT
// Models as ONNX files: writing them. Reading is `onnx_loading.ts`.
import { ONNX_DEFAULTS, writeOnnx, type OnnxOptions } from '../formats/onnx';
import { checkPath } from '../serialization';
import { withDefaults } from '../util/options';
import { checkBoolean, checkOneOf, describe, refusal } from '../util/validate';
import { expectedWeights, type SavedModel } from './model_files';

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
  const described = { className: model.className, config: model.getConfig() as Record<string, unknown> };
  const snapshot = model.snapshot();
  const weights = expectedWeights(model).map((weight, index) => ({ ...weight, data: snapshot.weights[index]! }));
  await snapshot.whenCopied;
  const document = { model: described, weights, compile: null, training: null, assets: {} };
  return writeOnnx(where, file, document, { overwrite, idType });
}
