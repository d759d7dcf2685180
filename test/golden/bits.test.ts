// SPDX-License-Identifier: MIT
// Trainings end in the bits that they ended in when bits.json was recorded, weight by weight. Whoever changes the order
// of a sum records anew, and says why: RECORD_BITS=1 npx jest test/golden/bits.test.ts, once for each OSTINATO_ISA.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cpuInfo, Sequential, setRandomSeed } from '../../lib';
import { TRAININGS, type Training } from '../support/trainings';

/** Hashes by training, by instruction set. */
type Recorded = Record<string, Record<string, string>>;

const FILE = path.join(__dirname, 'bits.json');
const recorded = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Recorded) : {};
const { isa } = cpuInfo();

/** Weights to begin with that no initializer drew, so that these may change. */
function begin(model: Sequential, x: Training['x']): void {
  if (!model.isBuilt) model.build([null, ...(x as { shape: readonly number[] }).shape.slice(1)]);
  let place = 0;
  const values = model.weights.map(({ shape, name }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const scale = Math.min(0.5, 1 / Math.sqrt(shape[0]!));
    const isVariance = name.endsWith('movingVariance');
    return Float32Array.from({ length: size }, () => {
      place = (place * 1103515245 + 12345) % 2147483648;
      return isVariance ? 1 : scale * (place / 1073741824 - 1);
    });
  });
  model.setWeights(values);
}

async function run({ layers, compile, x, y, options }: Training): Promise<string> {
  setRandomSeed(21);
  const model = new Sequential(layers());
  begin(model, x);
  model.compile(compile());
  await model.fit(x, y, { epochs: 2, batchSize: 32, verbose: 0, seed: 5, ...options });
  const sum = createHash('sha256');
  for (const { data } of model.getWeights()) sum.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return sum.digest('hex').slice(0, 16);
}

if (process.env['RECORD_BITS'] === '1') {
  test('records', async () => {
    const hashes: Record<string, string> = {};
    for (const [name, training] of Object.entries(TRAININGS)) hashes[name] = await run(training);
    writeFileSync(FILE, `${JSON.stringify({ ...recorded, [isa]: hashes }, null, 2)}\n`);
  });
} else {
  test.each(Object.keys(TRAININGS))(`%s: the recorded bits of ${isa}`, async (name) => {
    expect(await run(TRAININGS[name]!)).toBe(recorded[isa]![name]);
  });
}
