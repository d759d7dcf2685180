// SPDX-License-Identifier: MIT
// Models by name, and how one takes the place of another.
import { internal } from '../index';
import { httpError } from './failure';
import { ServedModel } from './served_model';
import type { ModelSource } from './types';

const { checkString, describe, refusal } = internal;

/** Names stand in paths as they are. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

export class Registry {
  readonly #models = new Map<string, ServedModel>();
  /** How many models each name has had. */
  readonly #versions = new Map<string, number>();
  /** Loads of a name follow each other. */
  readonly #loading = new Map<string, Promise<unknown>>();
  readonly #retiring = new Set<Promise<void>>();
  #isClosed = false;

  /** Those in service, in the order of their first loads. */
  all(): ServedModel[] {
    return [...this.#models.values()];
  }

  /** @throws HttpError 404 where there is none of this name or version */
  find(name: string, version?: string): ServedModel {
    const served = this.#models.get(name);
    if (served === undefined) {
      const names = [...this.#models.keys()].join(', ') || 'none';
      throw httpError(404, 'ERR_NOT_FOUND', 'request', `the name of a model (${names})`, describe(name));
    }
    if (version !== undefined && version !== served.version) {
      const expected = `version ${served.version} of model ${name}`;
      throw httpError(404, 'ERR_NOT_FOUND', 'request', expected, describe(version));
    }
    return served;
  }

  /** See `ModelServer.load`. */
  load(where: string, name: unknown, source: ModelSource): Promise<ServedModel> {
    const checked = checkName(where, name);
    const load = async (): Promise<ServedModel> => {
      this.#assertOpen(where);
      const number = (this.#versions.get(checked) ?? 0) + 1;
      const served = await ServedModel.load(where, checked, String(number), source);
      if (this.#isClosed) {
        void served.retire();
        this.#assertOpen(where);
      }
      this.#versions.set(checked, number);
      const old = this.#models.get(checked);
      this.#models.set(checked, served);
      if (old !== undefined) void this.#retire(old);
      return served;
    };
    const loaded = (this.#loading.get(checked) ?? Promise.resolve()).then(load, load);
    this.#loading.set(checked, loaded);
    return loaded;
  }

  #assertOpen(where: string): void {
    if (this.#isClosed) throw refusal('ERR_STATE', where, 'a server that is open', 'one that was closed');
  }

  /** See `ModelServer.unload`. */
  async unload(where: string, name: unknown): Promise<void> {
    const served = this.#models.get(checkString(where, 'name', name));
    if (served === undefined) throw refusal('ERR_NOT_FOUND', where, 'the name of a model', describe(name));
    this.#models.delete(served.name);
    await this.#retire(served);
  }

  /** Gives back all models that nobody needs; resolves when nobody needs any. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const served of this.#models.values()) void this.#retire(served);
    this.#models.clear();
    await Promise.all(this.#retiring);
  }

  #retire(served: ServedModel): Promise<void> {
    const retired = served.retire().finally(() => this.#retiring.delete(retired));
    this.#retiring.add(retired);
    return retired;
  }
}

function checkName(where: string, name: unknown): string {
  if (NAME.test(checkString(where, 'name', name))) return name as string;
  const expected = 'the name of a model to be of letters, digits, "_", "-" and ".", at most 100';
  throw refusal('ERR_CONFIG', where, expected, describe(name));
}
