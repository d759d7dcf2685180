// SPDX-License-Identifier: MIT
// Streams of graphs: what is refused, that a step gives what the whole sequence so far gives, constants, several inputs and
// outputs, and words decoded one by one with layers that another model trained.
import * as lib from '../../../lib';
import { codeOf, messageOf } from '../../support/error_code';
import { numbers, run, type Batch } from '../../support/graph_run';
import { expectClose } from './cases';
import { GRAPHS, makeGraph, part, rowsOf, runPrefixes, type GraphCase } from './graph_cases';

const { Dense, Embedding, Flatten, GlobalMaxPooling1D, GRU, Input, LSTM, Model, Sequential, TimeDistributed } = lib;
const { add, concatenate } = lib;
type Tensor = lib.SymbolicTensor;
type Named<T> = Record<string, T>;

const ALL = Object.keys(GRAPHS);
const STEPS = 8;

/** Of each input that is (not) a constant: its name and the rows of a timestep, or of the constant. */
function given(
  { model, x, isConstant }: GraphCase,
  constants: boolean,
  rows: readonly number[],
  step = 0,
): Named<Batch> {
  const entries = model.inputNames.flatMap((name, index): [string, Batch][] => {
    if (isConstant[index] !== constants) return [];
    return [[name, constants ? rowsOf(x[index]!, rows) : part(x[index]!, rows, step, step + 1)]];
  });
  return Object.fromEntries(entries);
}

const dataOf = (named: Named<Batch>): Named<Float32Array | Int32Array> =>
  Object.fromEntries(Object.entries(named).map(([name, { data }]) => [name, data]));
/** Each as it is given alone: one, or a list in order. */
const inOrder = <T>(named: Named<T>): T | T[] =>
  Object.keys(named).length === 1 ? Object.values(named)[0]! : Object.values(named);

const series = (features: number, name?: string): lib.Input => new Input([null, features], { name: name ?? null });
const vector = (features: number, name?: string): lib.Input => new Input([features], { name: name ?? null });

describe('graphs that cannot go on by timesteps', () => {
  const sequences = { returnSequences: true } as const;
  test.each<[string, () => lib.Model, RegExp]>([
    [
      'initial states that the timesteps give',
      () => {
        const [a, b] = [series(3), series(3)];
        const [, h] = new GRU(4, { returnState: true }).apply<Tensor[]>(a);
        return new Model([a, b], new GRU(4, { name: 'decoder' }).apply(b, { initialState: h! }));
      },
      /GRU "decoder", which begins in states that the timesteps change/,
    ],
    [
      'a sequence that changes as a whole, read again',
      () => {
        const x = series(4);
        const last = new GRU(4).apply(x);
        return new Model(x, new LSTM(2, { name: 'again' }).apply(new Dense(3).apply(add([x, last]))));
      },
      /LSTM "again", which reads earlier timesteps again/,
    ],
    [
      'a mask of its own',
      () => {
        const [x, mask] = [new Input([5, 3]), new Input([5])];
        return new Model([x, mask], new LSTM(2, { name: 'reader' }).apply(x, { mask }));
      },
      /LSTM "reader", which needs the whole mask/,
    ],
    [
      'a layer within a model',
      () => {
        const inner = new Sequential([
          new Input([6, 3]),
          new LSTM(2, sequences),
          new GlobalMaxPooling1D({ name: 'pool' }),
        ]);
        const x = new Input([6, 3]);
        return new Model(x, new Dense(1).apply(inner.apply(x)));
      },
      /GlobalMaxPooling1D "pool", which pools/,
    ],
    [
      'a direction of a Bidirectional',
      () => {
        const x = series(3);
        const both = new lib.Bidirectional(new GRU(2), { name: 'both' });
        return new Model(x, concatenate([new GRU(2).apply(x), both.apply(x)]));
      },
      /Bidirectional "both"/,
    ],
    [
      'parts of four axes',
      () => {
        const x = new Input([2, null, 3], { name: 'parts' });
        return new Model(x, new LSTM(2).apply(new TimeDistributed(new LSTM(2)).apply(x)));
      },
      /inputs \[N,T,C\] and \[N,C\], received \(None, 2, None, 3\) of "parts"/,
    ],
    [
      'ids of three axes',
      () => {
        const x = new Input([2, null], { name: 'parts', dtype: 'int32' });
        return new Model(x, new TimeDistributed(new Sequential([new Embedding(9, 2), new LSTM(2)])).apply(x));
      },
      /inputs \[N,T\] of ids, received \(None, 2, None\) of "parts"/,
    ],
    [
      'timesteps that are rows',
      () => {
        const x = new Input([4, 3]);
        return new Model(x, new TimeDistributed(new Flatten(), { name: 'each' }).apply(x));
      },
      /TimeDistributed "each", which makes rows of timesteps/,
    ],
    [
      'vectors alone',
      () => {
        const [a, b] = [vector(3), vector(3)];
        return new Model([a, b], add([a, b]));
      },
      /a model of sequences \[N,T,C\], received one of vectors/,
    ],
  ])('%s: refused by name, with the reason', (_title, make, message) => {
    const model = make();
    expect(codeOf(() => model.openStreams())).toBe('ERR_CONFIG');
    expect(messageOf(() => model.openStream())).toMatch(message);
  });
});

