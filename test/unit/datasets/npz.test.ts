// SPDX-License-Identifier: MIT
// The reader of pickles: hostile streams first, then what numpy writes (goldens by tools/golden/datasets.py).
import { Npz } from '../../../lib/datasets/npz/npz';
import { readPickledLists } from '../../../lib/datasets/npz/pickle';
import { readGolden } from '../../support/dataset_goldens';
import { npy, npyInt64, npyLists, pickleLists, zip, type Member } from '../../support/npz_writer';

const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_DATA', message: expect.stringMatching(message) }) as unknown as Error;
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const y: Member = { name: 'y.npy', bytes: npyInt64([1, 0, 1]) };

describe('pickle: hostile streams', () => {
  const good = pickleLists([[1, 2], [3]]);
  const swap = (from: string, to: string) => latin1(good.toString('latin1').replace(from, to));
  const hostile: [title: string, pickle: Buffer, message: RegExp][] = [
    ['nothing', Buffer.alloc(0), /2 lists|complete/],
    ['protocol 0', latin1('(lp0\n.'), /protocol/],
    ['protocol 6', swap('\x80\x02', '\x80\x06'), /protocol 6/],
    ['a call of os.system', latin1('\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.'), /os\.system/],
    ['a call by STACK_GLOBAL', latin1('\x80\x04\x8c\x02os\x8c\x06system\x93.'), /os\.system/],
    ['another name of numpy', swap('cnumpy\nndarray\n', 'cnumpy\nmemmap\n'), /numpy\.memmap/],
    ['another type than objects', swap('U\x02O8', 'U\x02i8'), /other arguments/],
    ['an opcode that builds instances', latin1('\x80\x02(cnumpy\ndtype\no.'), /opcode 0x6f/],
    ['an extension opcode', latin1('\x80\x02\x82\x01.'), /opcode 0x82/],
    ['a persistent id', latin1('\x80\x02Q.'), /opcode 0x51/],
    ['a dictionary', latin1('\x80\x02}.'), /opcode 0x7d/],
    ['a string in a list', swap('K\x01K\x02e', 'K\x01U\x01xe'), /integer/],
    ['a list in a list in a list', swap('K\x01K\x02e', 'K\x01]e'), /integer/],
    ['a tuple among the lists', swap('](K\x03e', ')'), /list of integers/],
    ['an integer beyond 32 bits', swap('K\x01K\x02e', '\x8a\x05\x00\x00\x00\x00\x01e'), /32 bits/],
    ['an append of two', swap('(K\x01K\x02e', 'K\x01K\x02a'), /appended/],
    ['a tuple without a mark', latin1('\x80\x02t.'), /mark/],
    ['a call without arguments', latin1('\x80\x02R.'), /tuple/],
    ['a name that was never kept', latin1('\x80\x02h\x09.'), /kept/],
    ['an endless stack', latin1(`\x80\x02${'N'.repeat(99)}.`), /stack/],
    ['an endless preamble', latin1(`\x80\x04${`\x95${'\0'.repeat(8)}`.repeat(999)}.`), /4096/],
    ['an array that is not there', latin1('\x80\x02N.'), /array/],
    ['bytes after the end', Buffer.concat([good, latin1('x')]), /more bytes/],
    ['a truncated stream', good.subarray(0, good.length - 2), /complete|integer/],
    ['fewer lists than stated', swap('](K\x03e', ''), /2 lists/],
    ['more lists than stated', swap('](K\x03e', '](K\x03e]'), /2 lists/],
  ];
  test.each(hostile)('refuses %s', (_title, pickle, message) => {
    expect(() => readPickledLists('file', pickle, 2)).toThrow(refused(message));
  });

  test('refuses every truncation and survives every changed byte', () => {
    for (let end = 0; end < good.length; end++)
      expect(() => readPickledLists('file', good.subarray(0, end), 2)).toThrow(refused(/./));
    for (let at = 0; at < good.length; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const changed = Buffer.from(good);
        changed[at]! ^= flip;
        try {
          readPickledLists('file', changed, 2);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_DATA' });
        }
      }
    }
  });

  test('refuses a count that the bytes cannot hold, before it allocates', () => {
    expect(() => readPickledLists('file', good, 2 ** 40)).toThrow(refused(/pickle of/));
  });
});

describe('pickle: what numpy writes', () => {
  const unpack = (pickle: Buffer, count: number, lead: number) => {
    const { data, begins, ends } = readPickledLists('file', pickle, count, lead);
    return Array.from(begins, (begin, row) => [...data.subarray(begin - lead, ends[row])]);
  };

  test.each(readGolden('imdb').pickles)('reads protocol $protocol', ({ base64 }) => {
    const lists = [[1, 300, 70000], [], [-5], Array.from({ length: 2003 }, (_, i) => i)];
    expect(unpack(Buffer.from(base64, 'base64'), 4, 0)).toEqual(lists);
    expect(unpack(Buffer.from(base64, 'base64'), 4, 1)).toEqual(lists.map((list) => [0, ...list]));
  });

  test("reads Python 2's pickles, its long integers included", () => {
    expect(unpack(pickleLists([[7, 256, 65536, -1], [3]]), 2, 0)).toEqual([[7, 256, 65536, -1], [3]]);
    const long = latin1(
      pickleLists([[1], [3]])
        .toString('latin1')
        .replace('K\x03e', '\x8a\x02\x00\xffe'),
    );
    expect(unpack(long, 2, 0)).toEqual([[1], [-256]]);
    expect(unpack(pickleLists([]), 0, 0)).toEqual([]);
  });

  test('is reached through an archive', async () => {
    const npz = await Npz.of('file', zip([{ name: 'x.npy', bytes: npyLists([[4, 5], [6]]) }, y]));
    expect([...(await npz.lists('x', 0)).data.subarray(0, 3)]).toEqual([4, 5, 6]);
    expect([...(await npz.integers('y'))]).toEqual([1, 0, 1]);
    await expect(npz.integers('x')).rejects.toThrow(refused(/numbers/));
    await expect(npz.lists('y', 0)).rejects.toThrow(refused(/lists/));
  });

  test('gives no integers beyond 32 bits, and no fractions', async () => {
    const wide = await Npz.of('file', zip([{ name: 'y.npy', bytes: npyInt64([1, 2 ** 40]) }]));
    await expect(wide.integers('y')).rejects.toThrow(refused(/1099511627776 at position 1/));
    const half = npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }`, Buffer.from([0, 0, 0, 0x3f]));
    const halves = await Npz.of('file', zip([{ name: 'y.npy', bytes: half }]));
    await expect(halves.integers('y')).rejects.toThrow(refused(/0\.5/));
  });
});
