// SPDX-License-Identifier: MIT
// Where data files come from: every way to fail first, against a server on this machine, then the four places in their order.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, readPublishedFile, type PublishedFile } from '../../../lib/datasets/dataset_file';

const CONTENT = Buffer.alloc(300000, 'ostinato');
const WHERE = 'test';
const notFound = (message: RegExp) => ({ code: 'ERR_NOT_FOUND', message: expect.stringMatching(message) as string });

let folder: string;
let server: http.Server;
let handle: http.RequestListener;
let file: PublishedFile;
const sockets = new Set<Socket>();
const saved = { ...process.env };

beforeAll(async () => {
  server = http.createServer((request, response) => handle(request, response));
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((done) => server.close(done));
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostinato-'));
  process.env['KERAS_HOME'] = folder;
  delete process.env['OSTINATO_TEST_FILE'];
  handle = (_request, response) => response.end(CONTENT);
  file = {
    name: 'data.bin',
    variable: 'OSTINATO_TEST_FILE',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.bin`,
    algorithm: 'sha256',
    hash: createHash('sha256').update(CONTENT).digest('hex'),
    maxBytes: 1000000,
  };
});
afterEach(() => {
  process.env = { ...saved };
  rmSync(folder, { recursive: true });
});

/** Names in the cache: neither the file nor a part of it may be there after a failure. */
const cached = () => readdirSync(join(folder, 'datasets'));

describe('published file: failures', () => {
  test('a path that names nothing is an error, though the file could be had elsewhere', async () => {
    await expect(readPublishedFile(WHERE, file, { path: join(folder, 'none') })).rejects.toMatchObject(
      notFound(/path to name a file.*none/),
    );
  });

  test('a variable that names nothing, or a folder, is an error', async () => {
    for (const named of [join(folder, 'none'), folder]) {
      process.env['OSTINATO_TEST_FILE'] = named;
      await expect(readPublishedFile(WHERE, file)).rejects.toMatchObject(notFound(/OSTINATO_TEST_FILE to name/));
    }
  });

  test('a file larger than any true copy is refused unread', async () => {
    const path = join(folder, 'large');
    writeFileSync(path, CONTENT);
    await expect(readPublishedFile(WHERE, { ...file, maxBytes: 10 }, { path })).rejects.toMatchObject({
      code: 'ERR_DATA',
    });
  });

  const endings: [title: string, handler: http.RequestListener, message: RegExp][] = [
    ['a wrong hash', (_, response) => response.end(CONTENT.subarray(1)), /sha256 .* instead of/],
    ['an error status', (_, response) => response.writeHead(404).end(), /status 404/],
    ['a redirection', (_, response) => response.writeHead(302, { location: '/other' }).end(), /status 302/],
    ['too many bytes', (_, response) => response.end(Buffer.alloc(1000001)), /more than 1000000 bytes/],
    [
      'a truncated body',
      (_, response) => {
        response.writeHead(200, { 'content-length': CONTENT.length });
        response.write(CONTENT.subarray(0, 1000), () => response.destroy());
      },
      /aborted|hang up|reset|bytes of/,
    ],
    [
      'a body that stops in the middle',
      (_, response) => {
        response.writeHead(200, { 'content-length': CONTENT.length });
        response.write(CONTENT.subarray(0, 1000));
      },
      /nothing received for 200 ms/,
    ],
    ['a server that says nothing', () => undefined, /nothing received for 200 ms/],
  ];
  test.each(endings)('a download that ends in %s leaves nothing behind', async (_title, handler, message) => {
    handle = handler;
    await expect(readPublishedFile(WHERE, file, { idleTimeout: 200 })).rejects.toMatchObject(notFound(message));
    expect(cached()).toEqual([]);
  });

  test('a refused connection says what was tried', async () => {
    const refused = { ...file, url: 'http://127.0.0.1:1/data.bin' };
    await expect(readPublishedFile(WHERE, refused)).rejects.toMatchObject(
      notFound(/no path, no OSTINATO_TEST_FILE, no .*data\.bin, and from http:.*ECONNREFUSED/),
    );
    expect(cached()).toEqual([]);
  });

  test('an error in the progress callback ends the download', async () => {
    const onProgress = () => {
      throw new Error('enough');
    };
    await expect(readPublishedFile(WHERE, file, { onProgress })).rejects.toMatchObject(notFound(/enough/));
    expect(cached()).toEqual([]);
  });

  test('a cache folder that cannot be made is an error', async () => {
    writeFileSync(join(folder, 'file'), '');
    process.env['KERAS_HOME'] = join(folder, 'file');
    await expect(readPublishedFile(WHERE, file)).rejects.toMatchObject(notFound(/ENOTDIR|EEXIST/));
  });
});

describe('published file: places', () => {
  test('a download is kept whole in the cache, tells its progress, and is not repeated', async () => {
    const seen: [number, number | undefined][] = [];
    const first = await readPublishedFile(WHERE, file, { onProgress: (...counts) => seen.push(counts) });
    expect(first.source).toBe(`download: ${file.url}, kept as ${join(folder, 'datasets', 'data.bin')}`);
    expect(CONTENT.equals(first.bytes)).toBe(true);
    expect(seen.at(-1)).toEqual([CONTENT.length, CONTENT.length]);
    expect(cached()).toEqual(['data.bin']);
    expect(readFileSync(join(folder, 'datasets', 'data.bin')).equals(CONTENT)).toBe(true);

    handle = () => expect(true).toBe(false);
    expect((await readPublishedFile(WHERE, file)).source).toBe(`cache: ${join(folder, 'datasets', 'data.bin')}`);
  });

  test('two downloads at once both succeed', async () => {
    const both = await Promise.all([readPublishedFile(WHERE, file), readPublishedFile(WHERE, file)]);
    expect(both.every(({ bytes }) => CONTENT.equals(bytes))).toBe(true);
    expect(cached()).toEqual(['data.bin']);
  });

  test('a path goes before the variable, and the variable before the cache', async () => {
    mkdirSync(join(folder, 'datasets'));
    for (const name of ['path', 'variable', 'datasets/data.bin']) writeFileSync(join(folder, name), name);
    const read = async (path?: string) => {
      const { bytes, source } = await readPublishedFile(WHERE, file, { path });
      return [bytes.toString(), source.split(':')[0]];
    };
    expect(await read()).toEqual(['datasets/data.bin', 'cache']);
    process.env['OSTINATO_TEST_FILE'] = join(folder, 'variable');
    expect(await read()).toEqual(['variable', 'OSTINATO_TEST_FILE']);
    expect(await read(join(folder, 'path'))).toEqual(['path', 'path']);
  });

  test('the cache is the one of Keras', () => {
    expect(cacheFolder()).toBe(join(folder, 'datasets'));
    process.env['HOME'] = '/home/someone';
    process.env['KERAS_HOME'] = '~/keras';
    expect(cacheFolder()).toMatch(/^\/.*\/keras\/datasets$/);
    delete process.env['KERAS_HOME'];
    expect(cacheFolder()).toMatch(/\/\.keras\/datasets$/);
  });
});
