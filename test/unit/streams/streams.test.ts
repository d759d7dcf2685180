// SPDX-License-Identifier: MIT
// Streams: what is refused, that a step gives what predict gives on the sequence so far, and how streams are reset, saved
// and closed.
import * as lib from '../../../lib';
import { OPTIMIZER_DEFAULTS } from '../../reference/optimizers';
import { OracleSequential, type OracleLayer } from '../../reference/sequential';
import { codeOf } from '../../support/error_code';
import { detach } from '../../support/hostile';
import { expectSameBits } from '../../support/tolerances';
import { expectClose, lastSteps, makeCase, predictPrefixes, timestep, TOKEN_MODELS, VALUE_MODELS } from './cases';

const { AveragePooling1D, Bidirectional, Conv1D, Dense, Embedding, Flatten, GlobalMaxPooling1D, GRU, Input } = lib;
const { LSTM, RepeatVector, Sequential, SimpleRNN } = lib;
const ALL = [...Object.keys(VALUE_MODELS), ...Object.keys(TOKEN_MODELS)];
const STEPS = 9;

const forecast = (): lib.Sequential => new Sequential([new Input([null, 3]), new LSTM(4), new Dense(1)]);
const words = (): lib.Sequential => new Sequential([new Embedding(9, 4), new GRU(3), new Dense(2)]);

describe('models whose layers cannot go on by timesteps', () => {
  const values = (...layers: lib.Layer[]): lib.Sequential => new Sequential([new Input([6, 3]), ...layers]);
  test.each<[string, () => lib.Sequential, RegExp]>([
    [
      'Bidirectional',
      () => values(new Bidirectional(new LSTM(2), { name: 'both' })),
      /Bidirectional "both".*last to the first/,
    ],
    ['goBackwards', () => values(new LSTM(2, { goBackwards: true, name: 'back' })), /LSTM "back".*last to the first/],
    ['Conv1D that is not causal', () => values(new Conv1D(2, 3)), /Conv1D.*to come/],
    ['Conv1D with strides', () => values(new Conv1D(2, 3, { padding: 'causal', strides: 2 })), /Conv1D.*strides/],
    ['pooling', () => values(new AveragePooling1D(2)), /AveragePooling1D.*pools/],
    ['global pooling', () => values(new LSTM(2, { returnSequences: true }), new GlobalMaxPooling1D()), /pools/],
    ['Flatten', () => values(new Flatten(), new Dense(1)), /Flatten.*whole sequence/],
    ['RepeatVector', () => values(new LSTM(2), new RepeatVector(3)), /RepeatVector.*whole sequence/],
    ['vectors for input', () => new Sequential([new Input([3]), new Dense(1)]), /sequences \[N,T,C\]/],
  ])('%s: refused by name, with the reason', (_title, make, message) => {
    const model = make();
    expect(codeOf(() => model.openStream())).toBe('ERR_CONFIG');
    expect(() => model.openStreams(2)).toThrow(message);
  });

  test('a model that is not built says so', () => {
    expect(codeOf(() => new Sequential([new LSTM(2)]).openStream())).toBe('ERR_STATE');
  });
});

