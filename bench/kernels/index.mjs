// SPDX-License-Identifier: MIT
// kernel.CASE.ISA: every case on every ISA of this machine.
import { testingAddon } from '../support/ours.mjs';
import { CASES } from './cases.mjs';
import { timeKernel } from './harness.mjs';

/** Figures without bars: share of the peak, or GB/s where a kernel only moves data. */
export function kernelFigures() {
  // The scalar kernels are there for CPUs without any of the others, and their peak depends on what the compiler makes of it.
  const all = testingAddon().isas();
  const isas = all.length > 1 ? all.filter((isa) => isa !== 'scalar') : all;
  return Object.entries(CASES).flatMap(([name, kernel]) =>
    isas.map((isa) => ({
      name: `kernel.${name}.${isa}`,
      unit: kernel.flop > 0 ? '% of peak' : 'GB/s',
      run: () => timeKernel(isa, kernel.prepare(isa), kernel),
    })),
  );
}
