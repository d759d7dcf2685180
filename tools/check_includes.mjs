// SPDX-License-Identifier: MIT
// The arrows of docs/architecture.md, checked: which room of native/ may include which (by #include lines), which room
// of lib/ may import which (by import lines), and who may touch N-API and the .node file.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesBelow, ROOT } from './steps.mjs';

const PARTS = ['layers', 'optimizers', 'initializers', 'regularizers', 'constraints'];
const BELOW_MODEL = [...PARTS, 'losses', 'metrics', 'batch', 'threading', 'dispatch', 'kernels', 'base'];

/** Room of native/ -> rooms that it may include, itself aside. */
const NATIVE_ARROWS = {
  base: [],
  simd: ['base'],
  kernels: ['simd', 'base'],
  isa: ['dispatch', 'kernels', 'simd', 'base'],
  reference: ['base'],
  threading: ['kernels', 'base'],
  dispatch: ['kernels', 'base'],
  batch: ['base'],
  regularizers: ['threading', 'kernels', 'base'],
  constraints: ['kernels', 'base'],
  layers: ['initializers', 'regularizers', 'constraints', 'batch', 'threading', 'dispatch', 'kernels', 'base'],
  optimizers: ['layers', 'constraints', 'batch', 'threading', 'dispatch', 'kernels', 'base'],
  initializers: ['batch', 'threading', 'dispatch', 'kernels', 'base'],
  losses: ['threading', 'base'],
  metrics: ['losses', 'threading', 'base'],
  plan: ['layers', 'base'],
  model: ['plan', ...BELOW_MODEL],
  streams: ['plan', 'layers', 'threading', 'dispatch', 'kernels', 'base'],
  napi: ['streams', 'model', 'plan', ...BELOW_MODEL],
  testing: ['napi', 'streams', 'model', 'plan', ...BELOW_MODEL, 'simd', 'isa', 'reference'],
};

/** Rooms compiled once per ISA: all that they include is compiled per ISA too, so nothing that could emit weak code. */
const PER_ISA = ['simd', 'kernels', 'isa'];
const PLAIN_HEADERS = /^(stddef|stdint|math|float|string|[a-z]*mmintrin|immintrin|arm_neon|arm_acle)\.h$/;
const NAPI_HEADERS = /^(napi|napi-inl|node_api|node_api_types|js_native_api|js_native_api_types|node|v8|uv)\.h$/;

/** Rooms and top files of lib/ from the ground up; each may import what stands in an earlier line, and its own room. */
const LIB_FLOORS = [
  ['errors', 'types'],
  ['util'],
  ['ndarray'],
  ['arrays'],
  ['serialization'],
  ['formats/zip'],
  ['formats/npy'],
  ['native'],
  ['schedules'],
  ['activations', 'initializers', 'regularizers', 'constraints', 'losses', 'optimizers'],
  ['metrics'],
  ['preprocessing', 'datasets', 'text', 'layers', 'graph'],
  ['formats'],
  ['formats/h5', 'formats/keras_config'],
  ['formats/keras', 'formats/onnx', 'formats/tfjs', 'formats/torch'],
  ['callbacks'],
  ['training', 'streams'],
  ['models'],
  ['functional'],
  ['door', 'internal'],
  ['index'],
  ['server', 'tables'],
  ['cli'],
];

/** Rooms of one floor that lean on each other: a layer makes nodes of graphs, a node is of a layer. */
const PAIR = ['layers', 'graph'];
/** The files that may load a binary. */
const LOADERS = ['lib/native/load_addon.ts', 'lib/native/prebuilds.ts'];

/**
 * What rooms behind other entry points take from the rest, types aside: the entry points, and what has no state and throws no
 * error, for their bundles have copies of all others.
 */
const BEHIND_ENTRIES = {
  server: ['index', 'util/crypto', 'util/float16', 'util/timers'],
  tables: ['index', 'util/did_you_mean'],
  cli: ['index', 'server', 'tables', 'util/did_you_mean', 'util/timers', 'native/platform'],
};

/** The one file that includes the header of Windows, and takes away the macros of it that are names of ours. */
const WINDOWS_HEADER = 'native/base/system_windows.h';

