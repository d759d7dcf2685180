// SPDX-License-Identifier: MIT
// TensorBoard: what it refuses, which numbers it writes, and where. The bytes of the files are compared with TensorFlow's
// in test/golden/callbacks.test.ts.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { TensorBoard, type TensorBoardOptions } from '../../../lib';
import { crc32c } from '../../../lib/util/crc32c';
import { codeOf, codeOfAsync } from '../../support/error_code';
import { QUIET, smallModel, x, y } from '../../support/small_fit';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();

/** A reader of its own: tags, steps and numbers of the event files in a folder. */
function read(folder: string): [string, number, number][] {
  const events: [string, number, number][] = [];
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(`${folder}/${name}`);
    for (let begin = 0; begin < bytes.length;) {
      const length = Number(bytes.readBigUInt64LE(begin));
      const message = bytes.subarray(begin + 12, begin + 12 + length);
      begin += 16 + length;
      // Wall time (9 bytes), then the step as a varint unless it is 0.
      let place = 9;
      let step = 0;
      if (message[place] === 0x10)
        for (let shift = 1; ; shift *= 128) {
          const byte = message[++place]!;
          step += (byte & 127) * shift;
          if (byte < 128) {
            place++;
            break;
          }
        }
      if (message[place] !== 0x2a) continue; // the version of the format
      const size = message[place + 5]!;
      const tag = message.toString('utf8', place + 6, place + 6 + size);
      const content = message.indexOf(Buffer.of(0x22, 4), place + 6 + size);
      events.push([tag, step, message.readFloatLE(content + 2)]);
    }
  }
  return events;
}

test.each<[string, unknown, string]>([
  ['a folder that is none', { logDir: 5 }, 'ERR_TYPE'],
  ['an updateFreq that is none', { updateFreq: 'step' }, 'ERR_CONFIG'],
  ['an updateFreq of 0', { updateFreq: 0 }, 'ERR_CONFIG'],
  ['histograms', { histogramFreq: 1 }, 'ERR_CONFIG'],
  ['the graph', { writeGraph: true }, 'ERR_CONFIG'],
  ['images', { writeImages: true }, 'ERR_CONFIG'],
  ['profiles', { profileBatch: 2 }, 'ERR_CONFIG'],
  ['embeddings', { embeddingsFreq: 1 }, 'ERR_CONFIG'],
  ['a misspelt option', { logdir: 'logs' }, 'ERR_UNKNOWN_OPTION'],
])('refuses %s', (_title, options, code) => {
  expect(codeOf(() => new TensorBoard(options as TensorBoardOptions))).toBe(code);
});

test('rejects fit where its folder cannot be made', async () => {
  writeFileSync(at('file'), '');
  const fit = smallModel().fit(x, y, { ...QUIET, callbacks: [new TensorBoard(at('file', 'logs'))] });
  expect(await codeOfAsync(fit)).toBe('ERR_IO');
});

test('writes losses and metrics of each epoch, of training and of validation, and the rate', async () => {
  const callbacks = [new TensorBoard(at('logs'))];
  const model = smallModel(0.5);
  const { history } = await model.fit(x, y, { ...QUIET, epochs: 2, validationSplit: 0.34, callbacks });
  const number = (key: string, epoch: number) => Math.fround(history[key]![epoch]!);
  expect(read(at('logs', 'train'))).toEqual(
    [0, 1].flatMap((epoch) => [
      ['epoch_loss', epoch, number('loss', epoch)],
      ['epoch_mae', epoch, number('mae', epoch)],
      ['epoch_learning_rate', epoch, 0.5],
    ]),
  );
  // Seven rows in batches of four: two steps an epoch.
  expect(read(at('logs', 'validation'))).toEqual(
    [0, 1].flatMap((epoch) => [
      ['evaluation_loss_vs_iterations', 2 * (epoch + 1), number('valLoss', epoch)],
      ['evaluation_mae_vs_iterations', 2 * (epoch + 1), number('valMae', epoch)],
      ['epoch_loss', epoch, number('valLoss', epoch)],
      ['epoch_mae', epoch, number('valMae', epoch)],
    ]),
  );
});

test('writes every so many batches where it is asked to, counted through the epochs', async () => {
  const callbacks = [new TensorBoard({ logDir: at('logs'), updateFreq: 2, writeStepsPerSecond: true })];
  await smallModel().fit(x, y, { ...QUIET, epochs: 2, callbacks });
  const events = read(at('logs', 'train'));
  const steps = (tag: string) => events.filter(([name]) => name === tag).map(([, step]) => step);
  expect(steps('batch_loss')).toEqual([2, 4, 6]);
  expect(steps('batch_steps_per_second')).toEqual([2, 4, 6]);
  expect(steps('epoch_steps_per_second')).toEqual([0, 1]);
  expect(events.every(([, , value]) => value > 0)).toBe(true);
});

test('writes an evaluation by itself', async () => {
  const model = smallModel();
  await model.fit(x, y, QUIET);
  const loss = await model.evaluate(x, y, { verbose: 0, callbacks: [new TensorBoard(at('logs'))] });
  expect(read(at('logs', 'validation'))[0]).toEqual(['evaluation_loss_vs_iterations', 3, Math.fround(loss[0]!)]);
});

// RFC 3720, appendix B.4.
test.each<[string, Uint8Array, number]>([
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of ones', new Uint8Array(32).fill(255), 0x62a8ab43],
  ['the numbers from 0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ['nothing', new Uint8Array(0), 0],
])('the checksum of %s is that of the standard', (_title, bytes, wanted) => {
  expect(crc32c(bytes)).toBe(wanted);
});
