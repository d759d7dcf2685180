// SPDX-License-Identifier: MIT
// A restricted reader of pickles (protocols 2 to 5): one-dimensional numpy object arrays whose elements are lists of
// integers, as Keras' data sets hold them, and nothing else. No name in a pickle is ever looked up; it is compared with a list.
import { describe, refusal } from '../../util/validate';

/** Lists of integers in one flat array. */
export interface IntLists {
  /** All integers; before each list `lead` free places, which hold 0. */
  readonly data: Int32Array;
  /** Where the first integer of each list stands. */
  readonly begins: Float64Array;
  /** Where each list ends. */
  readonly ends: Float64Array;
}

type Value =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: string }
  | { readonly kind: 'name'; readonly value: string }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'none' | 'mark' | 'array' | 'dtype' | 'lists' }
  | { readonly kind: 'tuple'; readonly items: readonly Value[] };

const NAMES: readonly string[] = [
  'numpy.core.multiarray _reconstruct',
  'numpy._core.multiarray _reconstruct',
  'numpy ndarray',
  'numpy dtype',
  '_codecs encode',
];

/** Bytes of the parts before and after the lists, together; numpy needs some 250. */
const LONGEST_FRAME = 4096;

const MARK = 0x28;
const STOP = 0x2e;
const BININT = 0x4a;
const BININT1 = 0x4b;
const BININT2 = 0x4d;
const NONE = 0x4e;
const REDUCE = 0x52;
const BINSTRING = 0x54;
const SHORT_BINSTRING = 0x55;
const BINUNICODE = 0x58;
const EMPTY_LIST = 0x5d;
const APPEND = 0x61;
const BUILD = 0x62;
const GLOBAL = 0x63;
const APPENDS = 0x65;
const BINGET = 0x68;
const LONG_BINGET = 0x6a;
const BINPUT = 0x71;
const LONG_BINPUT = 0x72;
const TUPLE = 0x74;
const PROTO = 0x80;
const TUPLE1 = 0x85;
const TUPLE2 = 0x86;
const TUPLE3 = 0x87;
const NEWTRUE = 0x88;
const NEWFALSE = 0x89;
const LONG1 = 0x8a;
const SHORT_BINBYTES = 0x43;
const SHORT_BINUNICODE = 0x8c;
const STACK_GLOBAL = 0x93;
const MEMOIZE = 0x94;
const FRAME = 0x95;

/**
 * Reads a pickled object array of integer lists.
 *
 * Time and memory are linear in the bytes: every integer takes at least two bytes of pickle and every list one, which
 * bounds the flat array before anything is read.
 *
 * @param where name of file and member, for messages
 * @param bytes the pickle
 * @param count elements that the array must have
 * @param lead free places to leave before each list. Default 0
 * @throws DataError `ERR_DATA` where the pickle holds anything else; the message names the opcode or the global
 */
export function readPickledLists(where: string, bytes: Uint8Array, count: number, lead = 0): IntLists {
  if (count > bytes.length) throw refusal('ERR_DATA', where, `${count} lists`, `a pickle of ${bytes.length} bytes`);
  return new PickleReader(where, bytes, count, lead).read();
}

class PickleReader {
  private at = 0;
  private readonly stack: Value[] = [];
  private readonly memo = new Map<number, Value>();
  private memoized = 0;
  private isDone = false;
  private readonly data: Int32Array;
  private readonly begins: Float64Array;
  private readonly ends: Float64Array;
  private rows = 0;
  private filled = 0;
  private listBytes = 0;

  constructor(
    private readonly where: string,
    private readonly bytes: Uint8Array,
    private readonly count: number,
    private readonly lead: number,
  ) {
    this.data = new Int32Array(Math.floor(bytes.length / 2) + count * lead);
    this.begins = new Float64Array(count);
    this.ends = new Float64Array(count);
  }

