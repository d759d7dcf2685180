// SPDX-License-Identifier: MIT
// native/threading/available_cores: the CPU quota of cgroups, from files of a folder of our own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { testingAddon } from '../support/testing_addon';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'ostinato-cgroup-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}
const v1 = (folder: string, quota: string, period: string): void => {
  write(`${folder}/cpu.cfs_quota_us`, `${quota}\n`);
  write(`${folder}/cpu.cfs_period_us`, `${period}\n`);
};
const cores = (...membership: string[]): number => testingAddon.cgroupCores(root, membership.join('\n') + '\n');

describe('cgroup version 2', () => {
  test.each([
    ['200000 100000', 2],
    ['max 100000', 0],
    ['150000 100000', 1],
    ['299999 100000', 2],
    ['10000 100000', 1],
    ['400000 50000', 8],
    ['', 0],
    ['nonsense', 0],
    ['100000', 0],
    ['0 100000', 0],
    ['100000 0', 0],
  ])('a limit of "%s" is %i whole cores', (text, expected) => {
    write('app/cpu.max', `${text}\n`);
    expect(cores('0::/app')).toBe(expected);
  });

  test('the tightest of a cgroup and its parents counts', () => {
    write('cpu.max', '800000 100000\n');
    write('a/cpu.max', '300000 100000\n');
    write('a/b/cpu.max', 'max 100000\n');
    write('a/b/c/cpu.max', '500000 100000\n');
    expect(cores('0::/a/b/c')).toBe(3);
    expect(cores('0::/a/b')).toBe(3);
    expect(cores('0::/')).toBe(8);
  });

  test('a path that is not there, as that of a host seen from a container, leaves the root', () => {
    write('cpu.max', '200000 100000\n');
    expect(cores('0::/docker/0123/abcd')).toBe(2);
  });
});

describe('cgroup version 1', () => {
  test.each([
    ['200000', '100000', 2],
    ['-1', '100000', 0],
    ['350000', '100000', 3],
    ['50000', '100000', 1],
    ['', '100000', 0],
    ['200000', '', 0],
  ])('a quota of "%s" in "%s" is %i whole cores', (quota, period, expected) => {
    v1('cpu/app', quota, period);
    expect(cores('5:cpu,cpuacct:/app')).toBe(expected);
  });

  test('only the cpu controller counts, not one whose name begins alike', () => {
    v1('cpu/app', '200000', '100000');
    expect(cores('3:cpuset:/app', '2:cpuacct:/app', '1:memory:/app')).toBe(0);
    expect(cores('3:cpuset:/app', '2:cpuacct,cpu:/app')).toBe(2);
  });

  test('the tightest of the parents counts', () => {
    v1('cpu', '-1', '100000');
    v1('cpu/a', '200000', '100000');
    v1('cpu/a/b', '600000', '100000');
    expect(cores('4:cpu:/a/b')).toBe(2);
  });
});

describe('cgroup membership', () => {
  test('of both versions at once takes the tighter', () => {
    v1('cpu/app', '300000', '100000');
    write('app/cpu.max', '200000 100000\n');
    expect(cores('4:cpu:/app', '0::/app')).toBe(2);
  });

  test.each(['', 'nonsense', '0:', '0::', ':::', '0::app', '0::app/b', '4:cpu:app'])('"%s" is no limit and no crash', (line) => {
    expect(cores(line)).toBe(0);
  });

  test('files that cannot be read are no limit', () => {
    mkdirSync(path.join(root, 'app', 'cpu.max'), { recursive: true }); // a folder in the place of the file
    expect(cores('0::/app')).toBe(0);
    expect(testingAddon.cgroupCores(path.join(root, 'nowhere'), '0::/app\n')).toBe(0);
  });
});