beforeEach(() => lib.clearSession());

describe('what streams of graphs refuse', () => {
  const decoder = (): lib.Model => GRAPHS['initial states']!();
  const both = (): lib.Model => GRAPHS['two sequences side by side']!();
  const state = new Float32Array(6);

  test.each<[string, lib.StreamOptions | undefined, string, RegExp]>([
    ['no constants', undefined, 'ERR_CONFIG', /constants for the inputs "h", "c", received none/],
    ['a constant that is missing', { constants: { h: state } }, 'ERR_CONFIG', /none for "c"/],
    ['one that does not exist', { constants: { h: state, d: state } }, 'ERR_UNKNOWN_NAME', /received "d"/],
    ['a timestep for a constant', { constants: { h: state, c: state, words: [1] } }, 'ERR_UNKNOWN_NAME', /"words"/],
    ['too few of a list', { constants: [state] }, 'ERR_TYPE', /constants "h", "c", in this order or by name/],
    ['one array for two', { constants: state }, 'ERR_TYPE', /constants "h", "c"/],
    [
      'another size',
      { constants: [state, new Float32Array(5)] },
      'ERR_SHAPE',
      /constants of "c" of shape \[N,C\] = \[1, 6\]/,
    ],
    ['two rows', { constants: { h: numbers([2, 6]), c: numbers([2, 6]) } }, 'ERR_SHAPE', /"h".*received \[2, 6\]/],
    ['a text', { constants: { h: 'zero' as never, c: state } }, 'ERR_TYPE', /constants of "h"/],
    ['an unknown option', { constant: state } as never, 'ERR_UNKNOWN_OPTION', /Did you mean 'constants'/],
    ['returnDict that is no boolean', { constants: [state, state], returnDict: 1 as never }, 'ERR_TYPE', /returnDict/],
  ])('%s where a stream is opened', (_title, options, code, message) => {
    for (const call of [() => decoder().openStream(options), () => decoder().openStreams(1, options)]) {
      expect(codeOf(call)).toBe(code);
      expect(messageOf(call)).toMatch(message);
    }
  });

  test('constants where no input is a vector', () => {
    expect(messageOf(() => both().openStream({ constants: [1, 2] }))).toMatch(/no constants, for no input is a vector/);
    expect(codeOf(() => both().openStream({ constants: {} }))).toBe('nothing thrown');
  });

  test.each<[string, unknown, string, RegExp]>([
    ['one input of two', [1, 2, 3], 'ERR_TYPE', /inputs "words", "readings", in this order or by name/],
    ['too many', [1, [1, 2, 3], [1]], 'ERR_TYPE', /in this order or by name, received an array of 3/],
    ['an input that is missing', { words: 1 }, 'ERR_CONFIG', /none for "readings"/],
    ['an input that does not exist', { word: 1, readings: [1, 2, 3] }, 'ERR_UNKNOWN_NAME', /Did you mean "words"/],
    ['inputs in another order', [[1, 2, 3], 1], 'ERR_SHAPE', /one token of "words"/],
    ['an id beyond the vocabulary', { words: 11, readings: [1, 2, 3] }, 'ERR_RANGE', /ids in "words" from 0 to 10/],
    ['too few numbers', { words: 1, readings: [1, 2] }, 'ERR_SHAPE', /a timestep of "readings" of shape \[C\] = \[3\]/],
    ['nothing', undefined, 'ERR_TYPE', /received undefined/],
  ])('%s in a timestep; the stream has not gone on', (_title, x, code, message) => {
    const model = both();
    const [stream, untouched] = [model.openStream(), model.openStream()];
    expect(codeOf(() => stream.push(x as never))).toBe(code);
    expect(messageOf(() => stream.push(x as never))).toMatch(message);
    expect(stream.push([4, [1, 2, 3]])).toEqual(untouched.push({ words: 4, readings: [1, 2, 3] }));
  });

  test.each<[string, (group: lib.StreamGroup) => unknown, string, RegExp]>([
    ['rows of one input alone', (g) => g.step([[1, 2]]), 'ERR_TYPE', /in this order or by name/],
    [
      'too few rows of one',
      (g) => g.step({ words: [1], readings: numbers([2, 3]) }),
      'ERR_SHAPE',
      /"words" of shape \[N\] = \[2\]/,
    ],
    [
      'an id that is none, by input and row',
      (g) => g.step({ words: [1, 12], readings: numbers([2, 3]) }),
      'ERR_RANGE',
      /ids in "words" from 0 to 10, received 12 at \[1\]/,
    ],
    ['constants for all', (g) => g.reset(undefined, { constants: [] }), 'ERR_CONFIG', /Name the stream/],
    ['constants that are none', (g) => g.open({ constants: [1] }), 'ERR_CONFIG', /no constants/],
  ])('%s in a step of a group; no stream has gone on', (_title, call, code, message) => {
    const model = both();
    const [group, untouched] = [model.openStreams(2), model.openStreams(2)];
    expect(codeOf(() => call(group))).toBe(code);
    expect(messageOf(() => call(group))).toMatch(message);
    const x = { words: [1, 2], readings: numbers([2, 3]) };
    expect(group.step(x)).toEqual(untouched.step(x));
  });

  test('places for answers that are too few, or of another size', () => {
    const group = GRAPHS['states in and out']!().openStreams<Float32Array[]>(1, {
      constants: [new Float32Array(4), new Float32Array(4)],
    });
    const [y, h] = [new Float32Array(2), new Float32Array(4)];
    expect(messageOf(() => group.step([[1, 2, 3]], [y, h]))).toMatch(
      /out for the outputs "dense_1", "lstm_1", "lstm_1_1"/,
    );
    expect(messageOf(() => group.step([[1, 2, 3]], [y, h, y]))).toMatch(/out for "lstm_1_1" of 4 numbers, received 2/);
  });

  test('states of a graph that is wired otherwise', () => {
    const wired = (isCrossed: boolean): lib.Model => {
      const [a, b] = [series(3), series(3)];
      const [one, other] = [new GRU(3, { returnSequences: true }), new GRU(3)];
      return new Model([a, b], other.apply(add([one.apply(isCrossed ? b : a), isCrossed ? a : b])));
    };
    const saved = wired(false).openStream().save();
    expect(codeOf(() => wired(true).openStream().restore(saved))).toBe('ERR_SHAPE');
    expect(codeOf(() => wired(false).openStream().restore(saved))).toBe('nothing thrown');
  });

  test('opening and resetting while the model computes, where constants are worked up; else nothing', async () => {
    const model = GRAPHS['an initial state that is computed from a constant']!();
    const constants = [1, 2];
    const stream = model.openStream({ constants });
    const group = model.openStreams(1, { constants: [constants] });
    const predicted = run(model, [{ data: new Float32Array(3_000_000), shape: [100, 10_000, 3] }, numbers([100, 2])]);
    await new Promise(setImmediate);
    const calls = [() => stream.reset(), () => group.open({ constants }), () => stream.push([1, 2, 3])];
    expect(calls.map(codeOf)).toEqual(calls.map(() => 'ERR_BUSY'));
    await predicted;
    expect(calls.map(codeOf)).toEqual(calls.map(() => 'nothing thrown'));
    model.dispose();
    expect(calls.map(codeOf)).toEqual(calls.map(() => 'ERR_DISPOSED'));
  });
});

