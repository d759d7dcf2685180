// SPDX-License-Identifier: MIT
// A training begun, watched and cancelled.
import * as api from './api';
import type { Progress, Training } from './api';
import * as curves from './curves';
import { at, attempt } from './dom';

const form = at('training-form', HTMLFormElement);
const begin = at('begin', HTMLButtonElement);
const cancel = at('cancel', HTMLButtonElement);
const bar = at('progress', HTMLProgressElement);
const label = at('progress-label', HTMLLabelElement);
const state = at('training-state', HTMLParagraphElement);

let epoch = 0;

/** @param onEnd called when a training is over */
export function startTraining(onEnd: () => void): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const values = new FormData(form);
    const settings = { epochs: Number(values.get('epochs')), learningRate: Number(values.get('learningRate')) };
    void attempt(async () => void (await api.train(settings)));
  });
  cancel.addEventListener('click', () => void attempt(async () => void (await api.cancel())));
  let wasRunning = false;
  api.watch(
    (data) => {
      const isRunning = data.training?.state === 'running';
      curves.begin(data.curves);
      showTraining(data.training);
      if (data.progress !== null) showProgress(data.progress);
      if (wasRunning && !isRunning) onEnd();
      wasRunning = isRunning;
    },
    ({ progress, more }) => {
      curves.add(more);
      showProgress(progress);
    },
  );
}

function showTraining(training: Training | null): void {
  const isRunning = training?.state === 'running';
  // The focus stays where something can be done.
  const hadFocus = document.activeElement === begin || document.activeElement === cancel;
  begin.disabled = isRunning;
  cancel.disabled = !isRunning;
  if (hadFocus) (isRunning ? cancel : begin).focus();
  epoch = 0;
  if (training === null) return;
  const { id, error } = training;
  label.textContent = isRunning ? `Training ${id} begins` : `Training ${id}`;
  if (isRunning) bar.removeAttribute('value');
  else bar.value = training.state === 'done' ? 1 : 0;
  state.textContent = {
    running: `Training ${id} runs.`,
    done: `Training ${id} is done.`,
    cancelled: `Training ${id} was cancelled.`,
    failed: `Training ${id} failed. ${error ?? ''}`,
  }[training.state];
}

/** Each batch moves the bar; what is read aloud changes once an epoch. */
function showProgress(progress: Progress): void {
  const { batch, batches, epochs, secondsLeft } = progress;
  bar.value = batch / batches;
  const left = secondsLeft === undefined ? '' : `, about ${Math.ceil(secondsLeft)} s left`;
  label.textContent = `Batch ${batch} of ${batches}${left}`;
  if (progress.epoch === epoch) return;
  epoch = progress.epoch;
  state.textContent = `Epoch ${epoch} of ${epochs}.`;
}
