// SPDX-License-Identifier: MIT
// Files that a command leaves behind: whole or not at all, and refused before the work begins where they cannot be.
import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { internal } from '../index';

const { makeError } = internal;

/**
 * Checks that a file can be written, so that nobody learns of a mistyped folder after an hour of training.
 *
 * @throws ConfigError `ERR_CONFIG`
 */
export function checkOutputFile(flag: string, file: string): void {
  const folder = path.dirname(path.resolve(file));
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw makeError('ERR_CONFIG', `${flag}: expected a file in a folder that can be written to, received ${file}.`);
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
    throw makeError('ERR_CONFIG', `${flag}: expected a file, received the folder ${file}.`);
}

/**
 * Writes a file through a neighbour that is renamed into place: readers see the old one or the new one.
 *
 * @throws ConfigError `ERR_CONFIG` where the system refuses
 */
export function writeOutputFile(flag: string, file: string, content: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw makeError('ERR_CONFIG', `${flag}: expected to write ${file}, received: ${(error as Error).message}.`);
  }
}
