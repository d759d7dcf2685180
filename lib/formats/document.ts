// SPDX-License-Identifier: MIT
// A model as plain data and named arrays: what every reader of a file makes and every writer takes. Everything in it is
// spelt as this library spells it (`model.toJson()`, `compileConfig`, `weightNames`); a format translates, and knows no
// other format. Models are made of documents in one place, `lib/models/documents.ts`.
import { toArray, type Floats } from '../arrays/float_source';
import type { LayersState, OptimizerState } from '../serialization';

/** A model as `model.toJson()` describes it. */
export interface DescribedModel {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A weight under the name that it has in files: `lstm_1/recurrent_kernel`, `encoder/lstm_1/kernel`. */
export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Floats;
}

/** The same, in memory. */
export interface LoadedArray extends NamedArray {
  readonly data: Float32Array;
}

/** What training goes on from. */
export interface DocumentTraining {
  /** null before the first step. */
  readonly optimizer: OptimizerState | null;
  /** null where a file says nothing of it: seeds and states are those of a new model. */
  readonly layers: LayersState | null;
}

export interface ModelDocument {
  /** null where a file holds weights alone. */
  readonly model: DescribedModel | null;
  /** Each weight once, in any order. */
  readonly weights: readonly NamedArray[];
  /** What `compile` was given; null where it was not called. */
  readonly compile: Readonly<Record<string, unknown>> | null;
  /** null where a file says nothing of it: training begins anew. */
  readonly training: DocumentTraining | null;
  /** Plain data that was saved beside the model. */
  readonly assets: Readonly<Record<string, unknown>>;
  /** The program that wrote the file, where the file says so. */
  readonly writtenBy?: string | null;
}

/** A document whose weights are in memory, for formats that lay them out anew. */
export interface LoadedDocument extends ModelDocument {
  readonly weights: readonly LoadedArray[];
}

/** @throws (rejects) InternalError `ERR_OUT_OF_MEMORY` */
export async function loadedDocument(where: string, document: ModelDocument): Promise<LoadedDocument> {
  const weights: LoadedArray[] = [];
  for (const array of document.weights) weights.push({ ...array, data: await toArray(where, array.data) });
  return { ...document, weights };
}

/** Reads a file. `use` may read the document's arrays until its promise settles. */
export type ReadDocument = <T>(where: string, path: string, use: (document: ModelDocument) => Promise<T>) => Promise<T>;

/** Writes a file, whole or not at all; what was there before stays where anything goes wrong. */
export type WriteDocument = (
  where: string,
  path: string,
  document: ModelDocument,
  options: { readonly overwrite: boolean },
) => Promise<void>;
