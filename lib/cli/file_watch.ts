// SPDX-License-Identifier: MIT
// Files that change. They are looked at from time to time: notices of the system are missed where a file is replaced by a
// rename, a link is set anew (Kubernetes) or the file lies on another machine.
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { clearTimeout, setTimeout } from '../util/timers';

/** Looks for files that are others than when it was made. */
export class FileWatch {
  readonly #seen: Map<string, string | undefined>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /** @param files paths by name */
  constructor(private readonly files: ReadonlyMap<string, string>) {
    this.#seen = new Map([...files].map(([name, file]) => [name, stateNow(file)]));
  }

  /** Calls back for each file that changed, every so many milliseconds; the next look comes when the call is done. */
  start(every: number, onChange: (name: string) => Promise<void>): void {
    this.#timer = setTimeout(() => {
      void this.#look(onChange).then(() => {
        if (!this.#isOver) this.start(every, onChange);
      });
    }, every);
    this.#timer.unref();
  }

  stop(): void {
    this.#isOver = true;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
  }

  async #look(onChange: (name: string) => Promise<void>): Promise<void> {
    for (const [name, file] of this.files) {
      const state = await stateOf(file);
      // A file that is gone comes back: somebody is writing it.
      if (this.#isOver || state === undefined || state === this.#seen.get(name)) continue;
      this.#seen.set(name, state);
      await onChange(name);
    }
  }
}

interface Stats {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

const textOf = ({ ino, size, mtimeNs }: Stats): string => `${ino} ${size} ${mtimeNs}`;

async function stateOf(file: string): Promise<string | undefined> {
  try {
    return textOf(await stat(file, { bigint: true }));
  } catch {
    return undefined;
  }
}

function stateNow(file: string): string | undefined {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats && textOf(stats);
}
