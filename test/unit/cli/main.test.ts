// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { main } from '../../../lib/cli/main';
import { captured } from '../../support/captured';

const run = async (...args: string[]) => {
  const surroundings = captured();
  return { code: await main(args, surroundings), out: surroundings.out(), err: surroundings.err() };
};

describe('ostinato: misuse', () => {
  test.each([
    [['imbd'], /unknown command "imbd"\. Did you mean imdb\?/],
    [['constructor'], /unknown command "constructor"/],
    [['imdb', '--epoch', '3'], /unknown flag --epoch\. Did you mean --epochs\?/],
    [['imdb', '--batchsize=3'], /unknown flag --batchsize\. Did you mean --batch-size\?/],
    [['imdb', '--__proto__=1'], /unknown flag --__proto__/],
    [['imdb', '-q'], /unknown flag -q/],
    [['imdb', '--zzzzzzzzzzzz'], /unknown flag --zzzzzzzzzzzz\.\n/],
    [['imdb', '--epochs'], /--epochs expects a value: --epochs N/],
    [['imdb', '--json', '--quiet'], /--json expects a value: --json FILE/],
    [['imdb', '--data='], /--data expects a value/],
    [['imdb', '--quiet=yes'], /--quiet takes no value, received "yes"/],
    [['imdb', 'reviews.npz'], /expected flags only, received "reviews\.npz"/],
  ])('%j ends with 2 and says what was meant', async (args, message) => {
    const { code, out, err } = await run(...args);
    expect(err).toMatch(message);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  test.each([
    ['--epochs', '0'],
    ['--epochs', '1.5'],
    ['--epochs', '1e3'],
    ['--epochs', '-1'],
    ['--batch-size', 'NaN'],
    ['--units', '65537'],
    ['--maxlen', '0x10'],
    ['--seed', '9007199254740992'],
    ['--threads', '257'],
    ['--threads', ''],
  ])('%s %j ends with 1 or 2, one message and no stack', async (flag, value) => {
    const { code, err } = await run('imdb', flag, value);
    expect(code).toBe(value === '' ? 2 : 1);
    expect(err).toMatch(
      value === '' ? /expects a value/ : new RegExp(`${flag}: expected an integer from \\d+ to \\d+`),
    );
    expect(err).not.toMatch(/\n\s+at /);
  });

  test('no command shows how to use it, on stderr, and ends with 2', async () => {
    const { code, out, err } = await run();
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^Usage: ostinato COMMAND/);
  });
});

describe('ostinato: help', () => {
  test('names every command', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}imdb\s+\S/m);
  });

  test('of imdb names every flag and where data come from', async () => {
    const { code, out } = await run('imdb', '--help');
    expect(code).toBe(0);
    for (const flag of [
      'data',
      'epochs',
      'batch-size',
      'units',
      'maxlen',
      'seed',
      'threads',
      'json',
      'svg',
      'quiet',
      'help',
    ])
      expect(out).toMatch(new RegExp(`^  --${flag} `, 'm'));
    expect(out).toMatch(/OSTINATO_IMDB/);
    expect(out).toMatch(/synthetic/);
  });

  test('--version names the version of the package', async () => {
    const manifest = path.resolve(__dirname, '../../../package.json');
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    expect(await run('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });
});
