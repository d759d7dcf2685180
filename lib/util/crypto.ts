// SPDX-License-Identifier: MIT
// node:crypto, loaded when it is first needed: of Node's modules it takes longest, and a program that serves a model needs
// none of it.

type Crypto = typeof import('node:crypto');

let loaded: Crypto | undefined;

export function crypto(): Crypto {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late: see the head of this file
  return (loaded ??= require('node:crypto') as Crypto);
}
