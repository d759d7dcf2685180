// SPDX-License-Identifier: MIT
// What a subcommand of `ostinato` is, and how its flags are read.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { internal } from '../index';
import { nearest } from '../util/did_you_mean';

const { makeError } = internal;

/** A stream that a command writes to. */
export interface Output {
  /** False where more should not be written before the stream has drained. */
  write(text: string): unknown;
  readonly isTTY?: boolean;
  once?(event: 'drain', listener: () => void): unknown;
}

/** Where a command writes, and what it is told of its surroundings. */
export interface Surroundings {
  readonly stdout: Output;
  readonly stderr: Output;
  /** What comes in; undefined where a command has no input. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Calls `listener` at the first Ctrl-C (SIGINT) or SIGTERM, in place of the end of the process. Returns what undoes it. */
  readonly onInterrupt?: (listener: () => void) => () => void;
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

/** What a command line says: values of flags, and operands in order. */
export interface CommandLine<F extends Record<string, Flag>> {
  readonly flags: FlagValues<F>;
  readonly operands: readonly string[];
}

/** A command whose flags and operands are read, and whose `--help` is answered, before it runs. */
export function defineCommand<F extends Record<string, Flag>>(definition: {
  readonly summary: string;
  readonly help: string;
  readonly flags: F;
  /** Their names, as `--help` has them; `MODEL...` is any number of them. Default: none. */
  readonly operands?: readonly string[];
  run(line: CommandLine<F>, surroundings: Surroundings): Promise<number>;
}): Command {
  const { summary, help, flags, operands: names = [] } = definition;
  return {
    summary,
    async run(args, surroundings) {
      const line = readCommandLine(args, flags, names);
      if (line.flags['help'] !== undefined) {
        surroundings.stdout.write(help);
        return 0;
      }
      checkOperands(line.operands, names);
      return definition.run(line, surroundings);
    },
  };
}

/**
 * Reads flags of the form `--name value`, `--name=value` or, for a switch, `--name`, and operands among them.
 *
 * @throws UsageError where a flag is unknown (with the nearest valid one), lacks its value, or has one too many, and where there
 *   is an operand too many. There may be too few: `--help` needs none
 */
function readCommandLine<F extends Record<string, Flag>>(
  args: readonly string[],
  flags: F,
  names: readonly string[],
): CommandLine<F> {
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

/** @throws UsageError where an operand is missing */
function checkOperands(operands: readonly string[], names: readonly string[]): void {
  const isMany = names.at(-1)?.endsWith('...') === true;
  if (isMany ? operands.length >= names.length : operands.length === names.length) return;
  const none = isMany ? 'none' : names.length === 1 ? 'nothing' : 'neither';
  throw new UsageError(`expected ${listed(names)}, received ${operands.length === 0 ? none : operands.join(' ')}`);
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

/** The number that a flag's text says, or `fallback` where the flag is absent. Both ends of the range are excluded. */
export function numberFlag(
  name: string,
  text: string | true | undefined,
  fallback: number,
  [above, below]: readonly [number, number],
): number {
  if (text === undefined) return fallback;
  const value = /^(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(String(text)) ? Number(text) : NaN;
  if (value > above && value < below) return value;
  const expected = `a number above ${above} and below ${below}`;
  throw makeError('ERR_CONFIG', `--${name}: expected ${expected}, received ${JSON.stringify(text)}.`);
}

/** One of a closed list, or undefined where the flag is absent. @throws UsageError with the nearest name */
export function choiceFlag<T extends string>(
  name: string,
  text: string | true | undefined,
  choices: readonly T[],
): T | undefined {
  const found = choices.find((choice) => choice === text);
  if (text === undefined || found !== undefined) return found;
  const guess = nearest(String(text), choices);
  const hint = guess === undefined ? '' : ` Did you mean ${guess}?`;
  throw new UsageError(`--${name}: expected ${choices.join(', ')}, received ${JSON.stringify(text)}.${hint}`);
}

/** The text of a flag. */
export function textFlag(text: string | true | undefined): string | undefined {
  return text === true ? undefined : text;
}

/** Writes, and waits where the reader is slower. */
export async function writeSlowly(output: Output, text: string): Promise<void> {
  if (output.write(text) !== false || output.once === undefined) return;
  await new Promise<void>((resolve) => void output.once!('drain', resolve));
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
