// SPDX-License-Identifier: MIT
// The page to dist/, which the server reads. `npx vite` shows it while it is written, with the service at its default port.
import { defineConfig } from 'vite';

const SERVICE = 'http://127.0.0.1:8080';
const PATHS = ['/texts', '/trainings', '/versions', '/confusion', '/score'];

export default defineConfig({
  root: 'page',
  build: { outDir: '../dist', emptyOutDir: true },
  server: { proxy: Object.fromEntries(PATHS.map((path) => [path, SERVICE])) },
});
