// SPDX-License-Identifier: MIT
// Cells: what an `RNN` repeats at every timestep. A cell is the recurrent layer of its kind, less what concerns sequences;
// the engine sees a stack of cells as a stack of layers.
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { resolveLayerName } from '../util/session';
import { normalizeName, resolveName } from '../util/identifiers';
import { describe, refusal } from '../util/validate';
import { GRU, defaults as gruDefaults, type GRUOptions } from './gru';
import { LSTM, defaults as lstmDefaults, type LSTMOptions } from './lstm';
import { SimpleRNN, defaults as simpleRnnDefaults, type SimpleRNNOptions } from './simple_rnn';
import type { Recurrent } from './recurrent';
import type { LayerOptions } from './layer';
import type { LayerConfig } from './registry';

/** What concerns sequences, and so the `RNN`. */
const OF_SEQUENCES = Object.freeze([
  'returnSequences',
  'returnState',
  'goBackwards',
  'stateful',
  'unroll',
  'zeroOutputForMask',
  'activityRegularizer',
  'useCudnn',
  'inputShape',
] as const);

type OfSequences = (typeof OF_SEQUENCES)[number];

/** The defaults of a layer that are a cell's too. */
function cellDefaults<D extends object>(defaults: D): Omit<D, OfSequences> {
  const own = Object.entries(defaults).filter(([key]) => !(OF_SEQUENCES as readonly string[]).includes(key));
  return Object.freeze(Object.fromEntries(own)) as unknown as Omit<D, OfSequences>;
}

/** The name of a cell, for the layer that it is a pattern of. */
function cellName(
  className: string,
  { name, automaticName }: Pick<LayerOptions, 'name' | 'automaticName'>,
): Pick<LayerOptions, 'name' | 'automaticName'> {
  const resolved = resolveLayerName(className, name, automaticName);
  return { name: resolved.name, automaticName: resolved.isAutomatic ? resolved.name : null };
}

/** Base class of the cells. */
export abstract class RecurrentCell {
  /** The class name, as in Keras. */
  abstract readonly className: string;
  readonly name: string;
  readonly units: number;
  /** Sizes of the states. */
  readonly stateSizes: readonly number[];
  readonly #pattern: Recurrent;

  /** @param pattern a layer of the cell's settings */
  protected constructor(pattern: Recurrent) {
    this.#pattern = pattern;
    this.name = pattern.name;
    this.units = pattern.units;
    this.stateSizes = pattern.stateSizes;
  }

  /** @internal A layer that repeats the cell, with weights of its own. */
  makeLayer(options: Partial<Record<OfSequences, unknown>>): Recurrent {
    return this.#pattern.copyWith(options);
  }

  /** The constructor's arguments by name: plain data, from which the class' `fromConfig` makes the same cell. */
  getConfig(): Record<string, unknown> {
    const config = this.#pattern.getConfig();
    return Object.fromEntries(
      Object.entries(config).filter(([key]) => !(OF_SEQUENCES as readonly string[]).includes(key)),
    );
  }
}

/** Options of {@link SimpleRNNCell}. */
export type SimpleRNNCellOptions = Omit<SimpleRNNOptions, OfSequences>;

/**
 * One step of a {@link SimpleRNN}, for an `RNN`.
 *
 * @see keras/src/layers/rnn/simple_rnn.py
 * @example
 * new RNN([new SimpleRNNCell(32), new SimpleRNNCell(16)]).computeOutputShape([null, null, 8]); // [null, 16]
 */
export class SimpleRNNCell extends RecurrentCell {
  static readonly className = 'SimpleRNNCell';
  readonly className = SimpleRNNCell.className;

  /** @throws as {@link SimpleRNN} */
  constructor(units: number, options: SimpleRNNCellOptions = {}, ...rest: []) {
    refuseMore('SimpleRNNCell', rest);
    const o = withDefaults('SimpleRNNCell', options, cellDefaults(simpleRnnDefaults));
    super(new SimpleRNN(units, { ...o, ...cellName('SimpleRNNCell', o) }));
  }

  /** The cell that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): SimpleRNNCell {
    const { units, ...options } = config;
    return new SimpleRNNCell(units as number, options);
  }
}

/** Options of {@link LSTMCell}. */
export type LSTMCellOptions = Omit<LSTMOptions, OfSequences>;

/**
 * One step of an {@link LSTM}, for an `RNN`.
 *
 * @see keras/src/layers/rnn/lstm.py
 * @example
 * const decoder = new RNN([new LSTMCell(64), new LSTMCell(64)], { returnSequences: true });
 */
export class LSTMCell extends RecurrentCell {
  static readonly className = 'LSTMCell';
  readonly className = LSTMCell.className;

