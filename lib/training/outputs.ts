// SPDX-License-Identifier: MIT
// Targets and weights of a call, output by output, against the model's losses.
import { readTargets, type Targets } from '../losses/targets';
import { refusal } from '../util/validate';
import { inOrder, isGiven, isPlain, type Given } from './structure';
import { classWeights, readWeights, type Weights } from './weights';
import type { Compiled } from './compiled';
import type { Inputs } from './inputs';
import type { Loss } from '../losses';
import type { TrainerHost } from './trainer_host';

/** Rows to train or evaluate on, as they were given. */
export interface GivenRows {
  /** How messages call them: nothing for the arguments themselves, else a prefix with a blank after it. */
  readonly prefix: string;
  readonly x: unknown;
  readonly y: unknown;
  readonly sampleWeight?: unknown;
  readonly classWeight?: unknown;
}

/** What one output is trained on. Weights of samples and of classes are apart, for only the former count in a validation. */
export interface CheckedTargets {
  readonly targets: Targets;
  readonly ofSample: Weights | null;
  readonly ofClass: Weights | null;
}

/**
 * @returns for each output its targets, null where it has no loss, and its loss
 * @throws as `inOrder`, `readTargets`, `readWeights` and `classWeights`; ConfigError `ERR_CONFIG` for class weights of several outputs
 */
export function readOutputs(
  where: string,
  { heads }: Compiled,
  host: TrainerHost,
  { rows, arrays, outputAxes }: Inputs,
  { prefix, y, sampleWeight, classWeight }: GivenRows,
): { targets: readonly (CheckedTargets | null)[]; losses: readonly (Loss | undefined)[] } {
  const names = host.dataOutputs.map(({ name }) => name);
  if (isGiven(classWeight) && names.length > 1)
    throw refusal(
      'ERR_CONFIG',
      where,
      'classWeight for a model of one output',
      `one for ${names.length} outputs`,
      'Give sampleWeight by output.',
    );
  const given = inOrder(where, `${prefix}y`, y, names, (index) => heads[index]!.hasLoss);
  const weights = weightsInOrder(where, `${prefix}sampleWeight`, sampleWeight, names);
  const losses = heads.map((head, index) => {
    const { what, value } = given[index]!;
    return head.hasLoss ? head.lossOf(where, what, value, outputAxes[index]!) : undefined;
  });
  const targets = losses.map((loss, index): CheckedTargets | null => {
    if (loss === undefined) return null;
    const axes = outputAxes[index]!;
    const { what, value } = given[index]!;
    const counts = host.outputMask(
      arrays.map(({ array }) => array),
      index,
    );
    const read = readTargets(where, what, value, loss, rows, axes, counts);
    const weighed = loss.targetRule === 'labels' ? axes.slice(-1) : axes;
    const weight = weights[index]!;
    return {
      targets: read,
      ofSample: isGiven(weight.value) ? readWeights(where, weight.what, weight.value, rows, weighed) : null,
      ofClass: isGiven(classWeight) ? classWeights(where, classWeight, read, loss, rows, axes) : null,
    };
  });
  return { targets, losses };
}

/** One array weighs all outputs, as in Keras; a list or an object has one for each, or null. */
function weightsInOrder(where: string, what: string, given: unknown, names: readonly string[]): readonly Given[] {
  const isList = Array.isArray(given) && given.some((item) => typeof item === 'object');
  if (!isList && !isPlain(given)) return names.map(() => ({ what, value: given }));
  return inOrder(where, what, given, names, () => false);
}
