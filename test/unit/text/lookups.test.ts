// SPDX-License-Identifier: MIT
// StringLookup and IntegerLookup: misuse, then Keras' own vocabularies and outputs (goldens by tools/golden/lookups.py),
// then what a plain count says, and what Keras does not have: streams, files of both kinds, configs in model files.
import { writeFileSync } from 'node:fs';
import {
  Dense,
  Embedding,
  Flatten,
  IntegerLookup,
  loadAssets,
  loadModel,
  NdArray,
  Sequential,
  StringLookup,
  TextVectorization,
  type IntegerLookupOptions,
  type LookupInput,
  type StringLookupOptions,
} from '../../../lib';
import { describeGolden, readGolden, type Packed } from '../../reference/golden';
import { codeOf, codeOfAsync, messageOf } from '../../support/error_code';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();
const words = ['a', 'b', 'c', 'd'];
const numbers = [12, 36, 1138, 42];

describe('options that are refused', () => {
  const both: [options: object, code: string, message?: RegExp][] = [
    [{ num_oov_indices: 2 }, 'ERR_UNKNOWN_OPTION', /'numOovIndices'/],
    [{ numOovIndices: -1 }, 'ERR_CONFIG'],
    [{ numOovIndices: 1.5 }, 'ERR_CONFIG'],
    [{ numOovIndices: '1' }, 'ERR_TYPE'],
    [{ maxTokens: 1 }, 'ERR_CONFIG'],
    [{ maxTokens: 3, numOovIndices: 3 }, 'ERR_CONFIG'],
    [{ outputMode: 'multihots' }, 'ERR_UNKNOWN_NAME', /'multi_hot'/],
    [{ invert: true, outputMode: 'count' }, 'ERR_CONFIG', /outputMode 'int' with invert/],
    [{ invert: 1 }, 'ERR_TYPE'],
    [{ padToMaxTokens: true, outputMode: 'count' }, 'ERR_CONFIG', /maxTokens/],
    [{ padToMaxTokens: true, maxTokens: 9 }, 'ERR_CONFIG', /another outputMode/],
    [{ salt: 3 }, 'ERR_CONFIG', /several numOovIndices/],
    [{ salt: 'x', numOovIndices: 2, oovMethod: 'farmhash' }, 'ERR_TYPE'],
    [{ salt: [1, 2, 3], numOovIndices: 2, oovMethod: 'farmhash' }, 'ERR_CONFIG'],
    [{ sparse: true }, 'ERR_CONFIG', /not supported yet/],
    [{ vocabulary: [] }, 'ERR_DATA'],
    [{ vocabulary: {} }, 'ERR_TYPE'],
    [{ vocabulary: 'no such file' }, 'ERR_NOT_FOUND'],
    [{ idfWeights: [1] }, 'ERR_CONFIG'],
  ];
  const texts: typeof both = [
    [{ maskToken: 0 }, 'ERR_TYPE'],
    [{ oovToken: null }, 'ERR_TYPE'],
    [{ maskToken: '[UNK]' }, 'ERR_CONFIG', /to differ/],
    [{ oovMethod: 'farmhash' }, 'ERR_UNKNOWN_OPTION'],
    [{ encoding: 'latin1' }, 'ERR_CONFIG', /not supported yet/],
    [{ vocabulary: ['a', 3] }, 'ERR_TYPE'],
    [{ vocabulary: ['a', 'a'] }, 'ERR_CONFIG', /once/],
    [{ vocabulary: ['a', '\ud800'] }, 'ERR_DATA', /well-formed/],
    [{ vocabulary: ['a', ''], maskToken: '' }, 'ERR_CONFIG', /no ""/],
    [{ vocabulary: ['a', '[UNK]'], invert: true }, 'ERR_CONFIG', /no "\[UNK\]"/],
    [{ vocabulary: words, maxTokens: 4 }, 'ERR_CONFIG', /maxTokens = 4/],
    [{ vocabulary: words, outputMode: 'tf_idf' }, 'ERR_CONFIG', /idfWeights/],
    [{ vocabulary: words, idfWeights: [1, 2, 3, 4] }, 'ERR_CONFIG', /only/],
    [{ vocabulary: words, outputMode: 'tf_idf', idfWeights: [1, 2] }, 'ERR_SHAPE'],
    [{ vocabulary: words, outputMode: 'tf_idf', idfWeights: [1, 2, NaN, 4] }, 'ERR_DATA'],
  ];
  const integers: typeof both = [
    [{ maskToken: '' }, 'ERR_TYPE'],
    [{ maskToken: -1 }, 'ERR_CONFIG', /to differ/],
    [{ oovToken: 0.5 }, 'ERR_DATA'],
    [{ oovMethod: 'md5' }, 'ERR_UNKNOWN_NAME', /'farmhash'/],
    [{ salt: 1, numOovIndices: 2 }, 'ERR_CONFIG', /farmhash/],
    [{ vocabularyDtype: 'int32' }, 'ERR_CONFIG', /not supported yet/],
    [{ vocabulary: [1, '2'] }, 'ERR_TYPE'],
    [{ vocabulary: [1, 2 ** 53] }, 'ERR_DATA'],
    [{ vocabulary: [1, 0], maskToken: 0 }, 'ERR_CONFIG', /no 0/],
  ];
  const cases = (make: new (options: never) => unknown, given: typeof both) =>
    given.map(([options, code, message]) => [make, options, code, message ?? /: expected/] as const);
  test.each([
    ...cases(StringLookup, both.filter(([options]) => !('oovMethod' in options) || 'salt' in options).map(([{ ...options }, ...rest]) => { delete (options as Record<string, unknown>)['oovMethod']; return [options, ...rest]; })), // prettier-ignore
    ...cases(StringLookup, texts),
    ...cases(IntegerLookup, both),
    ...cases(IntegerLookup, integers),
  ])('%p %j: %s', (Lookup, options, code, message) => {
    expect(codeOf(() => new Lookup(options as never))).toBe(code);
    expect(messageOf(() => new Lookup(options as never))).toMatch(message);
  });

  test('two objects, and other things than options', () => {
    for (const Lookup of [StringLookup, IntegerLookup])
      for (const options of [5, null, 'a', []]) expect(codeOf(() => new Lookup(options as never))).toBe('ERR_TYPE');
  });
});

