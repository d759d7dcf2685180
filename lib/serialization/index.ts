// SPDX-License-Identifier: MIT
// The public names of this room.
export {
  checkPath,
  ioError,
  makeFolder,
  removeStaleFiles,
  writeAtomically,
  type Append,
  type Placement,
} from './atomic_file';
export { InputFile, readWholeFile } from './input_file';
export { readJson, writeJson, isPlainObject, type Json } from './json';
export { ModelFile, writeModelFile, type Sections, type WeightValues } from './model_file';
export { checkTrainingState, type LayersState, type OptimizerState, type TrainingState } from './training_state';
