// SPDX-License-Identifier: MIT
// What the service knows, in SQLite. Each method that changes something returns after the commit: what a client was told is
// on the disk.
//
// Labels and switches of versions are only ever added. So "labels up to number N" fixes the rows of a training, whatever is
// labelled meanwhile, and the version in service is that of the last switch.
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { openDatabase } from './database.mjs';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS texts (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    label INTEGER,
    is_held INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS texts_of_label ON texts (label, id, is_held);
  CREATE TABLE IF NOT EXISTS labels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text INTEGER NOT NULL REFERENCES texts,
    label INTEGER NOT NULL CHECK (label IN (0, 1))
  );
  CREATE INDEX IF NOT EXISTS labels_of_text ON labels (text, id);
  CREATE TABLE IF NOT EXISTS trainings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
    labels INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    settings TEXT NOT NULL,
    curves TEXT,
    error TEXT,
    begun_at TEXT NOT NULL DEFAULT (datetime('now')),
    ended_at TEXT
  );
  CREATE UNIQUE INDEX IF NOT EXISTS one_running ON trainings (state) WHERE state = 'running';
  CREATE TABLE IF NOT EXISTS versions (
    id INTEGER PRIMARY KEY REFERENCES trainings,
    file TEXT NOT NULL,
    measure TEXT NOT NULL,
    made_at TEXT NOT NULL DEFAULT (datetime('now'))
  );
  CREATE TABLE IF NOT EXISTS switches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL REFERENCES versions,
    reason TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT (datetime('now'))
  );
`;

/** One text in so many is held back: no model is trained on it. */
const HELD_OF = 5;
/** Rows that are read at a time; the event loop goes on in between. */
const PAGE = 256;
const SWITCHES_SHOWN = 50;

/** Rows of a training: each text with the last label that it was given, up to a number. */
const ROWS = `
  SELECT id, text,
    (SELECT label FROM labels WHERE labels.text = texts.id AND labels.id <= ? ORDER BY labels.id DESC LIMIT 1) AS label
  FROM texts WHERE id > ? AND is_held = ? ORDER BY id LIMIT ?