describe('a step', () => {
  test.each(ALL)('%s: gives what the whole sequence so far gives', async (name) => {
    const graph = makeGraph(name, 3, STEPS);
    const { model } = graph;
    const wanted = await runPrefixes(graph);
    const streams = [0, 1, 2].map((row) =>
      model.openStream({ constants: dataOf(given(graph, true, [row])), returnDict: true }),
    );
    for (let step = 0; step < STEPS; step++)
      streams.forEach((stream, row) => {
        const answers = stream.push(dataOf(given(graph, false, [row], step)) as Named<lib.Timestep>);
        expect(Object.keys(answers)).toEqual(model.outputNames);
        Object.values(answers).forEach((answer, output) => {
          const all = wanted[step]![output]!;
          const units = all.length / 3;
          expectClose(
            answer,
            all.subarray(row * units, (row + 1) * units),
            `step ${step}, row ${row}, output ${output}`,
          );
        });
      });
  });

  test.each(ALL)('%s: of a group gives the same, for all and for some, in lists and by name', async (name) => {
    const rows = Array.from({ length: 51 }, (_, i) => i);
    const graph = makeGraph(name, rows.length, 4);
    const { model } = graph;
    const wanted = await runPrefixes(graph);
    const constants = given(graph, true, rows);
    const isPlain = Object.keys(constants).length === 0;
    const [listed, named] = [
      model.openStreams<Float32Array[]>(rows.length, isPlain ? {} : { constants: inOrder(constants) }),
      model.openStreams(rows.length, { constants: dataOf(constants), returnDict: true }),
    ];
    const halves = [1, 0].map((rest) => rows.filter((row) => row % 2 === rest));
    for (let step = 0; step < 4; step++) {
      const x = inOrder(
        Object.fromEntries(
          Object.entries(given(graph, false, rows, step)).map(([key, batch]) => [key, squeezed(batch)]),
        ),
      );
      const answers: Float32Array | Float32Array[] = listed.step(x as never);
      (Array.isArray(answers) ? answers : [answers]).forEach((answer, output) =>
        expectClose(answer, wanted[step]![output]!, `step ${step}, output ${output}`),
      );
      for (const half of halves) {
        const some = named.step(dataOf(given(graph, false, half, step)), undefined, half);
        model.outputNames.forEach((key, output) => {
          const all = wanted[step]![output]!;
          const units = all.length / rows.length;
          const own = half.flatMap((row) => [...all.subarray(row * units, (row + 1) * units)]);
          expectClose(some[key]!, own, `step ${step}, half, output ${output}`);
        });
      }
    }
  });

  test('writes its answers where it is told, also over what it reads', () => {
    const make = (): lib.StreamGroup<Float32Array[]> => {
      lib.setRandomSeed(3);
      lib.clearSession();
      const model = GRAPHS['states in and out']!();
      return model.openStreams<Float32Array[]>(2, { constants: [numbers([2, 4]), numbers([2, 4], 1)] });
    };
    const x = new Float32Array(8).map((_, i) => i / 8);
    const wanted = make().step(x.subarray(0, 6));
    const out = [new Float32Array(4), x, new Float32Array(8)];
    expect(make().step(x.subarray(0, 6), out)).toEqual(wanted);
    expect(x).toEqual(wanted[1]);
    const byName = { dense_1: new Float32Array(4), lstm_1: new Float32Array(8), lstm_1_1: new Float32Array(8) };
    make().step(
      new Float32Array(6).map((_, i) => i / 8),
      byName,
    );
    expect(Object.values(byName)).toEqual(wanted);
  });
});

