// SPDX-License-Identifier: MIT
// `ostinato serve` in a process of its own, over real HTTP.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { main } from '../../lib/cli/main';
import { cpuInfo, Dense, Input, Sequential } from '../../lib';
import { captured } from '../support/captured';
import { ask } from '../support/served';
import { temporaryFolder } from '../support/temporary_folder';

const MAIN = path.resolve(__dirname, '../../dist/cli/main.js');
const at = temporaryFolder();

/** A model that answers one number, whatever it is asked. */
async function saved(file: string, value: number): Promise<string> {
  const model = new Sequential([new Input([1], { name: 'x' }), new Dense(1, { name: 'y' })]);
  model.setWeights([
    { data: new Float32Array(1), shape: [1, 1] },
    { data: Float32Array.of(value), shape: [1] },
  ]);
  await model.save(at(file));
  return at(file);
}

interface Line {
  readonly msg: string;
  readonly address: string;
  readonly [key: string]: unknown;
}

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

/** Starts the command; `line` waits for one of the log. */
function start(...args: string[]): { line(msg: string): Promise<Line>; ended: Promise<unknown[]> } {
  const own = spawn(process.execPath, [MAIN, 'serve', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  child = own;
  const lines: Line[] = [];
  let wake = (): void => undefined;
  createInterface({ input: own.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line);
    wake();
  });
  return {
    ended: once(own, 'exit'),
    async line(msg) {
      for (;;) {
        const index = lines.findIndex((line) => line.msg.startsWith(msg));
        if (index >= 0) return lines.splice(index, 1)[0]!;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

const predict = async (address: string, name: string): Promise<unknown> =>
  (await ask(address, 'POST', `/models/${name}/predict`, '{"inputs": [[0]]}')).json;

test.each([
  [[], /expected MODEL\.\.\., received none/, 2],
  [['--prt', '1'], /unknown flag --prt\. Did you mean --port\?/, 2],
  [['a.safetensors', 'b/a.keras'], /models of different names, received a twice/, 2],
  [['a.safetensors', '--port', '65536'], /--port: expected an integer from 0 to 65535/, 1],
  [['a.safetensors', '--threads', '0'], /--threads: expected an integer from 1 to 256/, 1],
  [['none.safetensors', '--quiet'], /none\.safetensors/, 1],
  [['a b=none.safetensors', '--quiet'], /the name of a model/, 1],
])('serve %j says what was meant', async (args, message, code) => {
  const surroundings = captured();
  expect(await main(['serve', ...args], surroundings)).toBe(code);
  expect(surroundings.err()).toMatch(message);
  expect(surroundings.err()).not.toMatch(/\n\s+at /);
});

test('serves files, takes those that change, and ends in order', async () => {
  const [a, b] = [await saved('a.safetensors', 1), await saved('b.safetensors', 2)];
  const { line, ended } = start(a, `other=${b}`, '--port', '0');
  const { address, models } = await line('serves');
  expect(models).toEqual({ a: '1', other: '1' });
  expect(await predict(address, 'a')).toEqual({ model: 'a', version: '1', outputs: [[1]] });
  expect(await predict(address, 'other')).toEqual({ model: 'other', version: '1', outputs: [[2]] });

  await saved('a.safetensors', 3);
  expect(await line('loaded')).toMatchObject({ model: 'a', version: '2' });
  expect(await predict(address, 'a')).toEqual({ model: 'a', version: '2', outputs: [[3]] });

  // A file that is broken leaves the model that is there.
  writeFileSync(b, 'no model');
  expect(await line('not loaded')).toMatchObject({ model: 'other', err: { code: 'ERR_DATA' } });
  expect(await predict(address, 'other')).toMatchObject({ version: '1', outputs: [[2]] });

  child!.kill('SIGHUP');
  expect(await line('loaded')).toMatchObject({ model: 'a', version: '3' });

  child!.kill('SIGTERM');
  expect(await line('ends')).toMatchObject({ signal: 'SIGTERM' });
  expect(await ended).toEqual([0, null]);
});

test('leaves a core to the event loop, where not said otherwise', async () => {
  const file = await saved('a.safetensors', 1);
  const threadsOf = async (...flags: string[]): Promise<unknown> => {
    const { line, ended } = start(file, '--port', '0', ...flags);
    const { threads } = await line('serves');
    child!.kill('SIGTERM');
    await ended;
    return threads;
  };
  expect(await threadsOf()).toBe(Math.max(1, cpuInfo().defaultThreads - 1));
  expect(await threadsOf('--threads', '3')).toBe(3);
});

test('on SIGTERM readiness goes first', async () => {
  const { line, ended } = start(await saved('a.safetensors', 1), '--port', '0', '--grace', '1000', '--watch', '0');
  const { address } = await line('serves');
  expect((await ask(address, 'GET', '/v2/health/ready')).status).toBe(200);
  child!.kill('SIGTERM');
  await line('ends');
  expect((await ask(address, 'GET', '/v2/health/ready')).status).toBe(503);
  expect(await predict(address, 'a')).toMatchObject({ outputs: [[1]] });
  expect(await ended).toEqual([0, null]);
});
