// SPDX-License-Identifier: MIT
import { callTool } from '../../support/call_tool';
import { hostLibc, hostName, hostTargets, TARGETS } from '../../../lib/native/platform';
import { requirePrebuild } from '../../../lib/native/prebuilds';

const onLinux = process.platform === 'linux' ? test : test.skip;
const isKnown = process.arch === 'x64' || process.arch === 'arm64';

test('the targets that the loader knows are those that a release builds', () => {
  expect([...TARGETS].sort()).toEqual(callTool('prebuild/targets.mjs', 'Object.keys(m.TARGETS).sort()'));
});

test.each(TARGETS)('%s: one that is not there is an error, not a throw', (target) => {
  const found = requirePrebuild(target);
  expect('addon' in found || 'error' in found).toBe(true);
});

onLinux('the C library is read from the program that runs, and names the binary', () => {
  const libc = hostLibc();
  expect(['glibc', 'musl']).toContain(libc);
  expect(hostName()).toContain(`(${libc})`);
});

onLinux('the binary is that of the C library', () => {
  const named = (libc: 'glibc' | 'musl' | undefined) => hostTargets(libc).map((name) => name.split('-')[0]);
  expect(named('glibc')).toEqual(isKnown ? ['linux'] : []);
  expect(named('musl')).toEqual(isKnown ? ['linuxmusl'] : []);
});