  read(): IntLists {
    if (this.byte() !== PROTO) throw this.bad('a pickle of protocol 2 to 5', 'something else');
    const protocol = this.byte();
    if (protocol < 2 || protocol > 5) throw this.bad('a pickle of protocol 2 to 5', `protocol ${protocol}`);
    for (;;) {
      const op = this.byte();
      if (op === STOP) break;
      this.step(op);
      if (this.at - this.listBytes > LONGEST_FRAME)
        throw this.bad(`at most ${LONGEST_FRAME} bytes around the lists`, 'more');
    }
    if (!this.isDone || this.stack.length !== 1 || this.stack[0]?.kind !== 'array')
      throw this.bad('one numpy array of lists', 'something else');
    if (this.at !== this.bytes.length) throw this.bad('the end of the file after the pickle', 'more bytes');
    return { data: this.data, begins: this.begins, ends: this.ends };
  }

  /** One opcode outside the lists: the few values that describe a numpy array. */
  private step(op: number): void {
    switch (op) {
      case MARK:
        return this.push({ kind: 'mark' });
      case NONE:
        return this.push({ kind: 'none' });
      case NEWTRUE:
      case NEWFALSE:
        return this.push({ kind: 'bool', value: op === NEWTRUE });
      case BININT1:
        return this.push({ kind: 'int', value: this.byte() });
      case BININT2:
        return this.push({ kind: 'int', value: this.unsigned(2) });
      case BININT:
        return this.push({ kind: 'int', value: this.unsigned(4) | 0 });
      case BINUNICODE:
        return this.push({ kind: 'text', value: this.text(this.unsigned(4)) });
      case SHORT_BINUNICODE:
        return this.push({ kind: 'text', value: this.text(this.byte()) });
      case SHORT_BINBYTES:
        return this.push({ kind: 'bytes', value: this.text(this.byte()) });
      case SHORT_BINSTRING: // Python 2's str: text or bytes, as the place needs
        return this.push({ kind: 'text', value: this.text(this.byte()) });
      case BINSTRING:
        return this.push({ kind: 'text', value: this.text(this.unsigned(4)) });
      case GLOBAL:
        return this.pushName(`${this.line()} ${this.line()}`);
      case STACK_GLOBAL: {
        const name = this.pop('text');
        return this.pushName(`${this.pop('text').value} ${name.value}`);
      }
      case TUPLE1:
      case TUPLE2:
      case TUPLE3:
        return this.pushTuple(this.stack.length - (op - TUPLE1 + 1));
      case TUPLE: {
        const mark = this.stack.findLastIndex((value) => value.kind === 'mark');
        if (mark < 0) throw this.bad('a mark before a tuple', 'none');
        this.pushTuple(mark + 1);
        this.stack.splice(mark, 1);
        return;
      }
      case REDUCE:
        return this.reduce();
      case BUILD:
        return this.build();
      case EMPTY_LIST:
        return this.readLists();
      case BINGET:
        return this.recall(this.byte());
      case LONG_BINGET:
        return this.recall(this.unsigned(4));
      case BINPUT:
        return this.keep(this.byte());
      case LONG_BINPUT:
        return this.keep(this.unsigned(4));
      case MEMOIZE:
        return this.keep(this.memoized++);
      case FRAME:
        this.skip(8);
        return;
      default:
        throw this.unexpected('an opcode that numpy writes for an array of integer lists', op);
    }
  }

  /** The three calls that rebuild an array: `_reconstruct(ndarray, (0,), b'b')`, `dtype('O8', ...)`, `encode('b', 'latin1')`. */
  private reduce(): void {
    const { items } = this.pop('tuple');
    const name = this.pop('name').value;
    const [first, second, third] = items;
    if (name.endsWith(' _reconstruct') && first?.kind === 'name' && first.value === 'numpy ndarray') {
      if (items.length === 3 && second?.kind === 'tuple' && (third?.kind === 'bytes' || third?.kind === 'text'))
        return this.push({ kind: 'array' });
    } else if (name === 'numpy dtype' && first?.kind === 'text' && /^O[48]?$/.test(first.value)) {
      if (items.length === 3 && isFlag(second) && isFlag(third)) return this.push({ kind: 'dtype' });
    } else if (name === '_codecs encode' && first?.kind === 'text' && second?.kind === 'text') {
      if (items.length === 2 && second.value === 'latin1') return this.push({ kind: 'bytes', value: first.value });
    }
    throw this.bad('a call that rebuilds an array of objects', `${describe(name)} with other arguments`);
  }