describe('what a stream refuses', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'ERR_TYPE'],
    ['null', null, 'ERR_TYPE'],
    ['a number where there are three features', 1, 'ERR_SHAPE'],
    ['too few numbers', [1, 2], 'ERR_SHAPE'],
    ['too many numbers', new Float32Array(4), 'ERR_SHAPE'],
    ['rows', [[1, 2, 3]], 'ERR_SHAPE'],
    ['a text', ['1', 2, 3], 'ERR_TYPE'],
    ['an empty array', [], 'ERR_DATA'],
  ])('%s for a timestep; the stream has not gone on', (_title, x, code) => {
    const model = forecast();
    const [stream, untouched] = [model.openStream(), model.openStream()];
    expect(codeOf(() => stream.push(x as never))).toBe(code);
    expect(stream.push([1, 2, 3])).toEqual(untouched.push([1, 2, 3]));
  });

  test.each<[string, unknown, string]>([
    ['an id beyond the vocabulary', 9, 'ERR_RANGE'],
    ['a negative id', -1, 'ERR_RANGE'],
    ['a fraction', 1.5, 'ERR_DATA'],
    ['NaN', NaN, 'ERR_DATA'],
    ['two tokens', [1, 2], 'ERR_SHAPE'],
    ['a text', 'a', 'ERR_TYPE'],
  ])('%s for a token', (_title, x, code) => {
    const model = words();
    const [stream, untouched] = [model.openStream(), model.openStream()];
    expect(codeOf(() => stream.push(x as never))).toBe(code);
    expect(stream.push(8)).toEqual(untouched.push(8));
  });

  test('a detached array is ERR_DATA', () => {
    const x = new Float32Array(3);
    detach(x);
    expect(codeOf(() => forecast().openStream().push(x))).toBe('ERR_DATA');
  });

  test('everything after close, which may be called twice', () => {
    const stream = forecast().openStream();
    const saved = stream.save();
    stream.close();
    stream.close();
    expect(stream.isClosed).toBe(true);
    const calls = [
      () => stream.push([1, 2, 3]),
      () => stream.reset(),
      () => stream.save(),
      () => stream.restore(saved),
    ];
    expect(calls.map(codeOf)).toEqual(calls.map(() => 'ERR_STATE'));
    expect(stream.memoryBytes).toBe(0);
  });

  test('steps while the model computes, and after it was disposed', async () => {
    const model = forecast();
    const [stream, group] = [model.openStream(), model.openStreams(1)];
    const x = { data: new Float32Array(3_000_000), shape: [100, 10_000, 3] };
    const predicted = model.predict(x);
    // The run begins a turn later, and takes many.
    await new Promise(setImmediate);
    const calls = [() => stream.push([1, 2, 3]), () => group.step([[1, 2, 3]]), () => model.openStream()];
    expect(calls.map(codeOf)).toEqual(calls.map(() => 'ERR_BUSY'));
    await predicted;
    expect(calls.map(codeOf)).toEqual(calls.map(() => 'nothing thrown'));
    model.dispose();
    expect(calls.map(codeOf)).toEqual(calls.map(() => 'ERR_DISPOSED'));
    stream.reset();
    expect(group.open()).toBe(1);
    stream.close();
  });

  test('steps with other layers than it was opened with', () => {
    const model = new Sequential([new Input([null, 3]), new LSTM(4)]);
    const stream = model.openStream();
    stream.push([1, 2, 3]);
    model.add(new Dense(2));
    expect(codeOf(() => stream.push([1, 2, 3]))).toBe('ERR_STATE');
    expect(model.openStream().push([1, 2, 3])).toHaveLength(2);
    model.pop();
    expect(codeOf(() => stream.push([1, 2, 3]))).toBe('ERR_STATE');
    expect(model.openStream().push([1, 2, 3])).toHaveLength(4);
  });

  test.each<[string, (saved: Uint8Array) => unknown, string]>([
    ['no bytes', () => 'saved', 'ERR_TYPE'],
    ['floats', (saved) => new Float32Array(saved.length), 'ERR_TYPE'],
    ['nothing', () => new Uint8Array(0), 'ERR_DATA'],
    ['other bytes', (saved) => saved.map((byte) => byte ^ 85), 'ERR_DATA'],
    ['a version to come', (saved) => saved.map((byte, i) => (i === 4 ? 9 : byte)), 'ERR_DATA'],
    ['bytes that end early', (saved) => saved.subarray(0, -1), 'ERR_DATA'],
    ['more bytes', (saved) => Uint8Array.of(...saved, 0), 'ERR_DATA'],
    ['states of other layers', () => words().openStream().save(), 'ERR_SHAPE'],
    [
      'states of another size',
      () => new Sequential([new Input([null, 3]), new LSTM(5), new Dense(1)]).openStream().save(),
      'ERR_SHAPE',
    ],
    ['two streams', () => forecast().openStreams(2).save(), 'ERR_SHAPE'],
  ])('restore refuses %s, and the stream goes on', (_title, spoil, code) => {
    const model = forecast();
    const [stream, untouched] = [model.openStream(), model.openStream()];
    for (const each of [stream, untouched]) each.push([1, 2, 3]);
    expect(codeOf(() => stream.restore(spoil(stream.save()) as never))).toBe(code);
    expect(stream.push([4, 5, 6])).toEqual(untouched.push([4, 5, 6]));
  });
});

