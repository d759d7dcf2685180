// SPDX-License-Identifier: MIT
// ctcDecode: misuse, then against Keras (ctc_decode.json) and against the definitions spelt out (reference/ctc_decode.ts).
import { ctcDecode, NdArray, setThreads, type CtcDecodeOptions } from '../../lib';
import { expectClose } from '../reference/closeness';
import { allPaths, beamSearch } from '../reference/ctc_decode';
import { describeGolden, readGolden, type Packed } from '../reference/golden';
import { drawFrom } from '../reference/random';
import { codeOfAsync } from '../support/error_code';

interface Case {
  note: string;
  logits: Packed;
  lengths: number[];
  options: {
    strategy?: string;
    beam_width?: number;
    top_paths?: number;
    merge_repeated?: boolean;
    mask_index?: number | null;
  };
  labels: Packed;
  scores: (number | null)[][];
}

const logits = (rows: number, steps: number, classes: number, scale = 1, seed = 5) =>
  new NdArray(
    Float32Array.from(drawFrom(seed).normal(rows * steps * classes), (value) => value * scale),
    [rows, steps, classes],
  );

describe('misuse', () => {
  const x = logits(2, 4, 3);
  test.each<[string, unknown, unknown, unknown, string]>([
    ['no logits', undefined, [4, 4], {}, 'ERR_TYPE'],
    ['logits of one sample without a batch axis', x.row(0), [4], {}, 'ERR_SHAPE'],
    ['no lengths', x, undefined, {}, 'ERR_TYPE'],
    ['too few lengths', x, [4], {}, 'ERR_SHAPE'],
    ['a length beyond the timesteps', x, [4, 5], {}, 'ERR_RANGE'],
    ['a negative length', x, [4, -1], {}, 'ERR_RANGE'],
    ['half a timestep', x, [4, 1.5], {}, 'ERR_DATA'],
    ['an unknown strategy', x, [4, 4], { strategy: 'viterbi' }, 'ERR_UNKNOWN_NAME'],
    ['no beam', x, [4, 4], { strategy: 'beam_search', beamWidth: 0 }, 'ERR_CONFIG'],
    ['more paths than beams', x, [4, 4], { strategy: 'beamSearch', beamWidth: 2, topPaths: 3 }, 'ERR_CONFIG'],
    ['several paths of the greedy strategy', x, [4, 4], { topPaths: 2 }, 'ERR_CONFIG'],
    ['beams that do not merge', x, [4, 4], { strategy: 'beam_search', mergeRepeated: false }, 'ERR_CONFIG'],
    ['a mask that is no class', x, [4, 4], { maskIndex: 3 }, 'ERR_CONFIG'],
    ['a negative mask', x, [4, 4], { maskIndex: -1 }, 'ERR_CONFIG'],
    ['an option in the spelling of Python', x, [4, 4], { beam_width: 3 }, 'ERR_UNKNOWN_OPTION'],
  ])('%s', async (_title, inputs, lengths, options, code) => {
    expect(await codeOfAsync(ctcDecode(inputs as never, lengths as never, options as never))).toBe(code);
  });

  test.each([NaN, Infinity])('logits that hold %p, in a timestep that counts', async (value) => {
    for (const strategy of ['greedy', 'beam_search']) {
      const bad = logits(3, 4, 3);
      bad.data[14] = value; // row 1, step 0
      await expect(ctcDecode(bad, [4, 4, 4], { strategy })).rejects.toMatchObject({
        code: 'ERR_DATA',
        message: expect.stringContaining('row 1') as string,
      });
      expect((await ctcDecode(bad, [4, 0, 4], { strategy }))[1].get(1, 0)).toBe(0);
    }
  });

  test('a timestep that allows no class; one class that is impossible does no harm', async () => {
    const bad = logits(1, 3, 3);
    bad.data.fill(-Infinity, 3, 5);
    const [labels, scores] = await ctcDecode(bad, [3], { strategy: 'beam_search' });
    expect(labels.get(0, 0, 0)).toBeGreaterThan(0);
    expect(scores.get(0, 0)).toBeLessThan(0);
    bad.data.fill(-Infinity, 3, 6);
    for (const strategy of ['greedy', 'beam_search'])
      expect(await codeOfAsync(ctcDecode(bad, [3], { strategy }))).toBe('ERR_DATA');
  });
});

test('inputs are copied: what becomes of them afterwards changes nothing', async () => {
  const x = logits(4, 6, 3, 3);
  const wanted = (await ctcDecode(x, [6, 6, 6, 6], { strategy: 'beam_search' }))[0].data;
  const pending = ctcDecode(x, [6, 6, 6, 6], { strategy: 'beam_search' });
  x.data.fill(NaN);
  expect((await pending)[0].data).toEqual(wanted);
});

test('a sequence of length 0 has no labels and the score 0', async () => {
  for (const strategy of ['greedy', 'beam_search']) {
    const [labels, scores] = await ctcDecode(logits(1, 3, 3), [0], { strategy });
    expect([...labels.data]).toEqual([-1, -1, -1]);
    expect([...scores.data]).toEqual([0]);
  }
});

