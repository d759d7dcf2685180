// SPDX-License-Identifier: MIT
// The second build system, by cmake-js into a folder of its own, and the programs that are about it:
//   node tools/cmake_build.mjs            builds into build-cmake/ and compares its exports with node-gyp's addon
//   node tools/cmake_build.mjs --sanitize builds into build-asan/ with AddressSanitizer and UBSan and runs test/native on it
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ensure } from './ensure.mjs';
import { capture, handOver, main, moduleProgram, ROOT, say, step, StepError } from './steps.mjs';

/** Builds both addons below `folder` and returns their paths. */
function build(folder, options) {
  const definitions = { OSTINATO_TESTING: 'ON', ...options };
  step(`building with cmake-js into ${folder}/`, [
    process.execPath,
    moduleProgram('cmake-js/bin/cmake-js'),
    'compile',
    '--out',
    folder,
    ...Object.entries(definitions).map(([name, value]) => `--CD${name}=${value}`),
  ]);
  const products = ['ostinato.node', 'ostinato_testing.node'].map((name) => path.join(ROOT, folder, 'Release', name));
  for (const file of products)
    if (!existsSync(file)) throw new StepError(`the build left no ${path.relative(ROOT, file)}`);
  return products;
}

/** The names that an addon exports, read by a process of its own: two copies in one process would share symbols. */
function exportsOf(addon) {
  const script = 'console.log(Object.keys(require(process.argv[1])).sort().join())';
  const { ok, stdout, output } = capture([process.execPath, '-e', script, addon]);
  if (!ok) throw new StepError(`${path.relative(ROOT, addon)} cannot be loaded: ${output.trim().split('\n').at(-1)}`);
  return stdout.trim();
}

function compareExports(products) {
  for (const product of products) {
    const twin = path.join(ROOT, 'build', 'Release', path.basename(product));
    const [ours, theirs] = [exportsOf(product), exportsOf(twin)];
    if (ours === '' || ours !== theirs)
      throw new StepError(`${path.basename(product)}: CMake's exports ${ours}, node-gyp's exports ${theirs}`);
  }
  say('both build systems export the same names');
}

/** Full path of a runtime library of the compiler, or undefined where it has none. */
function runtimeLibrary(name) {
  const { ok, stdout } = capture([...(process.env.CXX ?? 'g++').split(' '), `-print-file-name=${name}`]);
  return ok && path.isAbsolute(stdout.trim()) ? stdout.trim() : undefined;
}

function testUnderSanitizers([addon, testing]) {
  // node itself is not instrumented, so the runtime has to be there before it; libstdc++ too, or the runtime finds no
  // __cxa_throw to wrap and ends the process at the first C++ exception.
  const libraries = ['libasan.so', 'libstdc++.so'].map((name) => {
    const file = runtimeLibrary(name);
    if (!file) throw new StepError(`the compiler has no ${name}: AddressSanitizer needs g++ and its libasan`);
    return file;
  });
  const jest = [moduleProgram('jest/bin/jest.js'), 'test/native', '--testTimeout=300000', ...extraFlags()];
  return handOver([process.execPath, ...jest], {
    env: {
      ...process.env,
      OSTINATO_ADDON: addon,
      OSTINATO_TESTING_ADDON: testing,
      LD_PRELOAD: libraries.join(' '),
      // node frees nothing at exit, which is no leak of ours; tests ask for memory that cannot be had on purpose.
      ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1',
      UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
    },
  });
}

/** Whatever follows on the command line is jest's. */
function extraFlags() {
  return process.argv.slice(2).filter((flag) => flag !== '--sanitize');
}

await main(() => {
  ensure({ testing: true });
  if (!process.argv.includes('--sanitize')) return compareExports(build('build-cmake', {}));
  return testUnderSanitizers(build('build-asan', { OSTINATO_SANITIZE: 'ON' }));
});