describe('what a group refuses', () => {
  test.each<[string, unknown, string]>([
    ['a fraction', 1.5, 'ERR_CONFIG'],
    ['a negative number', -1, 'ERR_CONFIG'],
    ['a text', '3', 'ERR_TYPE'],
  ])('%s for the number of streams', (_title, count, code) => {
    expect(codeOf(() => forecast().openStreams(count as number))).toBe(code);
  });

  test.each<[string, (group: lib.StreamGroup) => unknown, string]>([
    ['too few rows', (g) => g.step(new Float32Array(3)), 'ERR_SHAPE'],
    ['too many rows', (g) => g.step(new Float32Array(9)), 'ERR_SHAPE'],
    ['the wrong width', (g) => g.step([[1, 2], [1, 2], [3, 4]]), 'ERR_SHAPE'], // prettier-ignore
    ['sequences', (g) => g.step({ data: new Float32Array(6), shape: [2, 1, 3] }), 'ERR_SHAPE'],
    ['shared memory', (g) => g.step(new Float32Array(new SharedArrayBuffer(24))), 'ERR_DATA'],
    ['a stream twice', (g) => g.step(new Float32Array(6), undefined, [1, 1]), 'ERR_RANGE'],
    ['a stream that is not open', (g) => g.step(new Float32Array(6), undefined, [0, 2]), 'ERR_RANGE'],
    ['a negative stream', (g) => g.step(new Float32Array(3), undefined, [-1]), 'ERR_RANGE'],
    ['a fraction of a stream', (g) => g.step(new Float32Array(3), undefined, [0.5]), 'ERR_DATA'],
    ['no list of streams', (g) => g.step(new Float32Array(3), undefined, 'a' as never), 'ERR_TYPE'],
    [
      'an array that is too small for the answers',
      (g) => g.step(new Float32Array(6), new Float32Array(1)),
      'ERR_SHAPE',
    ],
    [
      'shared memory for the answers',
      (g) => g.step(new Float32Array(6), new Float32Array(new SharedArrayBuffer(8))),
      'ERR_DATA',
    ],
    ['no floats for the answers', (g) => g.step(new Float32Array(6), [0, 0] as never), 'ERR_TYPE'],
    ['closing what is not open', (g) => g.close(2), 'ERR_RANGE'],
    ['closing a text', (g) => g.close('1' as never), 'ERR_TYPE'],
    ['resetting what is not open', (g) => g.reset(5), 'ERR_RANGE'],
    ['saving what is not open', (g) => g.save(5), 'ERR_RANGE'],
    ['two saved streams for one', (g) => g.restore(g.save(), 0), 'ERR_SHAPE'],
  ])('%s; no stream has gone on', (_title, call, code) => {
    const model = forecast();
    const [group, untouched] = [model.openStreams(2), model.openStreams(2)];
    const x = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect(codeOf(() => call(group))).toBe(code);
    expect(group.step(x)).toEqual(untouched.step(x));
  });

  test('a stream twice and a stream that is not open, named', () => {
    const group = words().openStreams(3);
    expect(() => group.step([1, 2, 3], undefined, [2, 0, 2])).toThrow(/received 2 twice/);
    expect(() => group.step([1, 2], undefined, [0, 3])).toThrow(/received 3 at which\[1\]/);
  });

  test('one token outside the vocabulary, named by its row; no stream has gone on', () => {
    const model = words();
    const [group, untouched] = [model.openStreams(3), model.openStreams(3)];
    expect(() => group.step([1, 9, 2])).toThrow(/received 9 at .*1/);
    expect(codeOf(() => group.step([1, -1, 2]))).toBe('ERR_RANGE');
    expect(group.step([1, 2, 3])).toEqual(untouched.step([1, 2, 3]));
  });
});