  /** @throws as {@link LSTM} */
  constructor(units: number, options: LSTMCellOptions = {}, ...rest: []) {
    refuseMore('LSTMCell', rest);
    const o = withDefaults('LSTMCell', options, cellDefaults(lstmDefaults));
    super(new LSTM(units, { ...o, ...cellName('LSTMCell', o) }));
  }

  /** The cell that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): LSTMCell {
    const { units, ...options } = config;
    return new LSTMCell(units as number, options);
  }
}

/** Options of {@link GRUCell}. */
export type GRUCellOptions = Omit<GRUOptions, OfSequences>;

/**
 * One step of a {@link GRU}, for an `RNN`.
 *
 * @see keras/src/layers/rnn/gru.py
 * @example
 * const layer = new RNN(new GRUCell(64));
 */
export class GRUCell extends RecurrentCell {
  static readonly className = 'GRUCell';
  readonly className = GRUCell.className;

  /** @throws as {@link GRU} */
  constructor(units: number, options: GRUCellOptions = {}, ...rest: []) {
    refuseMore('GRUCell', rest);
    const o = withDefaults('GRUCell', options, cellDefaults(gruDefaults));
    super(new GRU(units, { ...o, ...cellName('GRUCell', o) }));
  }

  /** The cell that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): GRUCell {
    const { units, ...options } = config;
    return new GRUCell(units as number, options);
  }
}

/**
 * Cells on top of each other: each reads what the one below gives. `new RNN(cells)` makes one of an array by itself.
 *
 * @see keras/src/layers/rnn/stacked_rnn_cells.py
 * @example
 * const stack = new StackedRNNCells([new LSTMCell(64), new LSTMCell(32)]);
 * new RNN(stack, { returnState: true }).stateSizes; // [64, 64, 32, 32]
 */
export class StackedRNNCells {
  static readonly className = 'StackedRNNCells';
  readonly className = StackedRNNCells.className;
  readonly name: string;
  readonly cells: readonly RecurrentCell[];

  /**
   * @param cells from the lowest up, of different names
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(cells: readonly RecurrentCell[], options: { name?: string | null } = {}, ...rest: []) {
    refuseMore('StackedRNNCells', rest);
    const where = 'StackedRNNCells';
    const { name } = withDefaults(where, options, { name: null });
    this.cells = checkCells(where, cells);
    this.name = resolveLayerName(where, name).name;
  }

  getConfig(): Record<string, unknown> {
    return { name: this.name, cells: this.cells.map(configOfCell) };
  }

  /** The stack that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): StackedRNNCells {
    const { cells, name } = config as { cells: LayerConfig[]; name: string };
    return new StackedRNNCells(
      cells.map((cell) => cellFromConfig('StackedRNNCells', cell) as RecurrentCell),
      { name },
    );
  }
}

const TABLE = new Map<string, { fromConfig(config: Record<string, unknown>): RecurrentCell | StackedRNNCells }>(
  [SimpleRNNCell, LSTMCell, GRUCell, StackedRNNCells].map((entry) => [normalizeName(entry.className), entry]),
);

/** The cell that {@link configOfCell} described. @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME` */
export function cellFromConfig(where: string, value: unknown): RecurrentCell | StackedRNNCells {
  const { className, config } = (value ?? {}) as Partial<LayerConfig>;
  if (typeof className !== 'string' || typeof config !== 'object' || config === null)
    throw refusal('ERR_TYPE', where, 'a cell as { className, config }', describe(value));
  return resolveName(where, 'className', className, TABLE).fromConfig(config);
}

/** A cell as plain data. */
export function configOfCell(cell: RecurrentCell | StackedRNNCells): LayerConfig {
  return { className: cell.className, config: cell.getConfig() };
}

/** The cells of a stack. @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` */
export function checkCells(where: string, given: unknown): readonly RecurrentCell[] {
  const cells: readonly unknown[] = Array.isArray(given) ? given : [];
  const wrong = cells.find((cell) => !(cell instanceof RecurrentCell));
  if (cells.length === 0 || wrong !== undefined)
    throw refusal(
      'ERR_TYPE',
      where,
      'cells: SimpleRNNCell, LSTMCell or GRUCell',
      cells.length === 0 ? describe(given) : describe(wrong),
      'Cells of your own cannot run in the engine.',
    );
  const names = (cells as RecurrentCell[]).map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw refusal('ERR_CONFIG', where, 'cells of different names', `"${twice}" twice`, 'Set the option name.');
  return Object.freeze([...(cells as RecurrentCell[])]);
}
