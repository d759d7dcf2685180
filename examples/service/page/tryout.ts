// SPDX-License-Identifier: MIT
// A text and its score after every word; the text can be given the label that is right.
import * as api from './api';
import type { Label } from './api';
import { at, attempt, make, percent } from './dom';

const form = at('try-form', HTMLFormElement);
const text = at('try-text', HTMLTextAreaElement);
const result = at('try-result', HTMLDivElement);
const words = at('try-words', HTMLOListElement);
const labels = at('try-label', HTMLDivElement);

/** @param onLabel called when a text was labelled */
export function startTryout(onLabel: () => void): void {
  let scored = '';
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(async () => {
      scored = text.value.trim();
      show(await api.score(scored));
      labels.hidden = false;
    });
  });
  for (const button of labels.querySelectorAll('button'))
    button.addEventListener('click', () => {
      const label = Number(button.dataset['label']) as Label;
      void attempt(async () => {
        await api.addText(scored, label);
        result.textContent = `Kept as ${label === 1 ? 'positive' : 'negative'}, for the next training.`;
        onLabel();
      });
    });
}

function show({ version, score, words: scores }: api.Scored): void {
  const side = score > 0.5 ? 'positive' : 'negative';
  result.textContent = `Version ${version}: ${percent(score)} positive, so ${side}.`;
  words.replaceChildren(
    ...scores.map(({ word, score: after }) => {
      const bar = make('span', { className: 'bar' });
      bar.style.setProperty('--score', String(after));
      bar.ariaHidden = 'true';
      const item = make('li', {}, bar, make('span', { className: 'word' }, word), make('small', {}, percent(after)));
      item.dataset['side'] = after > 0.5 ? 'positive' : 'negative';
      return item;
    }),
  );
}
