// SPDX-License-Identifier: MIT
// Models of ONNX files.
import { readOnnx } from '../formats/onnx';
import { refuseMore } from '../util/arguments';
import { restoreDocument } from './documents';
import { modelOf } from './loading';
import { checkOnnxPath } from './onnx_files';
import type { Model } from './model';

/**
 * The model of an ONNX file. A file that `model.toOnnx` wrote is the model that it was. Files of others are read where they are
 * a chain of `RNN`, `LSTM` and `GRU` with what exporters put around them: `Gather` (an `Embedding`), `MatMul`, `Add` and `Gemm`
 * (a `Dense`), activations, `LayerNormalization`, `Transpose`, `Squeeze`, `Reshape`, `Slice`. What else there is is refused by
 * its name. No other file is opened, and nothing in the file is run.
 *
 * Sequences are [N,T,C] in the model, whether the file has them as [N,T,C] or [T,N,C]. Names of inputs and outputs stay.
 *
 * @typeParam M the class of the model, where it is known
 * @param path of a file that ends in `.onnx`
 * @throws (rejects) ConfigError `ERR_CONFIG` for what is not read, with the operator's name and the reason; DataError
 *   `ERR_NOT_FOUND`, `ERR_IO`, `ERR_DATA` where the file is malformed; ConfigError `ERR_TYPE`
 * @see onnx/onnx.proto3
 * @example
 * // in Python: torch.onnx.export(model, (x,), 'tagger.onnx', dynamic_axes={'x': {0: 'batch', 1: 'steps'}})
 * const model = await loadOnnx('tagger.onnx');
 * const tags = await model.predict(x);
 */
export async function loadOnnx<M extends Model = Model>(path: string, ...rest: []): Promise<M> {
  refuseMore('loadOnnx', rest);
  const where = 'loadOnnx';
  const file = checkOnnxPath(where, path);
  return readOnnx(where, file, async (document) => {
    const place = `${where}, ${file}`;
    const model = modelOf(place, document.model) as M;
    try {
      await restoreDocument(place, model, document, { compile: false });
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  });
}
