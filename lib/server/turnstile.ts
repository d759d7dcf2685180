// SPDX-License-Identifier: MIT
// Lets so many through at a time; the others wait in the order in which they came.
import type { AbortSignalLike } from '../index';

export class Turnstile {
  #inside = 0;
  readonly #waiting = new Set<() => void>();

  /** @param most how many are inside at a time */
  constructor(private readonly most: number) {}

  /**
   * Resolves when it is the caller's turn, which ends with {@link leave}.
   *
   * @throws (rejects) Error where the signal ends the wait
   */
  enter(signal: AbortSignalLike): Promise<void> {
    if (signal.aborted) return Promise.reject(new Error('aborted'));
    if (this.#inside < this.most) {
      this.#inside++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const pass = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting.delete(pass);
        signal.removeEventListener('abort', giveUp);
        reject(new Error('aborted'));
      };
      this.#waiting.add(pass);
      signal.addEventListener('abort', giveUp);
    });
  }

  /** Ends a turn. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#inside--;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
