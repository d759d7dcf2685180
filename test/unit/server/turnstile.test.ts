// SPDX-License-Identifier: MIT
// The turnstile of a model: so many at a time, in order, and whoever goes away leaves no gap.
import { CallSignal } from '../../../lib/server/admission';
import { Turnstile } from '../../../lib/server/turnstile';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Enters for each name, and keeps who is in and who was turned away. */
function visitors(turnstile: Turnstile, names: string): { inside: string[]; away: string[]; signals: CallSignal[] } {
  const [inside, away]: [string[], string[]] = [[], []];
  const signals = [...names].map((name) => {
    const signal = new CallSignal();
    turnstile.enter(signal).then(
      () => inside.push(name),
      () => away.push(name),
    );
    return signal;
  });
  return { inside, away, signals };
}

test('lets so many in, and then one for each that leaves, in the order in which they came', async () => {
  const turnstile = new Turnstile(2);
  const { inside } = visitors(turnstile, 'abcd');
  await settled();
  expect(inside).toEqual(['a', 'b']);
  turnstile.leave();
  turnstile.leave();
  await settled();
  expect(inside).toEqual(['a', 'b', 'c', 'd']);
});

test('a signal ends the wait, and the next one takes the place', async () => {
  const turnstile = new Turnstile(1);
  const { inside, away, signals } = visitors(turnstile, 'abc');
  signals[1]!.abort();
  await settled();
  expect(away).toEqual(['b']);
  turnstile.leave();
  await settled();
  expect(inside).toEqual(['a', 'c']);
});

test('a signal after the wait changes nothing, and one before it turns the caller away', async () => {
  const turnstile = new Turnstile(1);
  const { inside, away, signals } = visitors(turnstile, 'ab');
  turnstile.leave();
  await settled();
  signals[1]!.abort();
  const late = new CallSignal();
  late.abort();
  await expect(turnstile.enter(late)).rejects.toThrow('aborted');
  expect([inside, away]).toEqual([['a', 'b'], []]);
});

test('all that left make room again', async () => {
  const turnstile = new Turnstile(2);
  const first = visitors(turnstile, 'abc');
  for (let i = 0; i < 3; i++) turnstile.leave();
  await settled();
  expect(first.inside).toEqual(['a', 'b', 'c']);
  const second = visitors(turnstile, 'xyz');
  await settled();
  expect(second.inside).toEqual(['x', 'y']);
});
