// SPDX-License-Identifier: MIT
// Paths with places for numbers, as Python formats them.
import { PathTemplate } from '../../../lib/callbacks/path_template';
import { codeOf } from '../../support/error_code';

const fill = (text: string, values: Record<string, number>): string => new PathTemplate('test', text).fill(values);

test.each<[string, string]>([
  ['an unclosed brace', 'a{epoch'],
  ['a brace that was never opened', 'a}'],
  ['an empty place', 'a{}'],
  ['a type that is none', '{epoch:z}'],
  ['an attribute', '{epoch.x}'],
  ['a width without end', '{epoch:99999d}'],
])('refuses %s', (_title, text) => {
  expect(codeOf(() => new PathTemplate('test', text))).toBe('ERR_CONFIG');
});

test('refuses a name that nothing is logged under, with the nearest, and a fraction for an integer', () => {
  expect(() => fill('{val_los}', { valLoss: 1, epoch: 1 })).toThrow("Did you mean 'valLoss'?");
  expect(codeOf(() => fill('{toString}', { epoch: 1 }))).toBe('ERR_CONFIG');
  expect(codeOf(() => fill('{loss:d}', { loss: 0.5 }))).toBe('ERR_CONFIG');
});

// The right-hand sides are what Python 3.11 prints for the same format.
test.each<[string, number, string]>([
  ['{x}', 3, '3'],
  ['{x:d}', 3, '3'],
  ['{x:02d}', 3, '03'],
  ['{x:3d}', 7, '  7'],
  ['{x:03d}', -7, '-07'],
  ['{x:.2f}', 1.239, '1.24'],
  ['{x:f}', 0.5, '0.500000'],
  ['{x:08.3f}', -1.5, '-001.500'],
  ['{x:.1e}', 12345, '1.2e+04'],
  ['{x:.0e}', 1e-120, '1e-120'],
  ['{x:.1%}', 0.1234, '12.3%'],
  ['{x:.2f}', NaN, 'nan'],
  ['{x:06.2f}', Infinity, '   inf'],
  ['{{{x}}}', 1, '{1}'],
])('%s of %d is %s', (text, value, wanted) => {
  expect(fill(text, { x: value })).toBe(wanted);
});

test('knows keys in either spelling', () => {
  expect(fill('{val_loss:.1f}-{valLoss:.1f}', { valLoss: 0.5 })).toBe('0.5-0.5');
});
