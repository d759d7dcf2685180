// SPDX-License-Identifier: MIT
import { testingAddon, type Isa } from './testing_addon';

/** Best first; the last one is the scalar witness. */
export const ISAS: readonly Isa[] = testingAddon.isas();

/** One block of tests per ISA that this machine has. */
export function describeEachIsa(title: string, tests: (isa: Isa) => void): void {
  describe.each(ISAS)(`${title} on %s`, tests);
}
