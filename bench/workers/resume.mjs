// SPDX-License-Identifier: MIT
// A training with all that has a state: dropout, momenta, averages, accumulated gradients, AUC, a plateau, early stopping,
// checkpoints, a CSV file. It backs itself up in the folder that it is given, and tells on its last line what it ended
// with. It is killed and run again.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const ostinato = require('../../dist/index.js');

const [folder, saveFreq = 'epoch'] = process.argv.slice(2);
const ROWS = 96;
const STEPS = 10;
const WORDS = 40;

function reviews() {
  const data = Int32Array.from({ length: ROWS * STEPS }, (_, i) => (i % STEPS < i % 4 ? 0 : (i * 37) % WORDS));
  return { x: { data, shape: [ROWS, STEPS] }, y: Float32Array.from({ length: ROWS }, (_, i) => ((i * 5) % 3 ? 1 : 0)) };
}

function build() {
  const { Sequential, Embedding, SpatialDropout1D, LSTM, BatchNormalization, Dropout, Dense, Adam, AUC } = ostinato;
  ostinato.setRandomSeed(7);
  const model = new Sequential([
    new Embedding(WORDS, 8),
    new SpatialDropout1D(0.1),
    new LSTM(8, { dropout: 0.1, recurrentDropout: 0.1 }),
    new BatchNormalization(),
    new Dropout(0.2),
    new Dense(1, { activation: 'sigmoid' }),
  ]);
  model.compile({
    optimizer: new Adam(0.01, { amsgrad: true, useEma: true, gradientAccumulationSteps: 2, clipnorm: 1 }),
    loss: 'binary_crossentropy',
    metrics: ['accuracy', new AUC()],
  });
  return model;
}

function bytes({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function main() {
  const { x, y } = reviews();
  const model = build();
  const { BackupAndRestore, CSVLogger, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau } = ostinato;
  const { history } = await model.fit(x, y, {
    epochs: 14,
    batchSize: 8,
    verbose: 0,
    validationSplit: 0.25,
    callbacks: [
      // Where it stands among the others makes no difference.
      new BackupAndRestore(path.join(folder, 'backup'), {
        saveFreq: saveFreq === 'epoch' ? saveFreq : Number(saveFreq),
      }),
      new EarlyStopping('valLoss', { patience: 4, restoreBestWeights: true }),
      new ReduceLROnPlateau('valLoss', { patience: 1, factor: 0.5 }),
      new ModelCheckpoint(path.join(folder, 'best', '{epoch:02d}.safetensors'), { saveBestOnly: true }),
      new CSVLogger(path.join(folder, 'log.csv')),
      new ostinato.LambdaCallback({ onTrainBegin: () => void process.stdout.write('ready\n') }),
    ],
  });
  const sum = createHash('sha256');
  for (const { data } of model.getWeights()) sum.update(bytes(data));
  const { training, whenCopied } = model.snapshot();
  await whenCopied;
  const { optimizer } = training;
  for (const slot of Object.values(optimizer.slots)) sum.update(bytes(slot));
  sum.update(JSON.stringify([history, optimizer.iterations, optimizer.learningRate]));
  sum.update(readFileSync(path.join(folder, 'log.csv')));
  // A save that was killed leaves a file under another name.
  const checkpoints = readdirSync(path.join(folder, 'best')).filter((name) => name.endsWith('.safetensors'));
  for (const name of checkpoints.sort()) sum.update(name).update(readFileSync(path.join(folder, 'best', name)));
  process.stdout.write(`${JSON.stringify({ bits: sum.digest('hex'), epochs: history.loss.length })}\n`);
}

await main();
