// SPDX-License-Identifier: MIT
// Gradients on the sets of instructions that this CPU has beside its best. Each takes a process of its own: the set is chosen
// once, when the addon is loaded.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { cpuInfo } from '../../../lib';

const ROOT = path.resolve(__dirname, '..', '..', '..');
const JEST = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
const GRADIENTS = path.join(__dirname, 'gradients.test.ts');

if (process.env['OSTINATO_ISA'] === undefined)
  test.each(cpuInfo().available.filter((isa) => isa !== cpuInfo().isa))(
    'gradients of sizes around blocks hold on %s too',
    (isa) => {
      const title = 'sizes around blocks|losses and last activations';
      const args = [JEST, '-i', '--silent', '--rootDir', ROOT, '--runTestsByPath', GRADIENTS, __filename, '-t', title];
      const env = { ...process.env, OSTINATO_ISA: isa };
      execFileSync(process.execPath, args, { cwd: ROOT, env, stdio: 'pipe' });
    },
  );
else
  test('sizes around blocks are computed with the instructions that were asked for', () => {
    expect(cpuInfo().isa).toBe(process.env['OSTINATO_ISA']);
  });
