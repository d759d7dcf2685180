// SPDX-License-Identifier: MIT
// Texts without a label, one after the other, and files with more of them.
import * as api from './api';
import type { Label, Text } from './api';
import { at, attempt } from './dom';

const shown = at('label-text', HTMLQuoteElement);
const buttons = ([0, 1] as const).map((label) => at(`label-${label}`, HTMLButtonElement));
const skip = at('label-skip', HTMLButtonElement);
const form = at('upload-form', HTMLFormElement);
const file = at('upload-file', HTMLInputElement);
const state = at('upload-state', HTMLParagraphElement);

let current: Text | undefined;

/** @param onChange called when there are other texts or labels */
export function startLabelling(onChange: () => void): void {
  buttons.forEach((button, label) =>
    button.addEventListener('click', () => {
      const { id } = current!;
      void attempt(async () => {
        await api.giveLabel(id, label as Label);
        await next(id);
        onChange();
      });
    }),
  );
  skip.addEventListener('click', () => void attempt(() => next(current!.id)));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(async () => {
      const { added, labelled } = await api.addFile(file.files![0]!);
      state.textContent = `${added} new texts, ${labelled} labels.`;
      if (current === undefined) await next(0);
      onChange();
    });
  });
  void attempt(() => next(0));
}

/** The first text without a label after an id; after the last one it begins anew. */
async function next(after: number): Promise<void> {
  const find = async (id: number): Promise<Text | undefined> =>
    (await api.texts({ label: 'none', limit: '1', after: String(id) })).texts[0];
  current = (await find(after)) ?? (after > 0 ? await find(0) : undefined);
  shown.textContent = current?.text ?? 'No text waits for a label.';
  for (const button of [...buttons, skip]) button.disabled = current === undefined;
}