  private build(): void {
    const { items } = this.pop('tuple');
    const target = this.stack.at(-1);
    if (target?.kind === 'dtype' && items.every((item) => ['int', 'text', 'none'].includes(item.kind))) return;
    const [version, shape, dtype, isFortran, lists] = items;
    if (
      target?.kind !== 'array' ||
      this.isDone ||
      items.length !== 5 ||
      version?.kind !== 'int' ||
      shape?.kind !== 'tuple' ||
      dtype?.kind !== 'dtype' ||
      !isFlag(isFortran) ||
      lists?.kind !== 'lists'
    )
      throw this.bad('the state of a numpy array of lists', 'another state');
    const size = shape.items.length === 1 ? shape.items[0] : undefined;
    if (size?.kind !== 'int' || size.value !== this.count || this.rows !== this.count)
      throw this.bad(`${this.count} lists`, `${this.rows}`);
    this.isDone = true;
  }

  // The lists: outer = "]" then batches "( row... e" or "row a"; row = "]" then batches "( int... e" or "int a".
  private readLists(): void {
    if (this.stack.some((value) => value.kind === 'lists') || this.rows > 0)
      throw this.bad('one list of lists', 'another list');
    const begin = this.at;
    this.skipMemo();
    for (;;) {
      const op = this.peek();
      if (op === MARK) {
        this.at++;
        while (this.peek() === EMPTY_LIST) this.readRow();
        if (this.peek() !== APPENDS) throw this.unexpected('a list of integers', this.peek());
        this.at++;
      } else if (op === EMPTY_LIST) {
        this.readRow();
        if (this.peek() !== APPEND) throw this.unexpected('a list of integers', this.peek());
        this.at++;
      } else break;
      this.skipFrame();
    }
    this.listBytes = this.at - begin;
    this.push({ kind: 'lists' });
  }

  private readRow(): void {
    if (this.rows === this.count) throw this.bad(`${this.count} lists`, 'more');
    this.at++;
    this.filled += this.lead;
    this.begins[this.rows] = this.filled;
    this.skipMemo();
    for (;;) {
      const op = this.peek();
      if (op === MARK) {
        this.at++;
        this.readInts(Infinity);
        if (this.peek() !== APPENDS) throw this.unexpected('an integer', this.peek());
      } else if (op === BININT1 || op === BININT2 || op === BININT || op === LONG1) {
        this.readInts(1);
        if (this.peek() !== APPEND) throw this.unexpected('one appended integer', this.peek());
      } else break;
      this.at++;
      this.skipFrame();
    }
    this.ends[this.rows++] = this.filled;
    this.skipFrame();
  }