describe('a step', () => {
  test.each(ALL)('%s: gives what predict gives on the sequence so far', async (name) => {
    const given = makeCase(name, 4, STEPS);
    const wanted = await predictPrefixes(given, 4);
    const streams = Array.from({ length: 4 }, () => given.model.openStream());
    const units = wanted[0]!.length / 4;
    for (let step = 0; step < STEPS; step++) {
      const x = timestep(given, 4, step);
      streams.forEach((stream, row) => {
        const y = stream.push(x.subarray(row * given.width, (row + 1) * given.width));
        expectClose(y, wanted[step]!.slice(row * units, (row + 1) * units), `step ${step}, row ${row}`);
      });
    }
  });

  test.each(ALL)('%s: of a group gives the same, for all and for some', async (name) => {
    const rows = 53;
    const given = makeCase(name, rows, STEPS);
    const wanted = await predictPrefixes(given, rows);
    const [group, uneven] = [given.model.openStreams(rows), given.model.openStreams(rows)];
    const units = wanted[0]!.length / rows;
    const [odd, even] = [1, 0].map((rest) =>
      Int32Array.from({ length: rows }, (_, i) => i).filter((i) => i % 2 === rest),
    );
    for (let step = 0; step < STEPS; step++) {
      const x = timestep(given, rows, step);
      expectClose(group.step(x), wanted[step]!, `step ${step}`);
      const out = new Float32Array(rows * units);
      for (const which of [odd!, even!]) {
        const part = x.filter((_, i) => Math.floor(i / given.width) % 2 === which[0]! % 2);
        const y = uneven.step(part, undefined, which);
        which.forEach((row, i) => out.set(y.subarray(i * units, (i + 1) * units), row * units));
      }
      expectClose(out, wanted[step]!, `step ${step}, halves`);
    }
  });

  test.each(ALL)('%s: gives what the plain float64 reference gives', (name) => {
    const rows = 3;
    const given = makeCase(name, rows, STEPS);
    const { model, x, width } = given;
    const layers = model
      .streamNodes()
      .map(({ config }) => config)
      .filter(({ kind }) => !['dropout', 'spatial_dropout1d', 'gaussian_noise'].includes(kind))
      .map((layer) => ({ ...layer, stateful: false }) as unknown as OracleLayer);
    const group = model.openStreams(rows);
    for (let end = 1; end <= STEPS; end++) {
      const oracle = new OracleSequential({
        inputShape: given.isTokens ? [end] : [end, width],
        layers,
        loss: { kind: 'mean_squared_error', fromLogits: false },
        optimizer: OPTIMIZER_DEFAULTS.sgd,
      } as never);
      oracle.setWeights(model.getWeights().map(({ data }) => data));
      const y = oracle.predict({ rows, x: x.filter((_, i) => Math.floor(i / width) % STEPS < end) });
      const shape = model.outputShape!.length === 3 ? [rows, end, y.length / rows / end] : [rows, y.length / rows];
      const wanted = lastSteps(new lib.NdArray(Float32Array.from(y), shape));
      expectClose(group.step(timestep(given, rows, end - 1)), wanted, `step ${end - 1}`);
    }
  });

  test('takes a timestep in any form: a number, an array, a typed array, a token', () => {
    const model = new Sequential([new Input([null, 1]), new SimpleRNN(3)]);
    const wanted = model.openStream().push(0.5);
    expect(wanted).toHaveLength(3);
    for (const x of [[0.5], new Float32Array([0.5]), new Float64Array([0.5])])
      expect(model.openStream().push(x)).toEqual(wanted);
    const tokens = words();
    expect(tokens.openStream().push([8])).toEqual(tokens.openStream().push(8));
    expect(tokens.openStreams(2).step(Int32Array.of(8, 1))).toEqual(tokens.openStreams(2).step([8, 1]));
  });

  test('gives an array that later steps leave alone', () => {
    const stream = forecast().openStream();
    const first = stream.push([1, 2, 3]);
    const copy = first.slice();
    stream.push([4, 5, 6]);
    expect(first).toEqual(copy);
  });

  test('takes NaN as predict does: it stays in its own stream', () => {
    const group = forecast().openStreams(60);
    const x = new Float32Array(180).fill(0.5);
    const wanted = group.step(x);
    group.reset();
    x[3 * 21 + 1] = NaN;
    const y = group.step(x);
    expect(y[21]).toBeNaN();
    expect(y.filter((_, i) => i !== 21)).toEqual(wanted.filter((_, i) => i !== 21));
  });

  test('writes into the array that it is given, the inputs themselves too', () => {
    const model = new Sequential([new Input([null, 3]), new LSTM(3)]);
    const x = Float32Array.from({ length: 300 }, (_, i) => Math.cos(i));
    const wanted = model.openStreams(100).step(x);
    const out = new Float32Array(300);
    expect(model.openStreams(100).step(x, out)).toBe(out);
    expectSameBits(out, wanted, 'out');
    expectSameBits(model.openStreams(100).step(x, x), wanted, 'in place');
  });

  test('gives the same bits on any number of threads', () => {
    const { defaultThreads } = lib.cpuInfo();
    const sequences = new LSTM(64, { returnSequences: true });
    const model = new Sequential([new Input([null, 16]), sequences, new GRU(32, { resetAfter: false }), new Dense(2)]);
    const x = Float32Array.from({ length: 1000 * 16 }, (_, i) => Math.sin(i * 1.3));
    const runs = [1, 2, 5].map((threads) => {
      lib.setThreads(threads);
      const group = model.openStreams(1000);
      for (let step = 0; step < 20; step++) group.step(x);
      return group.step(x);
    });
    lib.setThreads(defaultThreads);
    for (const run of runs.slice(1)) expectSameBits(run, runs[0]!, 'threads');
  });

  // Two threads share a step where the recurrent kernel is large, and steps follow each other within 300 us.
  test.each<[string, (units: number) => lib.Layer, number]>([
    ['SimpleRNN', (units) => new SimpleRNN(units), 520],
    ['LSTM', (units) => new LSTM(units), 257],
    ['GRU', (units) => new GRU(units), 280],
    ['GRU that resets before the product', (units) => new GRU(units, { resetAfter: false }), 280],
  ])('of a wide %s gives the same bits, whoever helps', async (_title, layer, units) => {
    const steps = 200;
    const model = new Sequential([new Input([null, 3]), layer(units)]);
    const x = Float32Array.from({ length: steps * 3 }, (_, i) => Math.sin(i * 1.7));
    const { defaultThreads } = lib.cpuInfo();
    const [alone, helped] = [1, 3].map((threads) => {
      lib.setThreads(threads);
      const stream = model.openStream();
      return Array.from({ length: steps }, (_, t) => stream.push(x.subarray(3 * t, 3 * t + 3))).at(-1)!;
    }) as [Float32Array, Float32Array];
    lib.setThreads(defaultThreads);
    expectSameBits(helped, alone, 'the last step');
    const whole = await model.predict({ data: x, shape: [1, steps, 3] });
    expect(Math.max(...whole.data.map((value, i) => Math.abs(value - helped[i]!)))).toBeLessThan(1e-5);
    model.dispose();
  });

  test('leaves the thread its subnormal numbers', () => {
    const stream = forecast().openStream();
    const tiny = new Float64Array([5e-324]);
    for (let i = 0; i < 100; i++) {
      stream.push([1e-40, 2, 3]);
      expect(tiny[0]! * 1).not.toBe(0);
    }
  });

  test('sees the weights that training and setWeights leave', async () => {
    const given = makeCase('normalizations', 2, STEPS);
    const { model, x } = given;
    model.compile({ loss: 'mse', optimizer: 'sgd' });
    const group = model.openStreams(2);
    const before = group.step(timestep(given, 2, 0)).slice();
    await model.fit({ data: x, shape: [2, STEPS, 3] }, new Float32Array(2), { verbose: 0, epochs: 3 });
    for (const change of [
      () => undefined,
      () => model.setWeights(model.getWeights().map(({ data }) => data.map((w) => 1.1 * w))),
    ]) {
      change();
      group.reset();
      const wanted = (await predictPrefixes(given, 2))[0]!;
      const now = group.step(timestep(given, 2, 0));
      expectClose(now, wanted, 'after');
      expect(now).not.toEqual(before);
    }
  });

  test('sees the moments that training leaves, step after step', async () => {
    const given = makeCase('normalizations', 3, STEPS);
    const { model, x } = given;
    model.compile({ loss: 'mse', optimizer: 'sgd' });
    const stream = model.openStream();
    for (let round = 0; round < 3; round++) {
      await model.trainOnBatch({ data: x, shape: [3, STEPS, 3] }, new Float32Array(3));
      stream.reset();
      expectClose(stream.push(x.subarray(0, 3)), (await predictPrefixes(given, 3))[0]!.slice(0, 1), `round ${round}`);
    }
  });

  test('goes on with its states where compile made a new engine', () => {
    const model = forecast();
    const [stream, untouched] = [model.openStream(), model.openStream()];
    const saved = (stream.push([1, 2, 3]), stream.save());
    untouched.restore(saved);
    const wanted = untouched.push([4, 5, 6]);
    model.layers[0]!.trainable = false;
    model.compile({ loss: 'mse' });
    expect(stream.push([4, 5, 6])).toEqual(wanted);
  });

  test('leaves the states of a stateful layer alone, and is left alone by them', async () => {
    const given = makeCase('a stateful layer', 1, STEPS);
    const { model } = given;
    const x = { data: Float32Array.of(1, 2, 3), shape: [1, 1, 3] };
    const wanted = [await model.predict(x), await model.predict(x)];
    model.resetStates();
    const stream = model.openStream();
    const first = await model.predict(x);
    const steps = [stream.push([1, 2, 3]), stream.push([1, 2, 3])];
    expect([first, await model.predict(x)]).toEqual(wanted);
    wanted.forEach(({ data }, i) => expectClose(steps[i]!, data, `step ${i}`));
  });
});

