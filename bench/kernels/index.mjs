// SPDX-License-Identifier: MIT
// kernel.CASE.ISA: every case on every ISA of this machine.
import { testingAddon } from '../support/ours.mjs';
import { CASES } from './cases.mjs';
import { timeKernel } from './harness.mjs';

/** Figures without bars: share of the peak, or GB/s where a kernel only moves data. */
export function kernelFigures() {
  const isas = testingAddon().isas();
  return Object.entries(CASES).flatMap(([name, kernel]) =>
    isas.map((isa) => ({
      name: `kernel.${name}.${isa}`,
      unit: kernel.flop > 0 ? '% of peak' : 'GB/s',
      run: () => timeKernel(isa, kernel.prepare(isa), kernel),
    })),
  );
}
