// SPDX-License-Identifier: MIT
// What an optimizer holds, in the order of Keras' variables: iteration, learning rate, and the arrays for each weight.
import { toArray, type Floats } from '../../arrays/float_source';
import type { H5Reader, H5Values } from '../h5';
import { describe, refusal } from '../../util/validate';
import type { OptimizerState } from '../../serialization';
import type { NamedArray } from '../document';
import type { Config } from '../keras_config/classes';
import type { WeightPlace } from '../keras_config/weights';

/** Arrays of each optimizer for each weight, in groups: those of one group follow each other weight by weight. */
function slotGroups(className: string, config: Config): readonly (readonly string[])[] {
  const isSet = (option: string): boolean => config[option] === true;
  const hasMomentum = typeof config['momentum'] === 'number' && config['momentum'] > 0;
  const own: Readonly<Record<string, readonly (readonly string[])[]>> = {
    Adadelta: [['accumulated_grad', 'accumulated_delta_var']],
    Adagrad: [['accumulator']],
    Adam: [['momentum', 'velocity'], ...(isSet('amsgrad') ? [['velocity_hat']] : [])],
    AdamW: [['momentum', 'velocity'], ...(isSet('amsgrad') ? [['velocity_hat']] : [])],
    Adamax: [['momentum', 'norm']],
    Lion: [['momentum']],
    Nadam: [['momentum', 'velocity']],
    RMSprop: [
      ['velocity'],
      ...(hasMomentum ? [['momentum']] : []),
      ...(isSet('centered') ? [['average_gradient']] : []),
    ],
    SGD: hasMomentum ? [['momentum']] : [],
  };
  return [
    ...(isSet('useEma') ? [['average']] : []),
    ...(accumulates(config) ? [['gradient_accumulator']] : []),
    ...(own[className] ?? []),
  ];
}

function accumulates(config: Config): boolean {
  return typeof config['gradientAccumulationSteps'] === 'number';
}

function followsSchedule(config: Config): boolean {
  return typeof config['learningRate'] === 'object' && config['learningRate'] !== null;
}

/** An optimizer as compile was given it. */
interface Described {
  readonly className: string;
  readonly config: Config;
}

/** The model of a file of Keras 2. */
interface OlderModel {
  readonly places: readonly WeightPlace[];
  readonly weights: ReadonlyMap<string, NamedArray>;
  readonly isOfTensorflow: boolean;
}

/** Batches whose gradients wait for the next step. */
const BATCHES = 'accumulated_batches';

/** Variables of Keras' optimizer by their numbers. */
export async function optimizerToKeras(
  where: string,
  { className, config }: Described,
  state: OptimizerState,
  places: readonly WeightPlace[],
  weights: ReadonlyMap<string, NamedArray>,
): Promise<H5Values[]> {
  const steps = accumulates(config) ? (config['gradientAccumulationSteps'] as number) : 1;
  const [waiting = 0] = state.slots[BATCHES] === undefined ? [] : await toArray(where, state.slots[BATCHES]);
  const iteration = state.iterations * steps + waiting;
  const rate = state.learningRate ?? (config['learningRate'] as number);
  const groups = slotGroups(className, config);
  const trained = places.filter(({ name }) => groups.length === 0 || `${groups[0]![0]!}/${name}` in state.slots);
  const arrays = groups.flatMap((group) =>
    trained.flatMap(({ name }) =>
      group.map((slot): H5Values => {
        const data = state.slots[`${slot}/${name}`];
        if (data === undefined) throw refusal('ERR_DATA', where, `the array ${slot}/${name}`, 'none');
        return { shape: weights.get(name)!.shape, data };
      }),
    ),
  );
  return [
    { shape: [], data: Int32Array.of(iteration) },
    ...(followsSchedule(config) ? [] : [{ shape: [], data: Float32Array.of(rate) }]),
    ...arrays,
    ...(className === 'Nadam' ? [{ shape: [], data: Float32Array.of(nadamProduct(config, state.iterations)) }] : []),
  ];
}

/** The product of the momenta of all steps, which Keras keeps and this library works out. */
function nadamProduct(config: Config, iterations: number): number {
  const beta = config['beta1'] as number;
  let product = 1;
  for (let step = 1; step <= iterations && product > 0; step++) product *= beta * (1 - 0.5 * 0.96 ** step);
  return product;
}

