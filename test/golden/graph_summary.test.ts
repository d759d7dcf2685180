// SPDX-License-Identifier: MIT
// Summaries of graphs, character for character: Keras 3's as it prints them, and those of Keras 2.2.4 by its rules.
import { modelOf, type DescribedGraph } from '../support/described_graph';
import { readGolden } from '../reference/golden';
import type { SummaryOptions } from '../../lib';

type Case = DescribedGraph & { tables: { lineLength: number | null; keras2: string; keras3: string }[] };

const { cases } = readGolden<{ cases: Case[] }>('graph_summary');

function printed(graph: DescribedGraph, options: SummaryOptions): string {
  const lines: string[] = [];
  modelOf(graph, 'model').summary({ ...options, printFn: (line) => lines.push(line) });
  return lines.join('\n');
}

/** On a terminal of 240 columns, as Keras printed. */
function atWidth<T>(columns: number, call: () => T): T {
  const { stdout } = process;
  const before = Object.getOwnPropertyDescriptor(stdout, 'columns');
  Object.defineProperty(stdout, 'columns', { value: columns, configurable: true });
  try {
    return call();
  } finally {
    if (before === undefined) delete (stdout as { columns?: number }).columns;
    else Object.defineProperty(stdout, 'columns', before);
  }
}

describe.each(cases)('$name', (graph) => {
  test.each(graph.tables)('at line length $lineLength, as Keras 2.2.4 prints it', ({ lineLength, keras2 }) => {
    expect(printed(graph, { lineLength })).toBe(keras2);
  });

  test.each(graph.tables)('at line length $lineLength, as Keras 3 prints it', ({ lineLength, keras3 }) => {
    expect(atWidth(240, () => printed(graph, { lineLength, style: 'keras3' }))).toBe(keras3.trimEnd());
  });
});

test('the table of a model that another shares layers with tells its own calls, by their numbers among all', () => {
  const graph = cases.find(({ name }) => name === 'a layer after itself')!;
  const model = modelOf(graph, 'model');
  model.layers[0]!.apply(model.output);
  const lines: string[] = [];
  model.summary({ printFn: (line) => lines.push(line) });
  expect(lines.join('\n')).toBe(graph.tables[0]!.keras2);
});