/** [rows, 1, C] as [rows, C], [rows, 1] of ids as [rows]. */
function squeezed({ data, shape }: Batch): Batch {
  return { data, shape: [shape[0]!, ...shape.slice(2)] };
}

describe('constants', () => {
  const make = (): { model: lib.Model; x: Float32Array[] } => {
    lib.clearSession();
    lib.setRandomSeed(7);
    const model = GRAPHS['an initial state that is computed from a constant']!();
    return { model, x: [0, 1, 2].map((phase) => numbers([3], phase).data as Float32Array) };
  };
  const [one, other] = [[0.3, -0.8], [1.2, 0.4]]; // prettier-ignore

  test('make streams differ, and stay where a stream begins anew', () => {
    const { model, x } = make();
    const [a, b] = [one, other].map((constants) => model.openStream({ constants }));
    const first = x.map((each) => a!.push(each));
    expect(x.map((each) => b!.push(each))).not.toEqual(first);
    a!.reset();
    expect(x.map((each) => a!.push(each))).toEqual(first);
    b!.reset({ constants: one });
    expect(x.map((each) => b!.push(each))).toEqual(first);
  });

  test.each<[string, lib.StreamOptions]>([
    ['an array', { constants: one }],
    ['a row, as predict gives it', { constants: new lib.NdArray(Float32Array.from(one), [1, 2]) }],
    ['a list', { constants: [Float32Array.from(one)] }],
    ['an object', { constants: { meta: one } }],
    ['an object of rows', { constants: { meta: [one] } }],
  ])('are given as %s', (_title, options) => {
    const { model, x } = make();
    const wanted = model.openStream({ constants: { meta: Float32Array.from(one) } });
    const stream = model.openStream(options);
    for (const each of x) expect(stream.push(each)).toEqual(wanted.push(each));
  });

  test('are in saved states, so that a stream goes on in another one', () => {
    const { model, x } = make();
    const [a, b] = [one, other].map((constants) => model.openStream({ constants }));
    a!.push(x[0]!);
    const saved = a!.save();
    b!.restore(saved);
    expect(b!.push(x[1]!)).toEqual(a!.push(x[1]!));
    b!.reset();
    a!.reset();
    expect(b!.push(x[1]!)).toEqual(a!.push(x[1]!));
    const group = model.openStreams(1, { constants: [other] });
    const all = model.openStreams(2, { constants: [other, one] });
    all.step([x[0]!, x[0]!] as never);
    group.restore(all.save());
    expect(group.count).toBe(2);
    expect(group.step([x[1]!, x[1]!] as never)).toEqual(all.step([x[1]!, x[1]!] as never));
    group.restore(saved, 0);
    expect(group.step([x[1]!], undefined, [0])).toEqual((a!.restore(saved), a!.push(x[1]!)));
  });

  test('are those of the stream that comes to a place, not of the one that was there', () => {
    const { model, x } = make();
    const group = model.openStreams(2, { constants: [one, one] });
    group.close(0);
    expect(group.open({ constants: other })).toBe(0);
    const alone = model.openStream({ constants: other });
    expect(group.step([x[0]!], undefined, [0])).toEqual(alone.push(x[0]!));
    group.reset(1, { constants: other });
    group.reset(0);
    const both = group.step([x[0]!, x[0]!] as never);
    expect(both.subarray(5)).toEqual(both.subarray(0, 5));
  });

  test('follow new weights from the next reset on', async () => {
    const { model, x } = make();
    const stream = model.openStream({ constants: one });
    const before = stream.push(x[0]!);
    model.setWeights(model.getWeights().map(({ data, shape }) => ({ data: data.map((value) => value + 0.1), shape })));
    stream.reset();
    const [whole] = await run(model, [
      { data: x[0]!, shape: [1, 1, 3] },
      { data: Float32Array.from(one), shape: [1, 2] },
    ]);
    const after = stream.push(x[0]!);
    expectClose(after, whole!.data, 'after new weights');
    expect(after).not.toEqual(before);
  });
});

