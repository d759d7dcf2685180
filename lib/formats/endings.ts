// SPDX-License-Identifier: MIT
// The ends of paths, each of which says a format, and what such files hold. How they are read and written is in
// lib/models/file_formats.ts.
import { describe, refusal } from '../util/validate';

/** The format of this library, which is read and written part by part. */
export const OWN = '.safetensors';

/** What a path is used for. */
export type Use = 'model' | 'weights';
export type Access = 'read' | 'write';
export type Ending = typeof OWN | '.keras' | '.json' | '.onnx' | '.weights.h5' | '.h5';

interface Holding {
  readonly end: Ending;
  readonly holds: readonly Use[];
  /** What is said of files that are read and not written. */
  readonly readOnly?: string;
}

/** Longer ends first. */
const ENDINGS: readonly Holding[] = [
  { end: OWN, holds: ['model', 'weights'] },
  { end: '.keras', holds: ['model'] },
  {
    end: '.json',
    holds: ['model', 'weights'],
    readOnly: 'Files of TensorFlow.js are read and not written: save as .keras, which its converter takes.',
  },
  { end: '.onnx', holds: ['model'] },
  { end: '.weights.h5', holds: ['weights'] },
  { end: '.h5', holds: ['model', 'weights'] },
];

/**
 * The end of a path by which its format is known.
 *
 * @param what the path is, for messages
 * @throws ConfigError `ERR_CONFIG` where it says no format, or one that such files do not have
 */
export function endingOf(where: string, what: string, path: string, use: Use, access: Access): Ending {
  const isMeant = ({ holds, readOnly }: Holding): boolean =>
    holds.includes(use) && (access === 'read' || readOnly === undefined);
  const found = ENDINGS.find(({ end }) => path.endsWith(end));
  if (found !== undefined && isMeant(found)) return found.end;
  const ends = ENDINGS.filter(isMeant).map(({ end }) => end);
  throw refusal('ERR_CONFIG', where, `${what} to end in ${listed(ends)}`, describe(path), hintOf(found, use));
}

function hintOf(found: Holding | undefined, use: Use): string {
  if (found === undefined) return '';
  if (found.holds.includes(use)) return found.readOnly ?? '';
  return `Files that end in ${found.end} are for ${use === 'model' ? 'weights alone' : 'whole models'}.`;
}

function listed(ends: readonly string[]): string {
  return `${ends.slice(0, -1).join(', ')} or ${ends.at(-1)!}`;
}
