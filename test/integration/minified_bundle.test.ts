// SPDX-License-Identifier: MIT
// The package inside a program that was bundled and minified: classes and functions have other names there, so nothing may
// go by them.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import * as lib from '../../lib';
import { temporaryFolder } from '../support/temporary_folder';

const ROOT = path.resolve(__dirname, '..', '..');
const { Adam, BackupAndRestore, Bidirectional, Dense, Dropout, EarlyStopping, Embedding, GRU, LSTM } = lib;
const { BinaryCrossentropy, L2, MaxNorm, Orthogonal, Sequential, TimeDistributed, CosineDecay } = lib;
const at = temporaryFolder();

interface Refusal {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly isTyped: boolean;
}

interface Result {
  readonly isMinified: boolean;
  readonly classNames: string[];
  readonly printed: string[];
  readonly before: number[];
  readonly losses: number[];
  readonly after: number[];
  readonly resumedLosses: number[];
  readonly errors: Refusal[];
}

const x = { data: Int32Array.from({ length: 60 }, (_, i) => (i * 7) % 20), shape: [12, 5] };
const y = Float32Array.from({ length: 12 }, (_, i) => i % 2);

/** A model with something of every table that configs are read by. */
function makeModel(): lib.Sequential {
  lib.setRandomSeed(7);
  const model = new Sequential([
    new Embedding(20, 6, { embeddingsRegularizer: new L2(0.001) }),
    new Bidirectional(new GRU(4, { returnSequences: true, recurrentInitializer: new Orthogonal() })),
    new TimeDistributed(new Dense(5, { activation: 'tanh', kernelConstraint: new MaxNorm() })),
    new LSTM(4),
    new Dropout(0.2),
    new Dense(1, { activation: 'sigmoid' }),
  ]);
  model.compile({
    optimizer: new Adam(new CosineDecay(0.01, 100)),
    loss: new BinaryCrossentropy({ labelSmoothing: 0.1 }),
    metrics: ['accuracy', new lib.AUC()],
  });
  return model;
}

function runMinified(...args: string[]): Result {
  const bundle = at('program.js');
  const run = (command: string, given: string[]) => {
    const { status, stdout, stderr, error } = spawnSync(command, given, {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, OSTINATO_ADDON: path.join(ROOT, 'build', 'Release', 'ostinato.node') },
    });
    if (status !== 0) throw new Error(`${command} ${given.join(' ')}: ${error?.message ?? stderr}`);
    return stdout;
  };
  const options = [
    '--bundle',
    '--minify',
    '--platform=node',
    '--external:*.node',
    '--log-level=error',
    `--outfile=${bundle}`,
  ];
  run(require.resolve('esbuild/bin/esbuild'), ['test/support/children/bundled.cjs', ...options]);
  return JSON.parse(run(process.execPath, [bundle, ...args])) as Result;
}

test('a minified bundle loads a model, trains it to the same bits, resumes a backup and refuses in the same words', async () => {
  const model = makeModel();
  await model.fit(x, y, { epochs: 1, verbose: 0, shuffle: false });
  await model.save(at('model.safetensors'));

  // A training that is cut off after two epochs, and what it would have come to.
  const interrupted = await lib.loadModel(at('model.safetensors'));
  class CutOff extends lib.Callback {
    override onEpochBegin(epoch: number): void {
      if (epoch === 2) throw new Error('cut off');
    }
  }
  const backup = (): lib.Callback[] => [
    new EarlyStopping('loss', { patience: 50 }),
    new BackupAndRestore(at('backup')),
  ];
  const settings = { epochs: 4, verbose: 0, seed: 1 } as const;
  await expect(interrupted.fit(x, y, { ...settings, callbacks: [...backup(), new CutOff()] })).rejects.toThrow(
    'cut off',
  );
  const whole = await (await lib.loadModel(at('model.safetensors'))).fit(x, y, settings);

  const result = runMinified(at('model.safetensors'), at('backup'), at('saved.safetensors'));

  expect(result.isMinified).toBe(true);
  expect(result.classNames).toEqual(model.layers.map(({ className }) => className));
  const names = [/^Dense \{/, /^Hinge \{/, /^EarlyStopping \{/, /^\[class History\b/];
  expect(result.printed).toEqual(names.map((name) => expect.stringMatching(name)));
  expect(result.before).toEqual([...(await model.predict(x)).data]);
  expect(result.losses).toEqual((await model.fit(x, y, { epochs: 2, verbose: 0, shuffle: false })).history['loss']);
  expect(result.after).toEqual([...(await model.predict(x)).data]);
  expect(result.resumedLosses).toEqual(whole.history['loss']);
  const saved = await lib.loadModel(at('saved.safetensors'));
  expect((await saved.predict(x)).data).toEqual((await model.predict(x)).data);

  expect(result.errors.map(({ name, code, isTyped }) => [name, code, isTyped])).toEqual([
    ['ConfigError', 'ERR_UNKNOWN_OPTION', true],
    ['ConfigError', 'ERR_TYPE', true],
    ['ConfigError', 'ERR_TYPE', true],
    ['ConfigError', 'ERR_TYPE', true],
    ['ConfigError', 'ERR_TYPE', true],
    ['ConfigError', 'ERR_UNKNOWN_NAME', true],
  ]);
  const messages = result.errors.map(({ message }) => message);
  expect(messages[0]).toContain('Dense: expected options among');
  expect(messages[1]).toContain('received an instance of Adam.');
  expect(messages[3]).toContain('received an instance of Dense.');
  expect(messages[4]).toContain('received an instance of Map.');
  expect(messages[5]).toContain("Did you mean 'lstm'?");
});
