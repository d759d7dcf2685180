// SPDX-License-Identifier: MIT
// `ostinato evaluate`: opens both files, scores, prints.
import { internal, setThreads } from '../../index';
import { openTable, type TableFormat } from '../../tables';
import { scoresText } from './report';
import { scoreTable } from './scoring';
import { withTable } from './source';
import { openTrainedModel } from './trained_model';
import type { Surroundings } from '../command';

const { refusal } = internal;

export interface EvaluationSettings {
  readonly file: string;
  /** `-` stands for stdin. */
  readonly data: string;
  readonly format: TableFormat | undefined;
  readonly delimiter: string | undefined;
  readonly threads: number | undefined;
  readonly json: boolean;
}

const WHERE = 'evaluate';

/** @throws OstinatoError */
export async function runEvaluation(settings: EvaluationSettings, { stdin, stdout }: Surroundings): Promise<void> {
  const { file, data, format, delimiter, threads } = settings;
  if (threads !== undefined) setThreads(threads);
  const { model, recipe } = await openTrainedModel(WHERE, file);
  try {
    const table = await openTable(WHERE, data === '-' ? needed(stdin) : data, { format, delimiter });
    const scores = await withTable(table, () => scoreTable(`${WHERE}, ${data}`, model, recipe, table));
    stdout.write(settings.json ? `${JSON.stringify({ model: file, data, scores })}\n` : scoresText(scores));
  } finally {
    model.dispose();
  }
}

/** The input of the process. */
export function needed(stdin: Surroundings['stdin']): AsyncIterable<Uint8Array> {
  if (stdin !== undefined) return stdin;
  throw refusal('ERR_STATE', WHERE, 'an input', 'none');
}