/** What is wrong with the #include lines of one file of native/ (`file` begins with "native/"). */
export function nativeProblems(file, text) {
  const room = file.split('/')[1];
  const allowed = NATIVE_ARROWS[room];
  if (!allowed) return [`${file}: native/${room} is a room that tools/check_includes.mjs does not know`];
  const problems = [];
  for (const [, open, target] of text.matchAll(/^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]/gm)) {
    const reason =
      /^windows\.h$/i.test(target) && file !== WINDOWS_HEADER
        ? `include "${WINDOWS_HEADER.slice('native/'.length)}"`
        : includeProblem(room, allowed, open, target);
    if (reason) problems.push(`${file}: includes ${target}: ${reason}`);
  }
  return problems;
}

function includeProblem(room, allowed, open, target) {
  if (NAPI_HEADERS.test(target)) return ['napi', 'testing'].includes(room) ? '' : 'only napi/ and testing/ know N-API';
  if (open === '<')
    return PER_ISA.includes(room) && !PLAIN_HEADERS.test(target)
      ? `${room}/ takes intrinsics and plain C headers only`
      : '';
  if (target.includes('..') || !target.includes('/')) return 'write it from native/ on, as in "base/plain.h"';
  const other = target.split('/')[0];
  if (target.endsWith('-inl.h') && ![...PER_ISA, 'testing'].includes(room))
    return '-inl.h files are compiled per ISA only';
  return other === room || allowed.includes(other)
    ? ''
    : `${room}/ may include ${allowed.join(', ') || 'nothing else'}`;
}

/** What is wrong with the imports of one file of lib/ (`file` begins with "lib/"). */
export function libProblems(file, text) {
  const room = roomOf(file);
  const floor = floorOf(room);
  if (floor < 0) return [`${file}: lib/${room} is a room that tools/check_includes.mjs does not know`];
  const problems = [];
  if (!LOADERS.includes(file) && /\brequire\([^'")]*\)|\b(require|import|dlopen)\([^)\n]*\.node['"`]/.test(text))
    problems.push(`${file}: only ${LOADERS.join(' and ')} load a .node file`);
  const allowed = BEHIND_ENTRIES[room];
  for (const [, isOfTypes, target] of text.matchAll(
    /^(?:import|export)( type)?\b[^;'"(]*\bfrom ['"](\.[^'"]*)['"]/gm,
  )) {
    const module = path.posix.join(path.posix.dirname(file), target);
    if (allowed === undefined || isOfTypes || roomOf(module) === room) continue;
    if (!allowed.includes(module.slice('lib/'.length)))
      problems.push(`${file}: imports ${target}: lib/${room} takes ${allowed.join(', ')} alone`);
  }
  for (const [, target] of text.matchAll(/(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*['"](\.[^'"]*)['"]/g)) {
    if (LOADERS.includes(file) && target.endsWith('.node')) continue;
    const module = path.posix.join(path.posix.dirname(file), target);
    const other = roomOf(module);
    if (other === room || (floorOf(other) >= 0 && floorOf(other) < floor)) continue;
    if (PAIR.includes(room) && PAIR.includes(other)) continue;
    problems.push(`${file}: imports ${target}: lib/${other} does not lie below lib/${room}`);
  }
  return problems;
}

/**
 * "lib/util/validate.ts" -> "util", "lib/errors.ts" -> "errors". Each folder of lib/formats is a room:
 * "lib/formats/zip/layout.ts" -> "formats/zip", "lib/formats/document.ts" -> "formats".
 */
function roomOf(file) {
  const [, room = 'index', part, below] = file.replace(/\.(ts|js)$/, '').split('/');
  const folder = `${room}/${part}`;
  return room === 'formats' && (below !== undefined || floorOf(folder) >= 0) ? folder : room;
}

function floorOf(room) {
  return LIB_FLOORS.findIndex((rooms) => rooms.includes(room));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const read = (file) => readFileSync(path.join(ROOT, file), 'utf8');
  const native = filesBelow('native', (file) => /\.(h|cc)$/.test(file));
  const lib = filesBelow('lib', (file) => file.endsWith('.ts'));
  const problems = [
    ...native.flatMap((file) => nativeProblems(file, read(file))),
    ...lib.flatMap((file) => libProblems(file, read(file))),
  ];
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