describe('reset, save and restore', () => {
  test.each(ALL)('%s: a stream goes on exactly from what was saved, also in a copy of the model', (name) => {
    const { model, x, width } = makeCase(name, 1, STEPS);
    const push = (stream: lib.Stream, step: number) => stream.push(x.subarray(step * width, (step + 1) * width));
    const stream = model.openStream();
    for (let step = 0; step < 4; step++) push(stream, step);
    const saved = stream.save();
    const wanted = [4, 5, 6].map((step) => push(stream, step));
    const copy = lib.Sequential.fromConfig(model.getConfig());
    copy.setWeights(model.getWeights());
    for (const other of [stream, model.openStream(), copy.openStream()]) {
      push(other, 8);
      other.restore(saved);
      expect([4, 5, 6].map((step) => push(other, step))).toEqual(wanted);
    }
    stream.reset();
    expect(push(stream, 0)).toEqual(push(model.openStream(), 0));
  });

  test('saved bytes of which any bit was changed are refused, and no stream is lost', () => {
    const group = forecast().openStreams(2);
    const saved = group.save();
    for (let i = 0; i < saved.length; i++) {
      const damaged = saved.slice();
      damaged[i]! ^= 1 << (i % 8);
      expect(codeOf(() => group.restore(damaged))).toMatch(/^ERR_(DATA|SHAPE)$/);
    }
    expect(group.save()).toEqual(saved);
  });

  test('saved bytes may lie anywhere, and are not kept', () => {
    const stream = forecast().openStream();
    stream.push([1, 2, 3]);
    const saved = stream.save();
    const wanted = stream.push([4, 5, 6]);
    const moved = new Uint8Array(saved.length + 3).subarray(3);
    moved.set(saved);
    stream.restore(moved);
    moved.fill(0);
    expect(stream.push([4, 5, 6])).toEqual(wanted);
  });

  test('a group comes back with its numbers, whatever is open by then', () => {
    const model = forecast();
    const group = model.openStreams(5);
    const x = Float32Array.from({ length: 15 }, (_, i) => i);
    group.step(x);
    group.close(1);
    group.close(3);
    const saved = group.save();
    const wanted = group.step(x.subarray(0, 9));
    for (const other of [group, model.openStreams(9), model.openStreams()]) {
      other.restore(saved);
      expect([...other.numbers()]).toEqual([0, 2, 4]);
      expect(other.step(x.subarray(0, 9))).toEqual(wanted);
      expect(other.open()).toBe(1);
    }
    const none = model.openStreams();
    group.restore(none.save());
    expect(group.count).toBe(0);
  });

  test('one stream moves from a group to another and to a stream by itself', () => {
    const model = forecast();
    const [group, other] = [model.openStreams(3), model.openStreams(2)];
    group.step(Float32Array.from({ length: 9 }, (_, i) => i));
    const saved = group.save(2);
    const stream = model.openStream();
    stream.restore(saved);
    other.restore(saved, 1);
    const x = Float32Array.of(1, 2, 3);
    const wanted = stream.push(x);
    expect(group.step(x, undefined, [2])).toEqual(wanted);
    expect(other.step(x, undefined, [1])).toEqual(wanted);
  });
});

