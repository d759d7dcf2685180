// SPDX-License-Identifier: MIT
// Streams in whole programs: garbage collection, worker threads, every instruction set of the machine.
import { cpuInfo } from '../../lib';
import { resultOf } from '../support/child';

const MB = 2 ** 20;

test('streams and their models may be dropped in any order, and give their memory back', async () => {
  const { answers, grown } = (await resultOf('streams.cjs', { args: ['collected'], flags: ['--expose-gc'] })) as {
    answers: number;
    grown: number;
  };
  expect(answers).toBe(1);
  expect(grown).toBeLessThan(60 * MB);
});

test('worker threads that step streams may end at any moment', async () => {
  const { codes } = (await resultOf('streams.cjs', { args: ['workers'] })) as { codes: number[] };
  expect(codes).toEqual(Array.from({ length: 5 }, () => [0, 1, 1, 3, 4]).flat());
});

test.each(cpuInfo().available)('%s: a stream gives what predict gives; many, the same bits on any number of threads', async (isa) => {
  const result = (await resultOf('streams.cjs', { args: ['isa'], env: { OSTINATO_ISA: isa } })) as { apart: number };
  expect(result).toMatchObject({ isa, isSame: true });
  expect(result.apart).toBeLessThan(1e-6);
}); // prettier-ignore