describe('calls that are refused', () => {
  const lookup = new StringLookup({ vocabulary: words });
  const integers = new IntegerLookup({ vocabulary: numbers });
  const back = new StringLookup({ vocabulary: words, invert: true });
  test.each<[string, () => unknown, string, RegExp]>([
    ['before there is a vocabulary', () => new StringLookup().call(['a']), 'ERR_STATE', /adapt/],
    ['a number for a string', () => lookup.call(['a', 3] as never), 'ERR_TYPE', /at \[1\]/],
    ['a string for an integer', () => integers.call([[12], ['a']] as never), 'ERR_TYPE', /at \[1, 0\]/],
    ['half an integer', () => integers.call(new NdArray(Float32Array.of(12, 0.5), [2, 1])), 'ERR_DATA', /at \[1, 0\]/],
    ['a string for an id', () => back.call(['a']), 'ERR_TYPE', /an id at \[0\]/],
    ['half a character', () => lookup.call(['a', '\udc00']), 'ERR_DATA', /at \[1\]/],
    ['nothing', () => lookup.call(undefined as never), 'ERR_TYPE', /StringLookup\.call/],
    ['an empty array', () => lookup.call([]), 'ERR_DATA', /at least one/],
    ['ragged rows', () => lookup.call([['a', 'b'], ['a']]), 'ERR_SHAPE', /1 at \[1\]/],
    ['uneven depth', () => lookup.call(['a', ['b']]), 'ERR_SHAPE', /one depth/],
    ['uneven depth, the other way', () => lookup.call([['a'], 'b']), 'ERR_SHAPE', /a row of 1 at \[1\]/],
    ['an array of strings with a shape', () => lookup.call({ data: ['a'], shape: [1] } as never), 'ERR_TYPE', /NdArray/],
    ['a shape that does not fit', () => integers.call({ data: Int32Array.of(1, 2), shape: [3] }), 'ERR_SHAPE', /3 elements/],
    ['an unknown string where none may be', () => new StringLookup({ vocabulary: words, numOovIndices: 0 }).call([['a', 'z']]), 'ERR_RANGE', /"z" at \[0, 1\]/],
    ['samples of three axes', () => new StringLookup({ vocabulary: words, outputMode: 'count' }).call([[['a']]]), 'ERR_SHAPE', /\[N,T\]/],
  ])('%s', (_title, call, code, message) => {
    expect(codeOf(call)).toBe(code);
    expect(messageOf(call)).toMatch(message);
  }); // prettier-ignore

  test('an array that contains itself', () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(codeOf(() => lookup.call(cyclic as never))).toBe('ERR_SHAPE');
  });

  test('adapt: data that is none, steps of an array, a vocabulary from the constructor, nothing to learn', async () => {
    expect(await codeOfAsync(new StringLookup().adapt('abc' as never))).toBe('ERR_TYPE');
    expect(await codeOfAsync(new StringLookup().adapt(3 as never))).toBe('ERR_TYPE');
    expect(await codeOfAsync(new StringLookup().adapt(['a'], { steps: 1 }))).toBe('ERR_CONFIG');
    expect(await codeOfAsync(lookup.adapt(['a']))).toBe('ERR_STATE');
    expect(await codeOfAsync(new StringLookup().adapt([]))).toBe('ERR_DATA');
    expect(await codeOfAsync(new StringLookup({ maskToken: '' }).adapt(['', '[UNK]']))).toBe('ERR_DATA');
    expect(await codeOfAsync(new IntegerLookup().adapt([1, 'a'] as never))).toBe('ERR_TYPE');
  });

  test('an adapt that fails leaves the vocabulary that there was', async () => {
    const learning = new StringLookup();
    await learning.adapt(['a']);
    expect(await codeOfAsync(learning.adapt(['b', 3] as never))).toBe('ERR_TYPE');
    expect(learning.getVocabulary()).toEqual(['[UNK]', 'a']);
  });
});

