// SPDX-License-Identifier: MIT
// Files that are made to do harm. Each reader has a list of them; `index.ts` names the lists.
import type { ErrorCode } from '../../../lib';

/** What it is, its bytes (or several files, the first of which is read), and what the error says: `ERR_DATA` unless told. */
export type HostileFile = readonly [
  title: string,
  content: Uint8Array | Readonly<Record<string, Uint8Array | string>>,
  message: RegExp,
  code?: ErrorCode,
];

/** The hostile files of a reader. */
export interface HostileFormat {
  readonly format: string;
  /** The name that a file gets. */
  readonly file: string;
  /** The public function that reads it. */
  readonly reader: 'loadModel' | 'loadNpy' | 'loadNpz';
  readonly files: readonly HostileFile[];
  /** A file without harm in it, where reading one loads what is loaded late. */
  readonly valid?: Uint8Array;
}
