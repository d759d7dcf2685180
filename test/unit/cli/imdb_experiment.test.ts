// SPDX-License-Identifier: MIT
// The experiment at small size, with a corpus put in place of the real one.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readSettings } from '../../../lib/cli/imdb';
import type { Sources } from '../../../lib/cli/imdb_data';
import { runExperiment, type ImdbReport } from '../../../lib/cli/imdb_experiment';
import { syntheticReviews } from '../../../lib/datasets/synthetic_reviews';
import { makeError } from '../../../lib/errors';
import { captured } from '../../support/captured';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ostinato-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const small = () => syntheticReviews({ train: 100, test: 40 });
const found: Sources = { imdb: () => Promise.resolve(small()), synthetic: small };
const absent: Sources = {
  imdb: () => Promise.reject(makeError('ERR_NOT_FOUND', 'imdb.loadData: expected a network, received none.')),
  synthetic: small,
};

const settings = (more: Record<string, string | true> = {}) =>
  readSettings({
    epochs: '2',
    maxlen: '60',
    units: '8',
    seed: '3',
    svg: path.join(folder, 'curves.svg'),
    json: path.join(folder, 'figures.json'),
    ...more,
  });

const readReport = (): ImdbReport => JSON.parse(readFileSync(path.join(folder, 'figures.json'), 'utf8')) as ImdbReport;

describe('ostinato imdb: misuse', () => {
  test.each(['svg', 'json'])('a folder of --%s that does not exist is refused before data are loaded', async (flag) => {
    let isLoaded = false;
    const watched: Sources = {
      imdb: () => {
        isLoaded = true;
        return Promise.resolve(small());
      },
      synthetic: small,
    };
    const wanted = settings({ [flag]: path.join(folder, 'missing', 'file') });
    await expect(runExperiment(wanted, captured(), watched)).rejects.toMatchObject({ code: 'ERR_CONFIG' });
    expect(isLoaded).toBe(false);
  });
});

describe('ostinato imdb', () => {
  test('writes the figures under their agreed names', async () => {
    const begin = performance.now();
    await runExperiment(settings({ quiet: true }), captured(), found);
    const elapsed = (performance.now() - begin) / 1000;
    const report = readReport();
    expect(Object.keys(report)).toEqual([
      'history',
      'test',
      'fitSeconds',
      'epochSeconds',
      'isa',
      'threads',
      'peakRssBytes',
      'data',
      'dataSource',
    ]);
    for (const key of ['loss', 'accuracy', 'valLoss', 'valAccuracy'] as const) {
      expect(report.history[key]).toHaveLength(2);
      for (const value of report.history[key]) expect(Number.isFinite(value)).toBe(true);
    }
    expect(report.test.loss).toBeGreaterThan(0);
    expect(report.test.accuracy).toBeGreaterThanOrEqual(0);
    expect(report.test.accuracy).toBeLessThanOrEqual(1);
    expect(report.epochSeconds).toHaveLength(2);
    expect(report.epochSeconds.reduce((sum, s) => sum + s, 0)).toBeLessThanOrEqual(report.fitSeconds);
    expect(report.fitSeconds).toBeLessThan(elapsed);
    expect(report.isa).toMatch(/^(scalar|baseline|avx2|avx512|neon)$/);
    expect(report.threads).toBeGreaterThanOrEqual(1);
    // A node process has tens of megabytes; a unit mistaken would be off by 1024.
    expect(report.peakRssBytes).toBeGreaterThan(20e6);
    expect(report.peakRssBytes).toBeLessThan(20e9);
    expect(report.data).toBe('imdb');
    expect(readdirSync(folder).sort()).toEqual(['curves.svg', 'figures.json']);
  });

  test('labels every figure of the generated corpus synthetic', async () => {
    const surroundings = captured();
    await runExperiment(settings({ quiet: true }), surroundings, absent);
    expect(readReport().data).toBe('synthetic');
    expect(readReport().dataSource).toMatch(/synthetic/);
    const svg = readFileSync(path.join(folder, 'curves.svg'), 'utf8');
    expect(svg).toContain('Training and validation accuracy (synthetic data)');
    expect(svg).toContain('Training and validation loss (synthetic data)');
    const figures = surroundings
      .out()
      .split('\n')
      .filter((line) => /\d\.\d{4}/.test(line));
    expect(figures.length).toBeGreaterThan(0);
    for (const line of figures) expect(line).toMatch(/synthetic/);
  });

  test('says nothing of synthetic where the reviews are real', async () => {
    const surroundings = captured();
    const real: Sources = {
      ...found,
      imdb: () => Promise.resolve(Object.assign(small(), { source: 'cache: imdb.npz' })),
    };
    await runExperiment(settings({ quiet: true }), surroundings, real);
    expect(surroundings.out() + surroundings.err()).not.toMatch(/synthetic/);
    expect(readFileSync(path.join(folder, 'curves.svg'), 'utf8')).not.toMatch(/synthetic/);
  });

  test('prints summary and plots, and with --quiet the results only', async () => {
    const [loud, quiet] = [captured(), captured()];
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      await runExperiment(settings(), loud, found);
      expect(write).toHaveBeenCalled();
      write.mockClear();
      await runExperiment(settings({ quiet: true }), quiet, found);
      expect(write).not.toHaveBeenCalled();
    } finally {
      write.mockRestore();
    }
    expect(loud.out()).toMatch(/SimpleRNN/);
    expect(loud.out()).toMatch(/o Training accuracy {3}\* Validation accuracy/);
    expect(quiet.out()).not.toMatch(/SimpleRNN|Training accuracy/);
    for (const { out } of [loud, quiet]) expect(out()).toMatch(/test accuracy.*: \d\.\d{4}\n.*2 epochs in .* s on /i);
  });

  test('the same seed gives the same figures', async () => {
    const first = await runExperiment(settings({ quiet: true }), captured(), found);
    const second = await runExperiment(settings({ quiet: true }), captured(), found);
    expect(second.history).toEqual(first.history);
    expect(second.test).toEqual(first.test);
  });
});