describeGolden('lookups', () => {
  interface Case {
    options: object;
    documents?: unknown[][];
    vocabulary?: never[];
    idfWeights?: number[] | null;
    learnt: unknown[];
    size: number;
    weights?: number[];
    inputs: never;
    outputs: Packed | { shape: number[]; texts: string[] };
  }
  const golden = readGolden<{ texts: Case[]; integers: Case[] }>('lookups');

  const flat = (value: unknown): unknown[] => (Array.isArray(value) ? value.flatMap(flat) : [value]);
  const shapeOf = (value: unknown): number[] => (Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : []);

  async function check(make: () => StringLookup | IntegerLookup, each: Case): Promise<void> {
    const lookup = make();
    if (each.documents !== undefined) await lookup.adapt(each.documents as never);
    else lookup.setVocabulary(each.vocabulary!, each.idfWeights ?? null);
    expect(lookup.getVocabulary()).toEqual(each.learnt);
    expect(lookup.vocabularySize()).toBe(each.size);
    each.weights?.forEach((weight, id) => {
      if (id < each.size) expect(lookup.idfWeights![id]).toBeCloseTo(weight, 6);
    });
    const copy = (lookup.constructor as typeof StringLookup).fromConfig(JSON.parse(JSON.stringify(lookup)) as never);
    for (const one of [lookup, copy]) {
      const got: unknown = (one as StringLookup).call(each.inputs);
      const { outputs } = each;
      if ('texts' in outputs) {
        expect(flat(got)).toEqual(outputs.texts);
        expect(shapeOf(got)).toEqual(outputs.shape);
        continue;
      }
      const { data, shape } = got as NdArray;
      expect(shape).toEqual(outputs.shape);
      outputs.data.forEach((value, i) => {
        if (Number.isInteger(value)) expect(data[i]).toBe(value);
        else expect(Math.abs(data[i]! - value)).toBeLessThanOrEqual(3e-7 * Math.abs(value));
      });
    }
  }

  test.each(golden.texts.map((each, i) => [i, JSON.stringify(each.options), each] as const))(
    'strings %i: %s',
    (_, __, each) => check(() => new StringLookup(each.options), each),
  );
  test.each(golden.integers.map((each, i) => [i, JSON.stringify(each.options), each] as const))(
    'integers %i: %s',
    (_, __, each) => check(() => new IntegerLookup(each.options), each),
  );
});

describe('against a plain count', () => {
  const draw = Array.from({ length: 400 }, (_, i) => words[(i * i + (i % 7)) % 4]! + (i % 3));

  test('the vocabulary is by frequency, then by code points from the last; rows count its tokens', async () => {
    const lookup = new StringLookup({ outputMode: 'count', maxTokens: 8 });
    await lookup.adapt(draw);
    const counts = new Map<string, number>();
    for (const word of draw) counts.set(word, (counts.get(word) ?? 0) + 1);
    const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? 1 : -1)).map(([word]) => word);
    expect(lookup.getVocabulary(false)).toEqual(ranked.slice(0, 7));
    const row = lookup.call(draw);
    const known = ranked.slice(0, 7).map((word) => counts.get(word)!);
    expect([...row.data]).toEqual([400 - known.reduce((a, b) => a + b), ...known]);
  });

  test('a token there and back', () => {
    for (const [numOovIndices, maskToken] of [
      [1, null],
      [3, ''],
      [0, null],
      [2, 'pad'],
    ] as const) {
      // prettier-ignore
      const options: StringLookupOptions = { vocabulary: words, numOovIndices, maskToken };
      const there = new StringLookup(options).call([words, [...words].reverse()]);
      expect(new StringLookup({ ...options, invert: true }).call(there)).toEqual([words, [...words].reverse()]); // prettier-ignore
    }
    const options: IntegerLookupOptions = { vocabulary: [2 ** 40, -3, 0], maskToken: 7 };
    const there = new IntegerLookup(options).call([[2 ** 40, 7], [0, -3]]); // prettier-ignore
    expect(new IntegerLookup({ ...options, invert: true }).call(there).toArray()).toEqual([[2 ** 40, 7], [0, -3]]); // prettier-ignore
  });

  test('unknown tokens are dealt to all of their ids, evenly by the hash', () => {
    const unknown = Array.from({ length: 4000 }, (_, i) => `token ${i}`);
    for (const salt of [null, 5]) {
      const lookup = new StringLookup({ vocabulary: words, numOovIndices: 4, salt });
      const counts = [0, 0, 0, 0];
      for (const id of lookup.call(unknown).data) counts[id]!++;
      for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
    }
  });
});

