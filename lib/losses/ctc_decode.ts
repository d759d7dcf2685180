// SPDX-License-Identifier: MIT
// Labels from the outputs of a model that was trained with CTC. The search itself is native/losses/ctc_decode.cc.
import { toTokens, toValues } from '../arrays/arrays';
import { allocate } from '../arrays/nested_arrays';
import { NdArray } from '../ndarray';
import { callEngine, engineError, loadBinding } from '../native/engine';
import { refuseMore } from '../util/arguments';
import { resolveName } from '../util/identifiers';
import { withDefaults } from '../util/options';
import { checkBoolean, checkInteger, refusal } from '../util/validate';
import type { ArrayInput } from '../types';

/** How labels are found. */
export type CtcStrategy = 'greedy' | 'beam_search';

/** Options of {@link ctcDecode}. */
export interface CtcDecodeOptions {
  /** The most likely label of each timestep, or the most likely labels over all ways to read them. Default 'greedy'. */
  strategy?: CtcStrategy | 'beamSearch' | (string & {});
  /** With 'beam_search': paths that are kept from timestep to timestep, from 1. Default 100. */
  beamWidth?: number;
  /** With 'beam_search': paths that are returned, from 1 to `beamWidth`. Default 1. */
  topPaths?: number;
  /** Whether equal labels without a blank between them are one; 'beam_search' has it so. Default true. */
  mergeRepeated?: boolean;
  /** The class that stands for no label (the blank); null for the last. Default 0. */
  maskIndex?: number | null;
}

/** Defaults of {@link CtcDecodeOptions}, as in Keras. */
export const defaults = Object.freeze({
  strategy: 'greedy',
  beamWidth: 100,
  topPaths: 1,
  mergeRepeated: true,
  maskIndex: 0,
});

const WHERE = 'ctcDecode';
const STRATEGIES: ReadonlyMap<string, CtcStrategy> = new Map([
  ['greedy', 'greedy'],
  ['beam_search', 'beam_search'],
]);

/**
 * The labels that outputs of a model trained with {@link CTC} stand for, computed off the event loop.
 *
 * Differs from Keras: a promise; a sequence of length 0 has no labels and the score 0; logits that are NaN or infinite, or
 * -infinity for all classes of a timestep, are refused; so is what the strategy would ignore.
 *
 * @param inputs logits [N,T,K], not normalized by softmax (which would leave 'beam_search' other results)
 * @param sequenceLengths timesteps of each sample that count [N], from 0 to T
 * @param options see {@link CtcDecodeOptions}
 * @returns labels [topPaths,N,T], int32 with -1 behind the labels of each sample; and scores [N,topPaths]: the log
 *   probability of each path, or with 'greedy' minus the sum of the largest logits. A path that there is not has no labels
 *   and the score -Infinity
 * @throws (rejects) ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_NAME`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE`;
 *   DataError `ERR_DATA`, `ERR_RANGE` for a length beyond T; InternalError `ERR_OUT_OF_MEMORY`
 * @see keras/src/ops/nn.py, keras/src/backend/jax/nn.py; Graves 2012; Hannun et al. 2014
 * @example
 * const logits = await model.predict(spectrograms); // [N,T,K]
 * const [labels, scores] = await ctcDecode(logits, lengths, { strategy: 'beam_search', topPaths: 3 });
 */
export async function ctcDecode(
  inputs: ArrayInput,
  sequenceLengths: ArrayInput,
  options?: CtcDecodeOptions,
  ...rest: []
): Promise<[labels: NdArray<Int32Array>, scores: NdArray]> {
  refuseMore(WHERE, rest);
  const o = withDefaults(WHERE, options, defaults);
  const strategy = resolveName(WHERE, 'strategy', o.strategy, STRATEGIES);
  const beamWidth = checkInteger(WHERE, 'beamWidth', o.beamWidth);
  const topPaths = checkInteger(WHERE, 'topPaths', o.topPaths);
  const mergeRepeated = checkBoolean(WHERE, 'mergeRepeated', o.mergeRepeated);
  const isGreedy = strategy === 'greedy';
  const most = isGreedy ? 1 : beamWidth;
  if (topPaths > most) {
    const limit = isGreedy ? "1 with strategy 'greedy'" : `beamWidth = ${beamWidth}`;
    throw refusal('ERR_CONFIG', WHERE, `topPaths of at most ${limit}`, String(topPaths));
  }
  if (!isGreedy && !mergeRepeated)
    throw refusal('ERR_CONFIG', WHERE, "mergeRepeated to be true with strategy 'beam_search'", 'false');

  const { data: logits, shape } = toValues(WHERE, 'inputs', inputs);
  if (shape.length !== 3)
    throw refusal(
      'ERR_SHAPE',
      WHERE,
      'inputs of shape [N,T,K]',
      `[${shape.join(', ')}]`,
      'Logits, a row for each timestep.',
    );
  const [rows, steps, columns] = shape as readonly [number, number, number];
  const given: unknown = o.maskIndex;
  const blank = given === null ? columns - 1 : checkInteger(WHERE, 'maskIndex', given, 0, columns - 1);
  const lengths = readLengths(sequenceLengths, rows, steps);
  const paths = allocate(WHERE, () => new Int32Array(topPaths * rows * steps));
  const scores = allocate(WHERE, () => new Float32Array(rows * topPaths));
  const spec = { logits, rows, steps, columns, lengths, blank, topPaths, mergeRepeated, paths, scores };
  const read = await new Promise<number>((resolve, reject) =>
    callEngine(() =>
      loadBinding().ctcDecode({ ...spec, beamWidth: isGreedy ? 0 : beamWidth }, (code, message, rowsRead) =>
        code === null ? resolve(rowsRead) : reject(engineError(code, message)),
      ),
    ),
  );
  if (read < rows)
    throw refusal(
      'ERR_DATA',
      WHERE,
      'logits below infinity, one of a timestep above -infinity',
      `others in row ${read}`,
    );
  return [new NdArray(paths, [topPaths, rows, steps]), new NdArray(scores, [rows, topPaths])];
}

function readLengths(given: unknown, rows: number, steps: number): Int32Array {
  const { data, shape } = toTokens(WHERE, 'sequenceLengths', given);
  if (shape.length !== 1 || shape[0] !== rows)
    throw refusal('ERR_SHAPE', WHERE, `sequenceLengths of shape [N] = [${rows}]`, `[${shape.join(', ')}]`);
  const index = data.findIndex((length) => length < 0 || length > steps);
  if (index >= 0)
    throw refusal('ERR_RANGE', WHERE, `sequenceLengths from 0 to ${steps}`, `${data[index]} at [${index}]`);
  return data;
}