test('the same bits on any number of threads', async () => {
  const x = logits(33, 20, 7);
  const options = { strategy: 'beam_search', beamWidth: 9, topPaths: 3 } as const;
  const lengths = Int32Array.from({ length: 33 }, (_, i) => i % 21);
  setThreads(1);
  const [labels, scores] = await ctcDecode(x, lengths, options);
  setThreads(3);
  const [others, otherScores] = await ctcDecode(x, lengths, options);
  expect(others.data).toEqual(labels.data);
  expect(otherScores.data).toEqual(scores.data);
});

describe('against the definitions', () => {
  const rowsOf = ({ data, shape }: NdArray, row: number, length: number): number[][] =>
    Array.from({ length }, (_, t) => {
      const begin = (row * shape[1]! + t) * shape[2]!;
      return [...data.subarray(begin, begin + shape[2]!)];
    });

  async function decoded(x: NdArray, lengths: number[], options: CtcDecodeOptions) {
    const [labels, scores] = await ctcDecode(x, lengths, options);
    return lengths.map((_, row) =>
      Array.from({ length: labels.shape[0]! }, (_unused, path) => ({
        labels: [...labels.row(path).row(row).data].filter((label) => label >= 0),
        score: scores.get(row, path),
      })),
    );
  }

  test.each([0, 1, 2])(
    'with beams enough it finds the sums over all ways to read a sample, blank %i',
    async (blank) => {
      const x = logits(6, 5, 3, 1.5, 11 + blank);
      const lengths = [5, 5, 4, 3, 2, 1];
      const paths = await decoded(x, lengths, {
        strategy: 'beam_search',
        beamWidth: 500,
        topPaths: 5,
        maskIndex: blank,
      });
      lengths.forEach((length, row) => {
        const wanted = allPaths(rowsOf(x, row, length), blank);
        paths[row]!.forEach(({ labels, score }, i) => {
          expect(labels).toEqual(wanted[i]?.labels ?? []);
          if (wanted[i] === undefined) expect(score).toBe(-Infinity);
          else expectClose([score], [wanted[i].score], 1e-6);
        });
      });
    },
  );

  test.each([1, 2, 3, 4, 7, 30])('with %i beams it loses and finds again the same paths', async (beamWidth) => {
    for (const [classes, scale] of [
      [3, 4],
      [5, 1],
      [2, 2],
    ] as const) {
      // prettier-ignore
      const x = logits(8, 14, classes, scale, 100 * beamWidth + classes);
      const lengths = [14, 14, 13, 11, 8, 5, 2, 14];
      const topPaths = Math.min(beamWidth, 4);
      const paths = await decoded(x, lengths, { strategy: 'beam_search', beamWidth, topPaths });
      lengths.forEach((length, row) => {
        const wanted = beamSearch(rowsOf(x, row, length), 0, beamWidth).slice(0, topPaths);
        expect(paths[row]!.filter(({ score }) => score > -Infinity).map(({ labels }) => labels)).toEqual(
          wanted.map(({ labels }) => labels),
        );
        wanted.forEach(({ score }, i) => expectClose([paths[row]![i]!.score], [score], 1e-6));
      });
    }
  });
});

test('of equally likely paths that with the lower label comes first, and stays where beams are few', async () => {
  const x = new NdArray(new Float32Array(5 * 4), [1, 5, 4]);
  for (const beamWidth of [1, 2, 3, 6]) {
    const options = { strategy: 'beam_search', beamWidth, topPaths: beamWidth } as const;
    const [labels] = await ctcDecode(x, [5], options);
    const wanted = beamSearch(x.row(0).toArray() as number[][], 0, beamWidth);
    expect(Array.from(labels, (path) => [...path.data].filter((label) => label >= 0))).toEqual(
      wanted.map((path) => path.labels),
    );
  }
});

describeGolden('ctc_decode', () => {
  const { cases } = readGolden<{ cases: Case[] }>('ctc_decode');

  test.each(cases.map((c): [string, Case] => [c.note, c]))('%s', async (_, c) => {
    const {
      strategy,
      beam_width: beamWidth,
      top_paths: topPaths,
      merge_repeated: mergeRepeated,
      mask_index,
    } = c.options;
    const options = { strategy, beamWidth, topPaths, mergeRepeated, maskIndex: mask_index } as CtcDecodeOptions;
    const x = { data: Float32Array.from(c.logits.data), shape: c.logits.shape };
    const [labels, scores] = await ctcDecode(x, c.lengths, options);
    expect(labels.shape).toEqual(c.labels.shape);
    expect([...labels.data]).toEqual(c.labels.data);
    const wanted = c.scores.flat().map((score) => score ?? -Infinity);
    expect(scores.shape).toEqual([c.scores.length, c.scores[0]!.length]);
    wanted.forEach((score, i) => {
      if (score === -Infinity) expect(scores.data[i]).toBe(-Infinity);
      else expectClose([scores.data[i]!], [score], 1e-6);
    });
  });
});