describe('what Keras does not have', () => {
  test('streams of samples, as many steps as are asked for', async () => {
    async function* batches(): AsyncGenerator<LookupInput<number>> {
      for (let i = 0; i < 5; i++) {
        await Promise.resolve();
        yield Int32Array.of(i, 100);
      }
    }
    const lookup = new IntegerLookup();
    await lookup.adapt(batches(), { steps: 3 });
    expect(lookup.getVocabulary()).toEqual([-1, 100, 2, 1, 0]);
  });

  test('an array of rows counts each as a document, typed ones too', async () => {
    const rows = [[1, 1, 2], [2, 3, 3]]; // prettier-ignore
    const idf = async (data: never): Promise<number[]> => {
      const lookup = new IntegerLookup({ outputMode: 'tfIdf' });
      await lookup.adapt(data);
      return [...lookup.idfWeights!];
    };
    const wanted = await idf(rows as never);
    expect(wanted[1]).toBeCloseTo(Math.log(1 + 2 / 2), 6);
    expect(await idf(new NdArray(Int32Array.from(rows.flat()), [2, 3]) as never)).toEqual(wanted);
    expect(await idf([[rows[0]], [rows[1]]] as never)).toEqual(wanted);
  });

  test('vocabularies in files, which may begin with the special tokens', () => {
    writeFileSync(at('words.txt'), '\r\n[UNK]\na\r\nb c\n');
    expect(new StringLookup({ vocabulary: at('words.txt'), maskToken: '' }).getVocabulary(false)).toEqual(['a', 'b c']);
    writeFileSync(at('numbers.txt'), '-1\n 12\n+36\n');
    expect(new IntegerLookup({ vocabulary: at('numbers.txt') }).getVocabulary()).toEqual([-1, 12, 36]);
    writeFileSync(at('bad.txt'), '12\n1e3\n');
    expect(messageOf(() => new IntegerLookup({ vocabulary: at('bad.txt') }))).toContain('line 2 of the vocabulary');
  });

  test('a vocabulary that is set again has another size', () => {
    const lookup = new StringLookup({ outputMode: 'oneHot' });
    lookup.setVocabulary(['a']);
    expect(lookup.call(['a']).shape).toEqual([1, 2]);
    lookup.setVocabulary(words);
    expect(lookup.call(['a']).shape).toEqual([1, 5]);
  });

  test('lookups and vectorizations are saved with a model as they are', async () => {
    const cities = new StringLookup({ numOovIndices: 2, salt: 9 });
    await cities.adapt(['Rome', 'Oslo', 'Rome', 'Lima']);
    const users = new IntegerLookup({ vocabulary: [2 ** 40, 7], outputMode: 'tf_idf', idfWeights: [0.5, 2] });
    const vectorize = new TextVectorization({ vocabulary: ['a', 'b'] });
    const model = new Sequential([
      new Embedding(cities.vocabularySize(), 2, { inputLength: 2 }),
      new Flatten(),
      new Dense(1),
    ]);
    model.compile({ optimizer: 'sgd', loss: 'binary_crossentropy' });
    await model.fit(cities.call([['Rome', 'Oslo'], ['Lima', 'Paris']]), [true, false], { verbose: 0 }); // prettier-ignore
    await model.save(at('model.safetensors'), { assets: { cities, users, texts: [vectorize] } });
    const assets = (await loadAssets(at('model.safetensors'))) as Record<string, never>;
    const [city, user] = [StringLookup.fromConfig(assets['cities']!), IntegerLookup.fromConfig(assets['users']!)];
    const inputs = [['Oslo', 'Paris'], ['Bonn', 'Rome']]; // prettier-ignore
    expect(city.call(inputs)).toEqual(cities.call(inputs));
    expect(user.call([7, 7, 1])).toEqual(users.call([7, 7, 1]));
    expect(TextVectorization.fromConfig(assets['texts']![0]!).getConfig()).toEqual(vectorize.getConfig());
    const loaded = await loadModel(at('model.safetensors'));
    expect((await loaded.predict(city.call(inputs))).data).toEqual((await model.predict(cities.call(inputs))).data);
  });
});
