// SPDX-License-Identifier: MIT
// `ostinato convert IN OUT`: a model of one format in another, which the endings of both names say.
import { internal, loadAssets } from '../index';
import { defineCommand, flagTable } from './command';

const { openModel } = internal;

const OPERANDS = ['IN', 'OUT'] as const;
const FLAGS = {
  overwrite: { help: 'replace OUT where it is there' },
  'no-optimizer': { help: 'leave out what training would go on from' },
  help: { help: 'this text' },
};

const HELP = `Usage: ostinato convert IN OUT [FLAGS]

Reads the model of IN and writes it as OUT: layers, weights, and where both formats have a place for them the loss, the
metrics, the optimizer's state and the assets. Endings that are read: .safetensors, .keras, .json (model.json of
TensorFlow.js), .h5, .onnx; that are written: .safetensors, .keras, .h5, .onnx. What a format cannot say is refused, and
nothing is written.

${flagTable(FLAGS)}
`;

export const convert = defineCommand({
  summary: 'writes a model in another format: ostinato convert model.json model.keras',
  help: HELP,
  flags: FLAGS,
  operands: OPERANDS,

  async run({ flags, operands }, { stdout }) {
    const [from, to] = operands as [string, string];
    const { model } = await openModel('convert', from);
    try {
      const assets = await loadAssets(from);
      const includeOptimizer = flags['no-optimizer'] === undefined;
      await model.save(to, { overwrite: flags.overwrite !== undefined, includeOptimizer, assets });
      const count = model.countParams().toLocaleString('en-US');
      stdout.write(`${from} -> ${to}: ${model.layers.length} layers, ${count} parameters\n`);
      return 0;
    } finally {
      model.dispose();
    }
  },
});
