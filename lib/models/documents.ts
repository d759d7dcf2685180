// SPDX-License-Identifier: MIT
// Models made of documents, and documents of models: what files of other programs are read and written through.
import { compileOptions } from '../training/compile_config';
import { describe, refusal } from '../util/validate';
import { expectedWeights, type SavedModel } from './saved_model';
import type { Floats } from '../arrays/float_source';
import type { DescribedModel, ModelDocument, NamedArray } from '../formats/document';
import type { LayersState } from '../serialization';
import type { CompileOptions } from '../training/options';

/** A model that takes what a document holds. */
export interface RestoredModel extends SavedModel {
  compile(options: CompileOptions): void;
}

/** A document of a model as it is at the call. Its arrays can be read from when `whenFilled` resolves to when it is released. */
export interface SavedDocument {
  readonly document: ModelDocument;
  readonly whenFilled: Promise<void>;
  /** Gives its memory back. */
  readonly release: () => void;
}

/** What else is in the document. */
export interface DocumentOptions {
  readonly includeOptimizer: boolean;
  readonly assets: Readonly<Record<string, unknown>>;
}

/** @throws StateError `ERR_BUSY`, `ERR_DISPOSED`, `ERR_STATE` where the model is not built */
export function documentOf(model: SavedModel, { includeOptimizer, assets }: DocumentOptions): SavedDocument {
  const snapshot = model.snapshot();
  const { optimizer, layers } = snapshot.training;
  const expected = expectedWeights(model);
  return {
    document: {
      model: describedModel(model),
      weights: snapshot.weights.map((data, index): NamedArray => ({ ...expected[index]!, data })),
      compile: model.compileConfig,
      training: { optimizer: includeOptimizer ? optimizer : null, layers },
      assets,
    },
    whenFilled: snapshot.whenCopied,
    release: () => snapshot.release(),
  };
}

/** A model as its own config describes it. */
export function describedModel(model: SavedModel): DescribedModel {
  return { className: model.className, config: model.getConfig() as Record<string, unknown> };
}

/**
 * Gives a model what a document holds.
 *
 * @param compile whether it is compiled as the document says, its optimizer where it stopped
 * @throws (rejects) DataError `ERR_DATA`, ShapeError `ERR_SHAPE` where the document is of another model; what `compile` throws
 */
export async function restoreDocument(
  where: string,
  model: RestoredModel,
  { weights, compile, training }: ModelDocument,
  { compile: compiles }: { readonly compile: boolean },
): Promise<void> {
  const values = matched(where, model, weights, { skipMissing: false, skipMismatch: false });
  const isCompiled = compiles && compile !== null;
  if (isCompiled) model.compile(compileOptions(where, compile));
  const optimizer = isCompiled ? (training?.optimizer ?? null) : null;
  const layers = training?.layers ?? null;
  if (optimizer === null && layers === null) return model.restore(where, values);
  await model.restore(where, values, { optimizer, layers: layers ?? layersOf(model) });
}

/** Seeds and states as they are. */
function layersOf(model: SavedModel): LayersState {
  const snapshot = model.snapshot();
  snapshot.release();
  // Of a model that has just been made nothing is carried from batch to batch.
  return { ...snapshot.training.layers, statefulRows: null, states: [] };
}

/** What is done where a document is not of the model. */
export interface Matching {
  readonly skipMissing: boolean;
  readonly skipMismatch: boolean;
}

/** Values of a model's weights; undefined for those that are passed over. */
export function matched(
  where: string,
  model: SavedModel,
  weights: readonly NamedArray[],
  { skipMissing, skipMismatch }: Matching,
): (Floats | undefined)[] {
  const arrays = new Map(weights.map((array) => [array.name, array]));
  return expectedWeights(model).map(({ name, shape }) => {
    const array = arrays.get(name);
    if (array === undefined) {
      if (skipMissing || skipMismatch) return undefined;
      throw refusal('ERR_DATA', where, `the weights ${describe(name)}`, 'a file without them', 'Is it of another model?');
    }
    if (array.shape.length === shape.length && shape.every((size, axis) => size === array.shape[axis]))
      return array.data;
    if (skipMismatch) return undefined;
    const [wanted, given] = [shape.join(', '), array.shape.join(', ')];
    throw refusal('ERR_SHAPE', where, `${describe(name)} of shape [${wanted}]`, `[${given}]`);
  });
}
