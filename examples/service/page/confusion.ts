// SPDX-License-Identifier: MIT
// The confusion matrix of a version, as a table.
import type { Version } from './api';
import { at, make, percent } from './dom';

const place = at('confusion', HTMLDivElement);
const SIDES = ['negative', 'positive'] as const;

export function showConfusion(version: Version | undefined): void {
  if (version === undefined) return place.replaceChildren('No version yet.');
  const { id, rows, confusion, accuracy } = version;
  const most = Math.max(1, ...confusion.flat());
  const head = make('tr', {}, make('td'), ...SIDES.map((side) => make('th', { scope: 'col' }, `says ${side}`)));
  const body = SIDES.map((side, label) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row' }, `is ${side}`),
      ...confusion[label]!.map((count, answer) => {
        const cell = make('td', { className: answer === label ? 'right' : 'wrong' }, String(count));
        cell.style.setProperty('--share', String(count / most));
        return cell;
      }),
    ),
  );
  const caption = `Version ${id} on ${rows} texts that were held back: ${percent(accuracy)} right`;
  place.replaceChildren(
    make(
      'table',
      { className: 'confusion' },
      make('caption', {}, caption),
      make('thead', {}, head),
      make('tbody', {}, ...body),
    ),
  );
}
