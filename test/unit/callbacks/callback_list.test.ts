// SPDX-License-Identifier: MIT
// The list of callbacks: what it accepts and adds, and the order of hooks, synchronous or not.
import { Callback, History, ProgbarLogger } from '../../../lib/callbacks';
import { CallbackList } from '../../../lib/callbacks/callback_list';

const code = (code: string) => expect.objectContaining({ code });
const both = { history: true, progbar: true };

class Quiet extends Callback {}
class Watcher extends Callback {
  override onTrainBatchEnd(): void {}
}

test.each([
  ['a callback alone', new Quiet()],
  ['a plain object', [{ onEpochEnd() {} }]],
  ['a class', [History]],
  ['a hole', new Array(1)],
  ['null', null],
])('refuses %s', (_title, callbacks) => {
  expect(() => new CallbackList('fit', callbacks, both)).toThrow(code('ERR_TYPE'));
});

test('adds a history and a progress bar, unless they are there', () => {
  expect(new CallbackList('fit', [], both).callbacks).toHaveLength(2);
  const mine = [new ProgbarLogger(), new History()];
  const list = new CallbackList('fit', mine, both);
  expect(list.callbacks).toEqual(mine);
  expect(list.history).toBe(mine[1]);
  expect(mine).toHaveLength(2);
});

test('knows whether batches are watched, the progress bar aside', () => {
  expect(new CallbackList('fit', [new Quiet()], both).watchesBatches('Train')).toBe(false);
  expect(new CallbackList('fit', [new Watcher()], both).watchesBatches('Train')).toBe(true);
  expect(new CallbackList('fit', [new Watcher()], both).watchesBatches('Test')).toBe(false);
});

test('waits for an async hook before the next callback is called', async () => {
  const seen: string[] = [];
  class Slow extends Callback {
    override async onEpochBegin() {
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push('slow');
    }
  }
  class Fast extends Callback {
    override onEpochBegin() {
      seen.push('fast');
    }
  }
  const none = { history: false, progbar: false };
  await new CallbackList('fit', [new Slow(), new Fast()], none).onEpochBegin(0);
  expect(seen).toEqual(['slow', 'fast']);
  expect(new CallbackList('fit', [new Fast()], none).onEpochBegin(0)).toBeUndefined();
});

test('calls every onTrainEnd, and then throws the first error', async () => {
  const seen: string[] = [];
  class Broken extends Callback {
    override onTrainEnd() {
      throw new Error('first');
    }
  }
  class Last extends Callback {
    override onTrainEnd() {
      seen.push('last');
    }
  }
  const list = new CallbackList('fit', [new Broken(), new Last()], { history: false, progbar: false });
  await expect(list.onTrainEnd({})).rejects.toThrow('first');
  expect(seen).toEqual(['last']);
});

test('history keeps the values of each epoch', () => {
  const history = new History();
  history.onTrainBegin();
  history.onEpochEnd(3, { loss: 1, valLoss: 2 });
  history.onEpochEnd(4, { loss: 0.5, valLoss: 1 });
  expect(history.history).toEqual({ loss: [1, 0.5], valLoss: [2, 1] });
  expect(history.epoch).toEqual([3, 4]);
});
