// SPDX-License-Identifier: MIT
// The key of the hash that deals unknown tokens to ids.
import { checkInteger, describe, refusal } from '../util/validate';

/** The key of SipHash: two integers from 0 to 2^53 - 1, or one that stands for both. */
export type Salt = number | readonly [number, number];

/** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` where it is no key, or there is nothing to be dealt */
export function readSalt(where: string, salt: unknown, numOovIndices: number): Salt | null {
  if (salt === null) return null;
  if (numOovIndices < 2) throw refusal('ERR_CONFIG', where, 'salt only with several numOovIndices', `${numOovIndices}`);
  const check = (value: unknown) => checkInteger(where, 'salt', value, 0, Number.MAX_SAFE_INTEGER);
  if (!Array.isArray(salt)) return check(salt);
  if (salt.length !== 2) throw refusal('ERR_CONFIG', where, 'salt to be one or two integers', describe(salt));
  return [check(salt[0]), check(salt[1])];
}

/** The two halves of the key. */
export function keyOf(salt: Salt): readonly [bigint, bigint] {
  const [first, second] = typeof salt === 'number' ? [salt, salt] : salt;
  return [BigInt(first), BigInt(second)];
}
