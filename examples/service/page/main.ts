// SPDX-License-Identifier: MIT
// The page: its parts put together.
import './style.css';
import * as api from './api';
import { at, attempt } from './dom';
import { startLabelling } from './label';
import { startTraining } from './training';
import { startTryout } from './tryout';
import { refreshVersions, startVersions } from './versions';

const refreshCounts = (): Promise<void> =>
  attempt(async () => {
    const { counts } = await api.texts({ limit: '1' });
    for (const [name, count] of Object.entries(counts)) at(name, HTMLElement).textContent = count.toLocaleString('en');
  });

startTryout(() => void refreshCounts());
startTraining(() => void attempt(refreshVersions));
startLabelling(() => void refreshCounts());
startVersions();
void refreshCounts();
