// SPDX-License-Identifier: MIT
// Memory that goes to the library's thread with a call, and comes back with the answer: no part of a file is garbage.
import type { Calls } from './thread';

/** Bytes that go between the threads at once. */
export const ROOM = 4 * 2 ** 20;

export class Room {
  #memory = new ArrayBuffer(ROOM);

  /** Fills the memory, has a call take it along, and looks at what comes back. One call at a time. */
  async carry(
    calls: Calls,
    call: string,
    given: object,
    { before, after }: { readonly before?: (room: ArrayBuffer) => void; readonly after?: (room: ArrayBuffer) => void },
  ): Promise<void> {
    const room = this.#memory;
    before?.(room);
    const [back] = (await calls(call, { ...given, room }, [room])) as [ArrayBuffer];
    this.#memory = back;
    after?.(back);
  }
}
