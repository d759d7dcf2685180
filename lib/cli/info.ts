// SPDX-License-Identifier: MIT
// `ostinato info FILE`: what is in a file: the layers of a model, their shapes and parameters, the optimizer, who wrote it;
// names, types and shapes of arrays where it holds no model.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { internal } from '../index';
import type { StoredArray } from '../formats/npy';
import { defineCommand, flagTable } from './command';
import type { Shape } from '../types';
import type { Model } from '../models';

const { SafetensorsFile, listArrays, openModel } = internal;

const OPERANDS = ['FILE'] as const;
const FLAGS = {
  json: { help: 'print JSON: one object' },
  help: { help: 'this text' },
};

/** What is printed. */
interface FileInfo {
  readonly file: string;
  readonly bytes: number;
  readonly writtenBy: string | null;
  /** Arrays of a file without a model. */
  readonly arrays?: readonly StoredArray[];
  readonly model?: ModelInfo;
}

interface ModelInfo {
  readonly className: string;
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly shape: Shape }[];
  readonly outputs: readonly { readonly name: string; readonly shape: Shape }[];
  readonly layers: readonly LayerInfo[];
  readonly params: number;
  readonly trainableParams: number;
  readonly optimizer: OptimizerInfo | null;
  readonly loss: unknown;
  readonly metrics: unknown;
}

interface LayerInfo {
  readonly name: string;
  readonly className: string;
  /** Of each output of each call. */
  readonly outputShapes: readonly Shape[];
  readonly params: number;
}

interface OptimizerInfo {
  readonly className: string;
  /** Steps that it has taken. */
  readonly iterations: number;
  readonly config: unknown;
}

const HELP = `Usage: ostinato info FILE [FLAGS]

Tells what is in a model file (.safetensors, .keras, model.json of TensorFlow.js) or a file of arrays (.npy, .npz).

${flagTable(FLAGS)}
`;

export const info = defineCommand({
  summary: 'tells what is in a file: layers, shapes, parameters, optimizer, who wrote it',
  help: HELP,
  flags: FLAGS,
  operands: OPERANDS,

  async run({ flags, operands }, { stdout }) {
    const [file] = operands as [string];
    const arrays = await arraysOf(file);
    if (arrays !== undefined) {
      const found = { file, bytes: await sizeOf(file), writtenBy: null, arrays };
      stdout.write(flags.json ? jsonOf(found) : textOfArrays(found));
      return 0;
    }
    const { model, writtenBy } = await openModel('info', file);
    try {
      const found = { file, bytes: await sizeOf(file), writtenBy, model: modelInfo(model) };
      stdout.write(flags.json ? jsonOf(found) : textOfModel(found, model));
      return 0;
    } finally {
      model.dispose();
    }
  },
});

/** The arrays of a file that holds no model; undefined for the others. */
async function arraysOf(file: string): Promise<readonly StoredArray[] | undefined> {
  if (/\.np[yz]$/.test(file)) return listArrays('info', file);
  if (!file.endsWith('.safetensors')) return undefined;
  const opened = await SafetensorsFile.open('info', file);
  await opened.close();
  if (opened.metadata.has('model')) return undefined;
  return [...opened.tensors].map(([name, { dtype, shape }]) => ({ name, type: dtype, shape }));
}

/** Bytes of a file that has been read. */
async function sizeOf(file: string): Promise<number> {
  return (await stat(file)).size;
}

function modelInfo(model: Model): ModelInfo {
  const { inputNames, outputNames, inputs, outputs, optimizer, compileConfig } = model;
  const named = (names: readonly string[], tensors: readonly { readonly shape: Shape }[]) =>
    tensors.map(({ shape }, index) => ({ name: names[index]!, shape }));
  const sizes = model.weights.map(({ shape, trainable }) => ({
    size: shape.reduce((product, size) => product * size, 1),
    trainable,
  }));
  const sum = (of: typeof sizes): number => of.reduce((total, { size }) => total + size, 0);
  return {
    className: model.className,
    name: model.name,
    inputs: named(inputNames, inputs),
    outputs: named(outputNames, outputs),
    layers: model.layers.map((layer) => ({
      name: layer.name,
      className: layer.className,
      outputShapes: layer.nodes.flatMap((node) => node.outputs.map(({ shape }) => shape)),
      params: layer.countParams(),
    })),
    params: sum(sizes),
    trainableParams: sum(sizes.filter(({ trainable }) => trainable)),
    optimizer:
      optimizer === undefined
        ? null
        : { className: optimizer.className, iterations: optimizer.iterations, config: optimizer.getConfig() },
    loss: compileConfig?.loss ?? null,
    metrics: compileConfig?.metrics ?? null,
  };
}

function jsonOf(found: FileInfo): string {
  return `${JSON.stringify(found)}\n`;
}

function heading({ file, bytes, writtenBy }: FileInfo): string {
  const by = writtenBy === null ? '' : `, written by ${writtenBy}`;
  return `${path.basename(file)}: ${bytes.toLocaleString('en-US')} bytes${by}\n`;
}

function textOfArrays(found: FileInfo & { readonly arrays: readonly StoredArray[] }): string {
  const rows = found.arrays.map(({ name, type, shape }) => [name, type, `[${shape.join(', ')}]`] as const);
  const [names, types] = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  const lines = rows.map(([name, type, shape]) => `  ${name.padEnd(names!)}  ${type.padEnd(types!)}  ${shape}\n`);
  return heading(found) + lines.join('');
}

function textOfModel(found: FileInfo & { readonly model: ModelInfo }, model: Model): string {
  const { className, name, optimizer } = found.model;
  const lines = [`${heading(found)}${className} "${name}"\n`];
  model.summary({ printFn: (line) => void lines.push(`${line}\n`) });
  lines.push(
    optimizer === null
      ? 'Not compiled\n'
      : `Optimizer: ${optimizer.className}, ${optimizer.iterations.toLocaleString('en-US')} steps\n`,
  );
  return lines.join('');
}
