// SPDX-License-Identifier: MIT
// SQLite: Node's own where there is one, else better-sqlite3. Both have the same few calls, which are all that is used.

/**
 * Opens a file. A commit is on the disk when it returns (`synchronous = FULL`), and one process has the file at a time: a
 * second one is refused, and the lock of a process that was killed is gone with it.
 */
export async function openDatabase(file) {
  const Database = await databaseClass();
  const database = new Database(file);
  try {
    database.exec('PRAGMA busy_timeout = 500; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
  } catch (error) {
    throw new Error(`${file}: expected a database of this process alone, received: ${error.message}`, { cause: error });
  }
  return new Statements(database);
}

async function databaseClass() {
  try {
    return (await import('node:sqlite')).DatabaseSync;
  } catch (error) {
    if (error.code !== 'ERR_UNKNOWN_BUILTIN_MODULE') throw error;
    return (await import('better-sqlite3')).default;
  }
}

/** A database whose statements are prepared once. */
class Statements {
  #database;
  #prepared = new Map();

  constructor(database) {
    this.#database = database;
  }

  exec(sql) {
    this.#database.exec(sql);
  }

  get(sql, ...values) {
    return this.#prepare(sql).get(...values);
  }

  all(sql, ...values) {
    return this.#prepare(sql).all(...values);
  }

  /** `{ changes, id }`: rows that changed, and the id of the one that came. */
  run(sql, ...values) {
    const { changes, lastInsertRowid } = this.#prepare(sql).run(...values);
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }

  /** All of `work`, which is synchronous, or nothing of it. */
  transaction(work) {
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.exec('COMMIT');
      return result;
    } catch (error) {
      try {
        this.exec('ROLLBACK');
      } catch {
        // SQLite has done it, as where the disk is full.
      }
      throw error;
    }
  }

  close() {
    this.#database.close();
  }

  #prepare(sql) {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) this.#prepared.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }
}
