// SPDX-License-Identifier: MIT
// Models of the package made from the oracle's description of a graph.
import { Input, type Layer } from '../../lib';
import { layerFromConfig } from '../../lib/layers';
import { Model } from '../../lib/models';
import type { SymbolicTensor } from '../../lib/graph/symbolic_tensor';
import type { GraphRecipe } from '../reference/graph';

/** The model, and all its tensors by name. */
export function graphModel(recipe: GraphRecipe): { model: Model; tensors: ReadonlyMap<string, SymbolicTensor> } {
  const inputs = recipe.inputs.map(
    ({ name, shape, ids }) => new Input([...shape], { name, dtype: ids ? 'int32' : 'float32' }),
  );
  const tensors = new Map<string, SymbolicTensor>(inputs.map((input) => [input.name, input]));
  for (const { name, className, config, of, mask } of recipe.layers) {
    const layer = layerFromConfig('test', { className, config: { ...config, name } }) as Layer;
    const options = mask === undefined ? {} : { mask: tensors.get(mask)! };
    const given = layer.apply(
      of.map((source) => tensors.get(source)!),
      options,
    );
    tensors.set(name, given);
  }
  return { model: new Model(inputs, tensors.get(recipe.output)!), tensors };
}

/** Sets weights by layer and name. */
export function setWeightsOf(model: Model, weights: ReadonlyMap<string, ArrayLike<number>>): void {
  model.setWeights(model.weights.map(({ layer, name }) => Float32Array.from(weights.get(`${layer}/${name}`)!)));
}
