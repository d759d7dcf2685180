// SPDX-License-Identifier: MIT
// For tests only, and not exported by the package: the exact shortcuts of the engine, switched off one by one, so that
// on and off can be compared. Users never choose them: the plan does.
import { ALL_SHORTCUTS } from '../native/shortcuts';
import type { NativeShortcuts } from '../native/binding';
import type { Model } from './model';

export { ALL_SHORTCUTS };

/** The way into a model that {@link withShortcuts} takes, the same one in every copy of this module. */
export const SET_SHORTCUTS = Symbol.for('ostinato.setShortcuts');

/** Switches shortcuts of a model; those not named are on. The weights stay, the optimizer begins anew. Returns the model. */
export function withShortcuts<M extends Model>(model: M, shortcuts: Partial<NativeShortcuts>): M {
  model[SET_SHORTCUTS]({ ...ALL_SHORTCUTS, ...shortcuts });
  return model;
}
