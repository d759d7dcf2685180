// SPDX-License-Identifier: MIT
// The paths of the service, typed.

export type Label = 0 | 1;

export interface Text {
  readonly id: number;
  readonly text: string;
  readonly label: Label | null;
}

export interface Counts {
  readonly texts: number;
  readonly train: number;
  readonly held: number;
}

export interface Version {
  readonly id: number;
  readonly madeAt: string;
  readonly rows: number;
  readonly accuracy: number;
  readonly loss: number;
  /** By label, then by answer. */
  readonly confusion: readonly [readonly [number, number], readonly [number, number]];
}

export interface Versions {
  readonly current: number | null;
  readonly versions: readonly Version[];
}

export interface Training {
  readonly id: number;
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  readonly error: string | null;
}

export interface Progress {
  readonly batch: number;
  readonly batches: number;
  readonly epoch: number;
  readonly epochs: number;
  readonly secondsLeft?: number;
}

/** Values over batches, and those of validation over the batches that ends of epochs are. */
export type Curves = Partial<Record<'batches' | 'loss' | 'accuracy' | 'epochs' | 'valLoss' | 'valAccuracy', number[]>>;

export interface Scored {
  readonly version: number;
  readonly score: number;
  readonly words: readonly { readonly word: string; readonly score: number }[];
}

/** Types of bodies by the endings of files. */
const TYPES: Readonly<Record<string, string>> = { csv: 'text/csv', json: 'application/json' };

async function ask<T>(method: string, path: string, body?: BodyInit, type = 'application/json'): Promise<T> {
  const response = await fetch(path, {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error((answer as { error?: string }).error ?? response.statusText);
  return answer as T;
}

export const texts = (query: Record<string, string>): Promise<{ counts: Counts; texts: Text[] }> =>
  ask('GET', `/texts?${new URLSearchParams(query).toString()}`);

export function addFile(file: File): Promise<{ added: number; labelled: number }> {
  const ending = file.name.split('.').at(-1)?.toLowerCase() ?? '';
  return ask('POST', '/texts', file, TYPES[ending] ?? 'application/jsonl');
}

export const addText = (text: string, label: Label): Promise<unknown> =>
  ask('POST', '/texts', JSON.stringify({ text, label }));
export const giveLabel = (id: number, label: Label): Promise<unknown> =>
  ask('POST', `/texts/${id}/label`, JSON.stringify({ label }));
export const train = (settings: object): Promise<Training> => ask('POST', '/trainings', JSON.stringify(settings));
export const cancel = (): Promise<unknown> => ask('DELETE', '/trainings/current');
export const versions = (): Promise<Versions> => ask('GET', '/versions');
export const choose = (id: number): Promise<unknown> => ask('POST', `/versions/${id}/current`);
export const score = (text: string): Promise<Scored> => ask('POST', '/score', JSON.stringify({ text }));

/** Watches trainings for as long as the page is open; the browser connects again by itself. */
export function watch(
  onTraining: (data: { training: Training | null; progress: Progress | null; curves: Curves }) => void,
  onProgress: (data: { progress: Progress; more: Curves }) => void,
): void {
  const source = new EventSource('/trainings/current/events');
  const read = (event: Event): never => JSON.parse((event as MessageEvent<string>).data) as never;
  source.addEventListener('training', (event) => onTraining(read(event)));
  source.addEventListener('progress', (event) => onProgress(read(event)));
}
