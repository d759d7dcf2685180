// SPDX-License-Identifier: MIT
// Packages that are not installed are named, with what installs them, and those that are not needed are not asked for.
import { createServer } from '../../../lib/server';

const missing = (name: string): never => {
  throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
};

beforeEach(() => jest.resetModules());

test.each([
  [
    'fastify',
    /the package fastify, which speaks HTTP, received none\. Install it: npm install fastify ws prom-client\.$/,
  ],
  ['ws', /the package ws, .* npm install fastify ws prom-client\. Or set maxStreams: 0\.$/],
  ['prom-client', /the package prom-client, .* Or set metrics: false\.$/],
])('%s', async (name, message) => {
  jest.doMock(name, () => missing(name));
  await expect(createServer({})).rejects.toMatchObject({
    code: 'ERR_STATE',
    message: expect.stringMatching(message) as string,
  });
  if (name !== 'fastify') await (await createServer({}, { maxStreams: 0, metrics: false })).close();
  jest.dontMock(name);
});
