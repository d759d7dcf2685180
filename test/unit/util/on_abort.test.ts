// SPDX-License-Identifier: MIT
import { onAbort } from '../../../lib/util/on_abort';

/** A signal that counts its listeners. */
function countedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const add = jest.spyOn(signal, 'addEventListener');
  const remove = jest.spyOn(signal, 'removeEventListener');
  const listeners = () => add.mock.calls.length - remove.mock.calls.length;
  return { controller, signal, listeners };
}

test('a call that was taken back is not called, and taking it back twice changes nothing', () => {
  const { controller, signal, listeners } = countedSignal();
  const calls: string[] = [];
  const forget = onAbort(signal, () => calls.push('first'));
  onAbort(signal, () => calls.push('second'));
  forget();
  forget();
  expect(listeners()).toBe(1);
  controller.abort();
  expect(calls).toEqual(['second']);
});

test('one function given twice is called twice, and taken back once', () => {
  const { controller, signal } = countedSignal();
  const call = jest.fn();
  onAbort(signal, call);
  onAbort(signal, call)();
  controller.abort();
  expect(call).toHaveBeenCalledTimes(1);
});

test('a call that takes others back while the signal aborts is obeyed only for later signals, and all are called', () => {
  const { controller, signal, listeners } = countedSignal();
  const calls: string[] = [];
  const forgets: (() => void)[] = [];
  for (const name of ['a', 'b'])
    forgets.push(onAbort(signal, () => (calls.push(name), forgets.forEach((forget) => forget()))));
  controller.abort();
  expect(calls).toEqual(['a', 'b']);
  expect(listeners()).toBe(0);
});

test('a signal has one listener for any number of calls, and none after the last is taken back', () => {
  const { signal, listeners } = countedSignal();
  const forgets = Array.from({ length: 20 }, () => onAbort(signal, () => undefined));
  expect(listeners()).toBe(1);
  forgets.forEach((forget) => forget());
  expect(listeners()).toBe(0);
  onAbort(signal, () => undefined);
  expect(listeners()).toBe(1);
});
