// SPDX-License-Identifier: MIT
// `ostinato build` and `ostinato doctor`. That a build works is seen by `npm run package`: it takes a minute.
import path from 'node:path';
import { main } from '../../../lib/cli/main';
import { planAddon } from '../../../lib/cli/native/plan';
import { CommandFailed, runPlan } from '../../../lib/cli/native/run_plan';
import { captured } from '../../support/captured';
import { temporaryFolder } from '../../support/temporary_folder';

const ROOT = path.resolve(__dirname, '..', '..', '..');
const at = temporaryFolder();

const run = async (args: string[], env: Record<string, string> = {}) => {
  const surroundings = { ...captured(), env };
  return { code: await main(args, surroundings), out: surroundings.out(), err: surroundings.err() };
};

describe('ostinato build', () => {
  test('a compiler that does not run ends with 1 and says how to get one', async () => {
    const { code, err } = await run(['build', '--compiler', '/no/such/compiler']);
    expect(code).toBe(1);
    expect(err).toMatch(/expected a C\+\+17 compiler, received none that runs: \/no\/such\/compiler\. Install one/);
  });

  test('a wrong number of jobs is refused', async () => {
    expect(await run(['build', '--jobs', '0'])).toMatchObject({ code: 1 });
  });

  const toolchain = {
    compiler: ['cxx'],
    headers: ['headers'],
    machine: (flags: readonly string[]) => flags.map((flag) => `<${flag}>`),
    nodeFlags: ['-DNODE'],
    linkFlags: ['-lthing'],
  };
  const plan = (os: 'linux' | 'darwin' | 'win32', arch: 'x64' | 'arm64', testing = false) =>
    planAddon(ROOT, { os, arch }, toolchain, { objects: 'o', output: 'out.node', testing });

  test('a plan compiles each source once, those of instruction sets with their flags, and links all objects', () => {
    const { compilations, link } = plan('linux', 'x64');
    const objects = compilations.map(({ object }) => object);
    expect(new Set(objects).size).toBe(objects.length);
    expect(link).toEqual(expect.arrayContaining([...objects, '-shared', '-lthing', 'out.node']));
    const isas = compilations.filter(({ isa }) => isa !== undefined);
    expect(isas.map(({ isa }) => isa)).toEqual(['scalar', 'baseline', 'avx2', 'avx512']);
    expect(isas[2]!.command).toEqual(expect.arrayContaining(['<-mavx2>', '<-mfma>', '-fno-exceptions']));
    for (const { command, isa } of compilations) {
      expect(command).not.toContain('-ffast-math');
      if (isa === undefined) expect(command.join(' ')).not.toMatch(/avx/);
    }
  });

  test('only sources that know Node see its headers, and their testing twins have objects of their own', () => {
    const { compilations } = plan('linux', 'x64');
    const knows = ({ command }: { command: readonly string[] }) => command.includes('-isystemheaders');
    expect(compilations.filter(knows).every(({ source }) => source.startsWith('native/napi/'))).toBe(true);
    const twins = plan('linux', 'x64', true).compilations.filter(knows);
    expect(twins.every(({ object }) => path.basename(object).startsWith('testing_'))).toBe(true);
  });

  test('each system links in its own way', () => {
    expect(plan('linux', 'arm64').link).toContain('-Wl,-z,nodelete');
    expect(plan('darwin', 'arm64').link).toContain('-dynamiclib');
    expect(plan('darwin', 'arm64').compilations.map(({ isa }) => isa)).toContain('neon');
    expect(plan('win32', 'x64').compilations.some(({ command }) => command.includes('-DOSTINATO_BINDS_HOST'))).toBe(
      true,
    );
  });

  test('a command that fails ends the plan with what it wrote', async () => {
    const script = (text: string) => [process.execPath, '-e', text];
    const compilations = [
      { source: 'a', object: at('a.o'), command: script('0') },
      { source: 'b', object: at('b.o'), command: script('console.error("on purpose"); process.exit(1)') },
    ];
    const failing = { compilations, link: [...script('0'), at('out')] };
    const failure: unknown = await runPlan(at(), failing, { jobs: 1 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CommandFailed);
    expect((failure as CommandFailed).output).toContain('on purpose');
  });
});

test('ostinato doctor names version, platform, CPU, the binary that was taken and why, ISA, threads and cores', async () => {
  const { code, out } = await run(['doctor'], { OSTINATO_ISA: 'told' });
  for (const line of [/^ostinato: +\d/m, /^runtime: +/m, /^platform: +\w+-\w+/m, /^CPU: +/m, /^OSTINATO_ISA: told/m])
    expect(out).toMatch(line);
  expect(out).toMatch(/^binary: +(local build|OSTINATO_ADDON|prebuilt binary) /m);
  expect(out).toMatch(/^ISA: +\w+ \(of .*\)$/m);
  expect(out).toMatch(/^threads: +\d+ \(\d+ cores by affinity and quota\)$/m);
  expect(code).toBe(0);
});
