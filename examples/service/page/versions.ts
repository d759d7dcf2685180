// SPDX-License-Identifier: MIT
// Versions beside each other, which of them is in service, and the way back.
import * as api from './api';
import type { Version } from './api';
import { showConfusion } from './confusion';
import { at, attempt, make, percent } from './dom';

const body = at('versions', HTMLTableElement).tBodies[0]!;
const select = at('confusion-version', HTMLSelectElement);
const currentText = at('current', HTMLElement);

let known: readonly Version[] = [];

export function startVersions(): void {
  select.addEventListener('change', showChosen);
  void attempt(refreshVersions);
}

export async function refreshVersions(): Promise<void> {
  const { current, versions } = await api.versions();
  known = versions;
  currentText.textContent = current === null ? 'no version' : `version ${current}`;
  const focused = document.activeElement?.getAttribute('data-version');
  body.replaceChildren(...versions.map((version) => rowOf(version, current)));
  if (focused !== null && focused !== undefined)
    body.querySelector<HTMLElement>(`[data-version="${focused}"]`)?.focus();
  const chosen = select.value === '' ? String(current ?? '') : select.value;
  select.replaceChildren(...versions.map(({ id }) => make('option', { value: String(id) }, `Version ${id}`)));
  select.value = chosen;
  showChosen();
}

function showChosen(): void {
  showConfusion(known.find(({ id }) => String(id) === select.value));
}

function rowOf({ id, madeAt, accuracy, loss, rows }: Version, current: number | null): HTMLTableRowElement {
  const cell = (text: string): HTMLTableCellElement => make('td', {}, text);
  const isCurrent = id === current;
  // A button in both cases, so that the focus stays where it was.
  const button = make('button', { type: 'button' }, isCurrent ? 'In service' : 'Put into service');
  button.dataset['version'] = String(id);
  button.ariaDisabled = String(isCurrent);
  button.ariaLabel = isCurrent ? `Version ${id} is in service` : `Put version ${id} into service`;
  button.addEventListener('click', () => {
    if (isCurrent) return;
    void attempt(async () => {
      await api.choose(id);
      await refreshVersions();
    });
  });
  const row = make(
    'tr',
    {},
    make('th', { scope: 'row' }, String(id)),
    make('td', {}, button),
    cell(percent(accuracy)),
    cell(loss.toFixed(4)),
    cell(String(rows)),
    cell(madeAt.slice(0, '2026-01-01 00:00'.length)),
  );
  row.classList.toggle('current', isCurrent);
  return row;
}
