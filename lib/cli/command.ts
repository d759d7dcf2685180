// SPDX-License-Identifier: MIT
// What a subcommand of `ostinato` is, and how its flags are read.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { makeError } from '../errors';
import { nearest } from '../util/did_you_mean';

/** Where a command writes, and what it is told of its surroundings. */
export interface Surroundings {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One line of the subcommand table. */
export interface Command {
  /** One line for `ostinato --help`. */
  readonly summary: string;
  /** Runs with the arguments after the subcommand's name; resolves to the exit code. */
  run(args: readonly string[], surroundings: Surroundings): Promise<number>;
}

/** A command line that cannot be understood: exit code 2. */
export class UsageError extends Error {}

/** One flag: `placeholder` is undefined for a switch. */
export interface Flag {
  readonly placeholder?: string;
  readonly help: string;
}

/** Values of flags as written; a switch that is set is `true`. */
export type FlagValues<F extends Record<string, Flag>> = { [K in keyof F]?: string | true };

/**
 * Reads flags of the form `--name value`, `--name=value` or, for a switch, `--name`.
 *
 * @throws UsageError where a flag is unknown (with the nearest valid one), lacks its value, or has one too many
 */
export function readFlags<F extends Record<string, Flag>>(args: readonly string[], flags: F): FlagValues<F> {
  return readCommandLine(args, flags, []).flags;
}

/**
 * Reads flags as {@link readFlags}, and operands among them.
 *
 * @param names of the operands, as `--help` has them; `MODEL...` is any number of them
 * @throws UsageError as {@link readFlags}, and where there is an operand too many. `operands` may be too few: `--help` needs none
 */
export function readCommandLine<F extends Record<string, Flag>>(
  args: readonly string[],
  flags: F,
  names: readonly string[],
): { flags: FlagValues<F>; operands: string[] } {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, flag] of Object.entries(flags))
    options[name] = { type: flag.placeholder === undefined ? 'boolean' : 'string' };
  // Without `strict`, parseArgs reports what it saw and leaves the words of refusal to us.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const values: Record<string, string | true> = {};
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (operands.length >= names.length && names.at(-1)?.endsWith('...') !== true)
        throw new UsageError(`expected ${listed(names)}, received ${JSON.stringify(token.value)}`);
      operands.push(token.value);
      continue;
    }
    values[token.name] = checkFlag(token.rawName, token.name, token.value, flags);
  }
  return { flags: values as FlagValues<F>, operands };
}

/** All operands. @throws UsageError where one is missing */
export function checkOperands(operands: readonly string[], names: readonly string[]): string[] {
  if (operands.length === names.length) return [...operands];
  throw new UsageError(`expected ${listed(names)}, received ${operands.length === 0 ? 'neither' : operands.join(' ')}`);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'flags only' : names.join(' and ');
}

function checkFlag(
  rawName: string,
  name: string,
  value: string | undefined,
  flags: Record<string, Flag>,
): string | true {
  const flag = Object.hasOwn(flags, name) && rawName.startsWith('--') ? flags[name] : undefined;
  if (!flag) {
    const guess = nearest(name, Object.keys(flags));
    throw new UsageError(`unknown flag ${rawName}.${guess ? ` Did you mean --${guess}?` : ''}`);
  }
  if (flag.placeholder === undefined) {
    if (value !== undefined) throw new UsageError(`--${name} takes no value, received ${JSON.stringify(value)}`);
    return true;
  }
  // `--json --quiet`: a file called --quiet is a slip of the hand; who means it writes --json=--quiet or ./--quiet.
  if (value === undefined || value === '' || value.startsWith('--'))
    throw new UsageError(`--${name} expects a value: --${name} ${flag.placeholder}`);
  return value;
}

/** The integer that a flag's text says, or `fallback` where the flag is absent. */
export function integerFlag<T extends number | undefined>(
  name: string,
  text: string | true | undefined,
  fallback: T,
  [min, max]: readonly [number, number],
): number | T {
  if (text === undefined) return fallback;
  const value = /^\d+$/.test(String(text)) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) {
    const expected = `an integer from ${min} to ${max}`;
    throw makeError('ERR_CONFIG', `--${name}: expected ${expected}, received ${JSON.stringify(text)}.`);
  }
  return value;
}

/** The table of flags as `--help` prints it. */
export function flagTable(flags: Record<string, Flag>): string {
  const rows = Object.entries(flags).map(([name, flag]) => {
    const left = flag.placeholder === undefined ? `--${name}` : `--${name} ${flag.placeholder}`;
    return [left, flag.help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`).join('\n');
}
