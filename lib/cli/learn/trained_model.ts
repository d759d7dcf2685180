// SPDX-License-Identifier: MIT
// A model file with all that is needed to use it alone.
import { internal, loadAssets, loadModel } from '../../index';
import type { Model } from '../../models';
import { outputsOf } from './network';
import { recipeOf, type Recipe } from './recipe';

const { refusal } = internal;

/** A model and what it reads and predicts. */
export interface TrainedModel {
  readonly model: Model;
  readonly recipe: Recipe;
}

/** @throws DataError `ERR_DATA` where the file was not written by `ostinato train`, and as `loadModel` */
export async function openTrainedModel(where: string, file: string): Promise<TrainedModel> {
  const place = `${where}, ${file}`;
  const recipe = recipeOf(place, await loadAssets(file));
  const model = await loadModel(file);
  const size = model.outputs[0]?.shape.at(-1);
  if (model.outputs.length === 1 && size === outputsOf(recipe)) return { model, recipe };
  model.dispose();
  throw refusal('ERR_DATA', place, `a model with ${outputsOf(recipe)} outputs, as its assets say`, String(size));
}