`;

export class Store {
  #database;

  static async open(file) {
    const database = await openDatabase(file);
    database.exec(SCHEMA);
    return new Store(database);
  }

  constructor(database) {
    this.#database = database;
  }

  close() {
    this.#database.close();
  }

  /** Adds texts, all or none: `[{ text, label? }]`. One that is known keeps its id, so a body may be sent twice. */
  addTexts(rows) {
    const db = this.#database;
    return db.transaction(() => {
      let [added, labelled] = [0, 0];
      const ids = rows.map(({ text, label }) => {
        const hash = createHash('sha256').update(text).digest();
        let id = db.get('SELECT id FROM texts WHERE hash = ?', hash)?.id;
        if (id === undefined) {
          const isHeld = Number(hash[0] % HELD_OF === 0);
          ({ id } = db.run('INSERT INTO texts (text, hash, is_held) VALUES (?, ?, ?)', text, hash, isHeld));
          added++;
        }
        if (label !== undefined && this.#addLabel(id, label)) labelled++;
        return id;
      });
      return { added, labelled, ids };
    });
  }

  /** Whether there is such a text. */
  label(id, label) {
    const db = this.#database;
    return db.transaction(() => {
      if (db.get('SELECT id FROM texts WHERE id = ?', id) === undefined) return false;
      this.#addLabel(id, label);
      return true;
    });
  }

  #addLabel(id, label) {
    const { changes } = this.#database.run(
      'UPDATE texts SET label = ? WHERE id = ? AND label IS NOT ?',
      label,
      id,
      label,
    );
    if (changes === 1) this.#database.run('INSERT INTO labels (text, label) VALUES (?, ?)', id, label);
    return changes === 1;
  }

  /** Texts after an id; `label` is 0, 1, null for those without one, or undefined for all. */
  texts({ label, after, limit }) {
    const wanted = label === undefined ? [] : [label];
    const sql = `SELECT id, text, label, is_held FROM texts WHERE id > ? ${label === undefined ? '' : 'AND label IS ?'}
      ORDER BY id LIMIT ?`;
    return this.#database
      .all(sql, after, ...wanted, limit)
      .map(({ is_held, ...row }) => ({ ...row, isHeld: is_held === 1 }));
  }

  /** How many texts there are, and how many of them have labels, by what they are for. */
  counts() {
    const rows = this.#database.all(
      'SELECT is_held, count(*) AS texts, count(label) AS labelled FROM texts GROUP BY is_held',
    );
    const labelled = (isHeld) => rows.find(({ is_held }) => is_held === isHeld)?.labelled ?? 0;
    return { texts: rows.reduce((sum, { texts }) => sum + texts, 0), train: labelled(0), held: labelled(1) };
  }

  newestLabel() {
    return this.#database.get('SELECT coalesce(max(id), 0) AS id FROM labels').id;
  }

  /** The labelled rows of a training, or those held back: as they were when label `upTo` was the newest. */
  async rows(upTo, isHeld) {
    const rows = [];
    for (let after = 0; ;) {
      const page = this.#database.all(ROWS, upTo, after, Number(isHeld), PAGE);
      for (const { text, label } of page) if (label !== null) rows.push({ text, label });
      if (page.length < PAGE) return rows;
      after = page.at(-1).id;
      await setImmediate();
    }
  }

  beginTraining(seed, settings) {
    const { id } = this.#database.run(
      `INSERT INTO trainings (state, labels, seed, settings) VALUES ('running', ?, ?, ?)`,
      this.newestLabel(),
      seed,
      JSON.stringify(settings),
    );
    return this.training(id);
  }

  training(id) {
    return trainingOf(this.#database.get('SELECT * FROM trainings WHERE id = ?', id));
  }

  newestTraining() {
    return trainingOf(this.#database.get('SELECT * FROM trainings ORDER BY id DESC LIMIT 1'));
  }

  unfinishedTraining() {
    return trainingOf(this.#database.get(`SELECT * FROM trainings WHERE state = 'running'`));
  }

  /** Whether it was running until now. */
  endTraining(id, state, { curves = null, error = null } = {}) {
    const sql = `UPDATE trainings SET state = ?, curves = ?, error = ?, ended_at = datetime('now')
      WHERE id = ? AND state = 'running'`;
    return this.#database.run(sql, state, curves && JSON.stringify(curves), error, id).changes === 1;
  }

  /**
   * A training that is over, its version, and whether that is in service, in one commit. `rival` is the version that it was
   * measured against, on the same rows. Returns whether the training was running until now.
   */
  addVersion(id, { file, measure, curves, rival, isBetter }) {
    const db = this.#database;
    return db.transaction(() => {
      if (!this.endTraining(id, 'done', { curves })) return false;
      db.run('INSERT INTO versions (id, file, measure) VALUES (?, ?, ?)', id, file, JSON.stringify(measure));
      if (rival !== undefined)
        db.run('UPDATE versions SET measure = ? WHERE id = ?', JSON.stringify(rival.measure), rival.id);
      if (isBetter) this.addSwitch(id, rival === undefined ? 'the first version' : `better than version ${rival.id}`);
      return true;
    });
  }

  addSwitch(version, reason) {
    this.#database.run('INSERT INTO switches (version, reason) VALUES (?, ?)', version, reason);
  }

  /** Newest first. */
  versions() {
    return this.#database.all('SELECT * FROM versions ORDER BY id DESC').map(versionOf);
  }

  version(id) {
    return versionOf(this.#database.get('SELECT * FROM versions WHERE id = ?', id));
  }

  /** The version in service. */
  current() {
    const sql =
      'SELECT versions.* FROM switches JOIN versions ON versions.id = switches.version ORDER BY switches.id DESC';
    return versionOf(this.#database.get(`${sql} LIMIT 1`));
  }

  /** Which versions were put into service, newest first. */
  switches() {
    return this.#database.all('SELECT version, reason, at FROM switches ORDER BY id DESC LIMIT ?', SWITCHES_SHOWN);
  }
}

function trainingOf(row) {
  if (row === undefined) return undefined;
  const { id, state, labels, seed, settings, curves, error, begun_at, ended_at } = row;
  const plain = {
    id,
    state,
    labels,
    seed,
    settings: JSON.parse(settings),
    begunAt: begun_at,
    endedAt: ended_at,
    error,
  };
  return { ...plain, curves: curves === null ? undefined : JSON.parse(curves) };
}

function versionOf(row) {
  if (row === undefined) return undefined;
  const { id, file, measure, made_at } = row;
  return { id, file, madeAt: made_at, ...JSON.parse(measure) };
}
