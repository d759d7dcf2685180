// SPDX-License-Identifier: MIT
// The files of the page, as `npm run build` made them. There are few: they are read once.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Refusal } from './refusal.mjs';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const TYPES = Object.freeze({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
});
const HEADERS = Object.freeze({
  'content-security-policy': "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  'x-content-type-options': 'nosniff',
});

/** Adds a route for each file, and `/` for index.html. */
export function addPage(app) {
  const files = filesOf(DIST);
  for (const [name, body] of files) {
    const headers = { ...HEADERS, 'content-type': TYPES[path.extname(name)] ?? 'application/octet-stream' };
    // Names of assets have a hash of their content in them.
    const cache = name.startsWith('assets/') ? 'max-age=31536000, immutable' : 'no-cache';
    app.get(name === 'index.html' ? '/' : `/${name}`, (_request, reply) =>
      reply.headers({ ...headers, 'cache-control': cache }).send(body),
    );
  }
  if (!files.some(([name]) => name === 'index.html'))
    app.get('/', () => {
      throw new Refusal(404, 'ERR_NOT_FOUND', 'GET /', 'the page, which `npm run build` makes', 'none');
    });
}

function filesOf(folder) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
      .map((file) => [path.relative(folder, file).split(path.sep).join('/'), readFileSync(file)]);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
