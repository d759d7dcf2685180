// SPDX-License-Identifier: MIT
// Families of classes that the engine computes: layers, losses, optimizers ... It knows the classes of this library alone. A
// class of another kind would pass every check until something is computed, and a method that is overridden would never be
// called: both are refused where the object is made.
import { refusal } from './validate';
import type { AnyClass } from './arguments';

interface Family {
  /** What its objects are called in messages. */
  readonly what: string;
  readonly classes: ReadonlySet<AnyClass>;
}

const families = new Map<AnyClass, Family>();

/** From now on objects of `base` are of these classes, or of subclasses that override nothing. */
export function closeFamily(what: string, base: AnyClass, classes: readonly AnyClass[]): void {
  families.set(base, { what, classes: new Set(classes) });
}

/**
 * Refuses an object of a class that its family does not know. Base classes call it first in their constructor.
 *
 * @param made the class of the object: `new.target`
 * @throws ConfigError `ERR_CONFIG`
 */
export function expectKnown(base: AnyClass, made: AnyClass): void {
  const family = families.get(base);
  if (family === undefined) return;
  const { what, classes } = family;
  const own: AnyClass[] = [];
  let known = made;
  for (; !classes.has(known); known = Object.getPrototypeOf(known) as AnyClass) {
    if (known === base)
      throw refusal('ERR_CONFIG', nameOf(made), `a ${what} of this library`, `a ${what} of another class`, HINT);
    own.push(known);
  }
  const overridden = own.flatMap(methodsOf).find((key) => key in known.prototype);
  if (overridden !== undefined)
    throw refusal(
      'ERR_CONFIG',
      nameOf(made),
      `a subclass of ${nameOf(known)} that overrides nothing`,
      `one with ${overridden} of its own`,
      `Nothing would call it. ${HINT}`,
    );
}

const HINT = 'Classes of your own are not supported yet.';

// A class of the user's has the name that the program gives it: there is no other.
const nameOf = (made: AnyClass): string => made.name || 'a class without a name';

function methodsOf(Class: AnyClass): string[] {
  return Object.getOwnPropertyNames(Class.prototype).filter((key) => !(key in Object.prototype));
}
