// SPDX-License-Identifier: MIT
// The report of a training as one HTML file: no script, no font, nothing that is loaded. All that comes from data is escaped.
import { escapeXml, svgPlot } from '../svg_plot';
import { count, figure, panelsOf, type TrainReport } from './report';
import type { ClassificationScores, Mistake, Scores } from './scores';

/** Classes that the page shows the confusion of. */
const SHOWN = 30;

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de; --back: #fff; --hit: 0, 114, 178; --miss: 213, 94, 0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9198a1; --line: #3d444d; --back: #0d1117; } }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; } th, td { padding: .25rem .75rem; border: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child, td:first-child, .text { text-align: left; } td:first-child { white-space: nowrap; } .text { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dt { color: var(--dim); } dd { margin: 0; }
svg { max-width: 100%; height: auto; border-radius: 4px; } .wide { overflow-x: auto; }
`;

/** The text of the page. */
export function reportPage(report: TrainReport): string {
  const { recipe, rows, seconds, scores } = report;
  const facts: readonly (readonly [string, string])[] = [
    ['Data', `${report.data}: ${count(rows.training)} rows to train on, ${count(rows.heldBack)} held back`],
    [
      'Predicts',
      `${recipe.label} from ${[...(recipe.text === null ? [] : [recipe.text]), ...recipe.numbers].join(', ')}`,
    ],
    ...(recipe.series === null
      ? []
      : [['Series', `windows of ${recipe.series.window} rows, ${recipe.series.horizon} ahead`] as const]),
    ['Layers', report.layers.join(' -> ')],
    ['Parameters', count(report.params)],
    ...(report.vocabulary === null ? [] : [['Vocabulary', `${count(report.vocabulary)} words`] as const]),
    [
      'Best epoch',
      `${report.bestEpoch} of ${report.history['loss']?.length ?? 0}${report.interrupted ? ' (interrupted)' : ''}`,
    ],
    ['Seed', String(report.seed)],
    [
      'Time',
      `${seconds.total.toFixed(1)} s, ${seconds.training.toFixed(1)} of them training on ${report.threads} threads (${report.isa})`,
    ],
    ['Model', report.model],
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Training on ${escapeXml(report.data)}</title>
<style>${STYLE}</style>
<h1>Training on ${escapeXml(report.data)}</h1>
<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${escapeXml(value)}</dd>`).join('\n')}</dl>
<h2>Curves</h2>
<div class="wide">${svgPlot(panelsOf(report))}</div>
<h2>On the ${count(scores.rows)} rows that were held back</h2>
${scoresHtml(scores)}
<h2>Worst mistakes</h2>
${mistakesHtml(scores.mistakes, 'confusion' in scores)}
</html>
`;
}

function scoresHtml(scores: Scores): string {
  if (!('confusion' in scores))
    return tableOf(
      ['mean absolute error', 'root mean squared error', 'R2'],
      [[scores.meanAbsoluteError, scores.rootMeanSquaredError, scores.r2].map(figure)],
    );
  const classes = scores.classes.map(({ label, rows, precision, recall, f1 }) => [
    label,
    count(rows),
    ...[precision, recall, f1].map(figure),
  ]);
  return [
    `<p>Accuracy ${figure(scores.accuracy)}, log loss ${figure(scores.logLoss)}</p>`,
    tableOf(['class', 'rows', 'precision', 'recall', 'F1'], classes),
    confusionHtml(scores),
  ].join('\n');
}

function confusionHtml({ classes, confusion }: ClassificationScores): string {
  if (classes.length > SHOWN) return '';
  const cell = (value: number, total: number, isRight: boolean): string => {
    const share = total > 0 ? (value / total) * 0.6 : 0;
    return `<td style="background: rgba(var(--${isRight ? 'hit' : 'miss'}), ${share.toFixed(3)})">${count(value)}</td>`;
  };
  const rows = confusion.map((row, id) => {
    const { label, rows: total } = classes[id]!;
    return `<tr><th>${escapeXml(label)}</th>${row.map((value, other) => cell(value, total, other === id)).join('')}</tr>`;
  });
  const names = classes.map(({ label }) => `<th>${escapeXml(label)}</th>`).join('');
  return `<h2>Confusion</h2>\n<div class="wide"><table><tr><th>label \\ prediction</th>${names}</tr>\n${rows.join('\n')}</table></div>`;
}

function mistakesHtml(mistakes: readonly Mistake[], isClasses: boolean): string {
  if (mistakes.length === 0) return '<p>None.</p>';
  const hasText = mistakes.some(({ text }) => text !== '');
  const head = ['row', 'label', 'prediction', isClasses ? 'probability' : 'error', ...(hasText ? ['text'] : [])];
  const rows = mistakes.map(({ line, label, prediction, score, text }) => [
    `line ${line}`,
    label,
    isClasses ? prediction : figure(Number(prediction)),
    figure(score),
    ...(hasText ? [text] : []),
  ]);
  return tableOf(head, rows);
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const kind = (i: number): string => (head[i] === 'text' ? ' class="text"' : '');
  const line = (tag: 'th' | 'td', row: readonly string[]): string =>
    `<tr>${row.map((cell, i) => `<${tag}${kind(i)}>${escapeXml(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table>${line('th', head)}
${rows.map((row) => line('td', row)).join('\n')}</table></div>`;
}