describe('a timestep of several inputs, and answers of several outputs', () => {
  test('come in order or by name', () => {
    const { model } = makeGraph('several outputs', 1, 1);
    const meta = [0.5, -0.5];
    const listed = model.openStream<Float32Array[]>({ constants: meta });
    const named = model.openStream({ constants: { meta }, returnDict: true });
    const [x, y] = [Float32Array.of(1, 2, 3), { x: [1, 2, 3] }];
    const answers = listed.push(x);
    const byName = named.push(y);
    expect(Object.keys(byName)).toEqual(['last', 'vote', 'y', 'h', 'c', 'again']);
    expect(Object.values(byName)).toEqual(answers);
    expect(byName['again']).toEqual(byName['y']);
    answers[0]!.fill(9);
    expect(named.push(y)['vote']).toEqual(byName['vote']);
  });

  test('of one of each are as ever, and by name where that is asked for', () => {
    const model = new Sequential([
      new Input([null, 1], { name: 'reading' }),
      new LSTM(2),
      new Dense(1, { name: 'score' }),
    ]);
    const [plain, named] = [model.openStream(), model.openStream({ returnDict: true })];
    expect(named.push(0.5)).toEqual({ score: plain.push({ reading: 0.5 }) });
    const groups = [
      model.openStreams(2).step([0.1, 0.2]),
      model.openStreams(2, { returnDict: true }).step({ reading: [0.1, 0.2] }),
    ];
    expect(groups[1]).toEqual({ score: groups[0] });
  });
});

