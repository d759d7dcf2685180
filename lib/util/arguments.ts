// SPDX-License-Identifier: MIT
// Arguments that nothing reads. JavaScript drops them in silence; here they are refused, for what was meant by them would
// be missed. Constructors and functions do it themselves (`refuseMore`), `lib/door.ts` lets methods do it.
import { types } from 'node:util';
import { describe, refusal } from './validate';

/** A class, whatever its constructor takes and whoever may call it. */
export interface AnyClass {
  readonly name: string;
  readonly prototype: object;
}

/**
 * Refuses arguments behind the last one that a function takes.
 *
 * @param rest the function's rest parameter, declared `...rest: []`
 * @throws ConfigError `ERR_TYPE`
 */
export function refuseMore(where: string, rest: readonly unknown[]): void {
  if (rest.length > 0) throw tooMany(where, rest[0]);
}

function tooMany(where: string, argument: unknown): Error {
  const hint = 'Options go into one object, the last argument.';
  return refusal('ERR_TYPE', where, 'no further argument', describe(argument), hint);
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

const limitedMethods = new WeakSet<Method>();

/**
 * Lets methods refuse arguments that they do not take.
 *
 * @param name of the class, for messages
 * @param holder a class, for its static methods, or a prototype
 * @param most how many arguments each method takes; those that `holder` does not have itself are passed over
 * @param promising methods that return promises without being async functions: they reject
 */
export function limitArguments(
  name: string,
  holder: object,
  most: ReadonlyMap<string, number>,
  promising: ReadonlySet<string>,
): void {
  for (const [key, count] of most) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key);
    const method = descriptor?.value as Method | undefined;
    if (typeof method !== 'function' || limitedMethods.has(method)) continue;
    const rejects = types.isAsyncFunction(method) || promising.has(key);
    const value = limited(name, key, method, count, rejects);
    limitedMethods.add(value);
    Object.defineProperty(holder, key, { ...descriptor, value });
  }
}

function limited(name: string, key: string, method: Method, most: number, rejects: boolean): Method {
  const call = function (this: unknown, ...args: unknown[]): unknown {
    if (args.length <= most) return method.apply(this, args);
    const owner = (this as { className?: unknown } | undefined)?.className ?? name;
    const error = tooMany(`${String(owner)}.${key}`, args[most]);
    if (rejects) return Promise.reject(error);
    throw error;
  };
  return Object.defineProperties(call, { name: { value: key }, length: { value: method.length } });
}
