// SPDX-License-Identifier: MIT
// The public names of this room. Models are layers: configs may hold them.
import { registerLayers } from '../layers/registry';
import { Model } from './model';
import { Sequential } from './sequential';

registerLayers([Model, Sequential]);

export { Model, type ModelOptions, type ModelWeight, type TensorStructure } from './model';
export { Sequential, type SequentialConfig, type SequentialOptions } from './sequential';
export { type SummaryOptions } from './summary';
export { loadAssets, loadModel, modelFromJson, type LoadModelOptions } from './loading';
export { loadOnnx } from './onnx_loading';
export { type LoadWeightsOptions, type SaveOptions, type SaveWeightsOptions } from './model_files';