  /** At most `most` integers, up to the next other opcode. This loop sees nearly every byte of the file; it works on locals. */
  private readInts(most: number): void {
    const { bytes, data } = this;
    const end = bytes.length - 5;
    let { at, filled } = this;
    const full = filled + most;
    while (filled < full) {
      const op = at < end ? bytes[at]! : -1;
      if (op === BININT1) {
        data[filled++] = bytes[at + 1]!;
        at += 2;
      } else if (op === BININT2) {
        data[filled++] = bytes[at + 1]! | (bytes[at + 2]! << 8);
        at += 3;
      } else if (op === BININT) {
        data[filled++] = bytes[at + 1]! | (bytes[at + 2]! << 8) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 24);
        at += 5;
      } else if (op === LONG1) {
        this.at = at;
        data[filled++] = this.long();
        ({ at } = this);
      } else if (op === FRAME) {
        at += 9;
      } else break;
    }
    this.at = at;
    this.filled = filled;
  }

  /** LONG1: a length, then a little-endian two's complement integer; Python 2 wrote its `long` so. */
  private long(): number {
    this.at++;
    const length = this.byte();
    if (length > 4) throw this.bad('integers of 32 bits', `one of ${8 * length} bits`);
    const value = this.unsigned(length);
    return length === 0 ? 0 : (value << (32 - 8 * length)) >> (32 - 8 * length);
  }

  /** Lists are never recalled, so that keeping one takes no more than counting it. */
  private skipMemo(): void {
    this.skipFrame();
    const op = this.peek();
    if (op === BINPUT) this.skip(2);
    else if (op === LONG_BINPUT) this.skip(5);
    else if (op === MEMOIZE) {
      this.skip(1);
      this.memoized++;
    }
    this.skipFrame();
  }

  private skipFrame(): void {
    while (this.bytes[this.at] === FRAME) this.skip(9);
  }

  private push(value: Value): void {
    if (this.stack.length === 32) throw this.bad('the description of one array', 'a deeper stack');
    this.stack.push(value);
  }

  private pushName(name: string): void {
    if (!NAMES.includes(name))
      throw this.bad(
        'only the names that rebuild a numpy array',
        describe(name.replace(' ', '.')),
        'Such a pickle could run code, and is refused unread.',
      );
    this.push({ kind: 'name', value: name });
  }

  private pushTuple(from: number): void {
    if (from < 0) throw this.bad('items for a tuple', 'too few');
    const items = this.stack.splice(from);
    if (items.some((item) => item.kind === 'mark')) throw this.bad('items for a tuple', 'a mark');
    this.push({ kind: 'tuple', items });
  }

  private pop<K extends Value['kind']>(kind: K): Extract<Value, { kind: K }> {
    const value = this.stack.pop();
    if (value?.kind !== kind) throw this.bad(`a value of kind ${kind}`, value ? `one of kind ${value.kind}` : 'none');
    return value as Extract<Value, { kind: K }>;
  }

  private keep(key: number): void {
    const value = this.stack.at(-1);
    if (value === undefined || value.kind === 'mark') throw this.bad('a value to keep', 'none');
    this.memo.set(key, value);
  }

  private recall(key: number): void {
    const value = this.memo.get(key);
    // Text and names only: an array or list met twice is nothing that numpy writes here.
    if (value?.kind !== 'text' && value?.kind !== 'name' && value?.kind !== 'bytes')
      throw this.bad('a kept name', `key ${key} of something else`);
    this.push(value);
  }

  private byte(): number {
    return this.bytes[this.skip(1)]!;
  }

  private peek(): number {
    const op = this.bytes[this.at];
    if (op === undefined) throw this.bad('more of the pickle', 'its end', 'Is the file complete?');
    return op;
  }

  private unsigned(length: number): number {
    const begin = this.skip(length);
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + this.bytes[begin + i]!;
    return value;
  }

  private text(length: number): string {
    if (length > 256) throw this.bad('a text of at most 256 bytes', `${length}`);
    const begin = this.skip(length);
    return Buffer.from(this.bytes.subarray(begin, begin + length)).toString('latin1');
  }

  private line(): string {
    const end = this.bytes.subarray(this.at, this.at + 257).indexOf(0x0a);
    if (end < 0) throw this.bad('a name of at most 256 bytes', 'a longer one');
    const line = this.text(end);
    this.at++;
    return line;
  }

  /** Moves on by `length` bytes and returns where they begin. */
  private skip(length: number): number {
    const begin = this.at;
    if (begin + length > this.bytes.length) throw this.bad('more of the pickle', 'its end', 'Is the file complete?');
    this.at += length;
    return begin;
  }

  private unexpected(expected: string, op: number): Error {
    return this.bad(expected, `opcode 0x${op.toString(16).padStart(2, '0')}`);
  }

  private bad(expected: string, received: string, hint = ''): Error {
    return refusal('ERR_DATA', this.where, `${expected} at byte ${this.at} of the pickle`, received, hint);
  }
}

function isFlag(value: Value | undefined): boolean {
  return value?.kind === 'bool' || (value?.kind === 'int' && (value.value === 0 || value.value === 1));
}
