// SPDX-License-Identifier: MIT
// Errors in the form of the library, each with the status of its answer.

export class Refusal extends Error {
  /** `details` are further fields of the answer. */
  constructor(status, code, where, expected, received, details = {}) {
    super(`${where}: expected ${expected}, received ${received}.`);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** A short picture of a value that a client sent. */
export function shown(value) {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/** The refusal of a value that is of the wrong kind or out of range. */
export function refuse(where, expected, value) {
  return new Refusal(400, 'ERR_CONFIG', where, expected, shown(value));
}
