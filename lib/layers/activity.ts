// SPDX-License-Identifier: MIT
// Penalties on what a layer puts out.
import { resolveRegularizer, type Regularizer, type RegularizerLike } from '../regularizers';
import { describe, refusal } from '../util/validate';
import type { NativeLayerConfig } from '../native/binding';

/**
 * The regularizer of an `activityRegularizer` option: L1, L2 or both.
 *
 * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`; `ERR_CONFIG` for a penalty that is not a sum over the elements
 */
export function resolveActivityRegularizer(where: string, value: RegularizerLike | undefined): Regularizer | null {
  const regularizer = resolveRegularizer(where, 'activityRegularizer', value);
  if (regularizer !== null && regularizer.toNative().orthogonal !== 0)
    throw refusal('ERR_CONFIG', where, 'activityRegularizer to be L1, L2 or L1L2', describe(regularizer));
  return regularizer;
}

/** The engine's layer that penalizes what the layer before it puts out. */
export function activityLayer(regularizer: Regularizer): NativeLayerConfig {
  const { l1, l2 } = regularizer.toNative();
  return { kind: 'activity_regularization', l1, l2 };
}