describe('words that are decoded one by one', () => {
  const [WORDS, UNITS, FROM, TO] = [12, 8, 6, 7];
  const [START, END] = [1, 2];

  /** The model that is trained, and the encoder and the decoder that are cut out of it. */
  function models(): { trained: lib.Model; encoder: lib.Model; decoder: lib.Model } {
    lib.clearSession();
    lib.setRandomSeed(2);
    const [source, target] = [
      new Input([null], { dtype: 'int32', name: 'source' }),
      new Input([null], { dtype: 'int32', name: 'target' }),
    ];
    const [embedding, reader] = [new Embedding(WORDS, 5), new LSTM(UNITS, { returnState: true, name: 'encoder' })];
    const [, h, c] = reader.apply<Tensor[]>(embedding.apply(source));
    const writer = new LSTM(UNITS, { returnSequences: true, name: 'decoder' });
    const vote = new Dense(WORDS, { activation: 'softmax' });
    const trained = new Model(
      [source, target],
      vote.apply(writer.apply(embedding.apply(target), { initialState: [h!, c!] })),
    );
    const encoder = new Model(source, reader.outputs.slice(1));
    const states = [vector(UNITS, 'h'), vector(UNITS, 'c')];
    const words = new Input([null], { dtype: 'int32', name: 'words' });
    const decoded = vote.apply(writer.apply(embedding.apply(words), { initialState: states }));
    return { trained, encoder, decoder: new Model([words, ...states], decoded) };
  }

  const largest = (votes: Float32Array): number => votes.indexOf(Math.max(...votes));

  test('are those of the whole sequence, with layers that another model trained and no copy of a weight', async () => {
    const { trained, encoder, decoder } = models();
    const source = { data: Int32Array.from({ length: 4 * FROM }, (_, i) => 3 + ((i * 5) % 9)), shape: [4, FROM] };
    const row = (index: number): Batch => rowsOf(source, [index]);
    const decode = async (index: number): Promise<{ words: number[]; votes: Float32Array[] }> => {
      const states = await run(encoder, [row(index)]);
      const stream = decoder.openStream({ constants: states });
      const words = [START];
      const votes: Float32Array[] = [];
      while (words.length < TO && words.at(-1) !== END) {
        votes.push(stream.push(words.at(-1)!));
        words.push(largest(votes.at(-1)!));
      }
      return { words, votes };
    };
    const before = await decode(0);
    // What is trained is another model; encoder and decoder share its layers.
    trained.setWeights(
      trained
        .getWeights()
        .map(({ data, shape }, w) => ({ data: data.map((value, i) => value + 0.5 * Math.sin(i + w)), shape })),
    );
    const decoded = [await decode(0), await decode(1), await decode(2), await decode(3)];
    expect(decoded[0]!.votes).not.toEqual(before.votes);
    expect(new Set(decoded.map(({ words }) => String(words))).size).toBeGreaterThan(1);
    for (const [index, { words, votes }] of decoded.entries()) {
      // The model that was trained, over all words at once.
      const target = { data: Int32Array.from(words.slice(0, -1)), shape: [1, words.length - 1] };
      const [whole] = await run(trained, [row(index), target]);
      expectClose(Float32Array.from(votes.flatMap((each) => [...each])), whole!.data, `row ${index}`);
      votes.forEach((_, step) =>
        expect(largest(whole!.data.subarray(step * WORDS, (step + 1) * WORDS))).toBe(words[step + 1]),
      );
    }
  });

  test('are the same in a group, whose streams end one by one', async () => {
    const { encoder, decoder } = models();
    const source = { data: Int32Array.from({ length: 5 * FROM }, (_, i) => 3 + ((i * 7) % 9)), shape: [5, FROM] };
    const states = await run(encoder, [source]);
    const group = decoder.openStreams(5, { constants: { h: states[0]!, c: states[1]! } });
    const alone: lib.Stream[] = [];
    for (const row of [0, 1, 2, 3, 4])
      alone.push(decoder.openStream({ constants: await run(encoder, [rowsOf(source, [row])]) }));
    const words = Int32Array.from({ length: 5 }, () => START);
    for (let step = 0; step < 4; step++) {
      if (step === 2) group.close(3);
      const open = group.numbers();
      const votes = group.step(
        Int32Array.from(open, (place) => words[place]!),
        undefined,
        open,
      );
      open.forEach((place, i) => {
        const own = votes.subarray(i * WORDS, (i + 1) * WORDS);
        expectClose(own, alone[place]!.push(words[place]!), `step ${step}, stream ${place}`);
        words[place] = largest(own);
      });
    }
  });
});