/** The state of an optimizer; null where it has done no step, and holds nothing. @param paths of its variables, in order */
export async function optimizerFromKeras(
  file: H5Reader,
  where: string,
  paths: readonly string[],
  { className, config }: Described,
  places: readonly WeightPlace[],
  weights: ReadonlyMap<string, NamedArray>,
): Promise<OptimizerState | null> {
  const count = paths.length;
  if (count === 0) return null;
  const iteration = await file.number(paths[0]!);
  const hasRate = !followsSchedule(config);
  const groups = slotGroups(className, config);
  const trained = places.filter(({ trainable }) => trainable);
  const first = hasRate ? 2 : 1;
  const others = className === 'Nadam' ? 1 : 0;
  const expected = first + others + trained.length * groups.reduce((sum, group) => sum + group.length, 0);
  if (count <= 2 && count < expected && iteration === 0) return null;
  if (count !== expected)
    throw refusal(
      'ERR_DATA',
      where,
      `${expected} variables of ${className}`,
      `${count}`,
      'Load the model without them: loadModel(path, { compile: false }).',
    );
  if (!Number.isSafeInteger(iteration) || iteration < 0)
    throw refusal('ERR_DATA', where, 'the number of iterations', describe(iteration));
  const steps = accumulates(config) ? (config['gradientAccumulationSteps'] as number) : 1;
  const slots: Record<string, Floats> = {};
  let next = first;
  for (const group of groups)
    for (const { name } of trained)
      for (const slot of group) {
        slots[`${slot}/${name}`] = await sized(file, where, paths[next]!, weights.get(name)!.shape);
        next++;
      }
  if (accumulates(config)) slots[BATCHES] = Float32Array.of(iteration % steps);
  return {
    className,
    iterations: Math.floor(iteration / steps),
    learningRate: hasRate ? await file.number(paths[1]!) : null,
    slots,
  };
}

async function sized(file: H5Reader, where: string, path: string, shape: readonly number[]): Promise<Floats> {
  const floats = await file.floats(path);
  const given = floats.shape;
  if (given.length === shape.length && shape.every((axis, index) => axis === given[index])) return floats;
  throw refusal('ERR_SHAPE', where, `${describe(path)} of shape [${shape.join(', ')}]`, `[${given.join(', ')}]`);
}

/** Arrays of the optimizers of Keras 2 that are those of this library, slot by slot; other optimizers begin anew. */
function olderSlots({ className, config }: Described, isOfTensorflow: boolean): readonly string[] | undefined {
  const isSet = (option: string): boolean => config[option] === true;
  const hasMomentum = typeof config['momentum'] === 'number' && config['momentum'] > 0;
  if (className === 'Adam') return ['momentum', 'velocity', ...(isSet('amsgrad') ? ['velocity_hat'] : [])];
  if (className === 'Adamax') return ['momentum', 'norm'];
  if (className === 'Adagrad') return ['accumulator'];
  if (className === 'RMSprop' && !hasMomentum && !isSet('centered')) return ['velocity'];
  // The momentum of tf.keras has no learning rate in it.
  if (className === 'SGD' && !(isOfTensorflow && hasMomentum)) return hasMomentum ? ['momentum'] : [];
  return undefined;
}

/**
 * The state of an optimizer in a file of Keras 2: iterations, then each slot for all weights. null where it is laid out
 * otherwise. Sources: keras/optimizers.py (2.2.4), tensorflow/python/keras/optimizer_v2 (2.4).
 *
 * @param paths of its variables, in order
 */
export async function olderOptimizerState(
  file: H5Reader,
  where: string,
  paths: readonly string[],
  optimizer: Described,
  { places, weights, isOfTensorflow }: OlderModel,
): Promise<OptimizerState | null> {
  const names = olderSlots(optimizer, isOfTensorflow);
  const trained = places.filter(({ trainable }) => trainable);
  const arrays = 1 + (names?.length ?? 0) * trained.length;
  // Adam and SGD of Keras itself have a placeholder for each weight, too, where they need no array.
  if (names === undefined || (paths.length !== arrays && paths.length !== arrays + trained.length)) return null;
  const iterations = await file.number(paths[0]!);
  if (!Number.isSafeInteger(iterations) || iterations < 0)
    throw refusal('ERR_DATA', where, 'the number of iterations', describe(iterations));
  const slots: Record<string, Floats> = {};
  let next = 1;
  for (const slot of names)
    for (const { name } of trained)
      slots[`${slot}/${name}`] = await sized(file, where, paths[next++]!, weights.get(name)!.shape);
  const { className, config } = optimizer;
  const learningRate = followsSchedule(config) ? null : (config['learningRate'] as number);
  return { className, iterations, learningRate, slots };
}