describe('opening and closing', () => {
  test('numbers are the lowest that are free, and a stream begins at zero whoever had its number', () => {
    const group = forecast().openStreams(3);
    const x = Float32Array.of(1, 2, 3);
    const wanted = group.step(x, undefined, [1]);
    group.close(1);
    expect([...group.numbers()]).toEqual([0, 2]);
    expect([group.isOpen(0), group.isOpen(1), group.isOpen(-1), group.isOpen(0.5)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([group.open(), group.open(), group.count]).toEqual([1, 3, 4]);
    expect(group.step(x, undefined, [1])).toEqual(wanted);
  });

  test('a group that was emptied and filled again is as a new one', () => {
    const model = words();
    const group = model.openStreams(60);
    const x = Int32Array.from({ length: 60 }, (_, i) => i % 9);
    const wanted = group.step(x);
    for (const stream of group.numbers()) group.close(stream);
    for (let i = 0; i < 60; i++) group.open();
    expect(group.step(x)).toEqual(wanted);
  });

  test('rows follow the numbers, or the order that is asked for', () => {
    const model = forecast();
    const [group, other] = [model.openStreams(3), model.openStreams(3)];
    const x = Float32Array.from({ length: 9 }, (_, i) => Math.sin(i));
    const y = group.step(x);
    const turned = Float32Array.of(...x.subarray(6), ...x.subarray(3, 6), ...x.subarray(0, 3));
    expect([...other.step(turned, undefined, [2, 1, 0])].reverse()).toEqual([...y]);
  });

  test('a group of none takes nothing and gives nothing', () => {
    const group = forecast().openStreams();
    expect(group.step([])).toEqual(new Float32Array(0));
    expect(group.step(new Float32Array(0), undefined, [])).toEqual(new Float32Array(0));
    expect(codeOf(() => group.step([1, 2, 3]))).toBe('ERR_SHAPE');
  });

  test('10,000 streams that come and go take no more memory the second time', () => {
    const group = forecast().openStreams();
    const round = (): number => {
      for (let i = 0; i < 10_000; i++) group.open();
      group.step(new Float32Array(30_000));
      for (const stream of group.numbers()) group.close(stream);
      return group.memoryBytes;
    };
    const first = round();
    expect(first).toBeLessThan(10_000 * 4 * 64);
    for (let i = 0; i < 3; i++) expect(round()).toBe(first);
    group.dispose();
    group.dispose();
    expect([group.memoryBytes, group.count, group.isClosed, group.isOpen(0)]).toEqual([0, 0, true, false]);
    expect(codeOf(() => group.open())).toBe('ERR_STATE');
    expect(codeOf(() => group.step([]))).toBe('ERR_STATE');
  });
});
