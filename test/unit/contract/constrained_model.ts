// SPDX-License-Identifier: MIT
// Models of the oracle's description whose weights have constraints of the seam.
import { Input, Sequential, type Layer } from '../../../lib';
import { resolveConstraint, type Constraint } from '../../../lib/constraints';
import type { WeightDeclaration } from '../../../lib/layers/layer';
import type { NativeConstraint } from '../../../lib/native/binding';
import type { Shape } from '../../../lib/types';
import { layerOf, type LayerRecipe } from './engine_model';

export function constraintOf(native: NativeConstraint | null): Constraint | null {
  if (native === null) return null;
  const { kind: className, ...config } = native;
  return resolveConstraint('test', 'constraint', { className, config });
}

/** Gives a layer constraints, one for each of its weights, whatever options its class has. */
export function withConstraints<L extends Layer>(layer: L, constraints: readonly (Constraint | null)[]): L {
  const declared = layer as unknown as { declareWeights(shape: Shape): WeightDeclaration[] };
  const plain = declared.declareWeights.bind(layer);
  declared.declareWeights = (shape) =>
    plain(shape).map((weight, i) => ({ ...weight, constraint: constraints[i] ?? null }));
  return layer;
}

/** A built model; `constraints` holds one entry for each of its weights. */
export function constrainedModel(
  inputShape: readonly number[],
  recipes: readonly LayerRecipe[],
  constraints: readonly (NativeConstraint | null)[],
): Sequential {
  const all = constraints.map(constraintOf);
  const weightsOf = ({ kind }: LayerRecipe): number => ({ embedding: 1, simple_rnn: 3, dense: 2 })[kind as string] ?? 0;
  let first = 0;
  const layers = recipes.map((recipe) => {
    const own = all.slice(first, (first += weightsOf(recipe)));
    return withConstraints(layerOf(recipe), own);
  });
  return new Sequential([new Input([...inputShape]), ...layers]);
}
