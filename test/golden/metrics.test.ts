// SPDX-License-Identifier: MIT
// Every metric by itself against Keras, update after update (metric_streams.json), and its config round trip.
import { metrics, NdArray } from '../../lib';
import { expectClose } from '../reference/closeness';
import { describeGolden, given, readGolden, type Packed } from '../reference/golden';
import type { Metric } from '../../lib/metrics';
import type { ArrayInput } from '../../lib/types';

interface Stream {
  metric: string;
  options: Record<string, unknown>;
  updates: { target: Packed; prediction: Packed; weight: Packed | null; result: number[] }[];
}

/** Keras computes metrics in float32. */
const TOLERANCE = 2e-5;

const POSITIONAL: Record<string, readonly string[]> = {
  SensitivityAtSpecificity: ['specificity'],
  SpecificityAtSensitivity: ['sensitivity'],
  PrecisionAtRecall: ['recall'],
  RecallAtPrecision: ['precision'],
  IoU: ['numClasses', 'targetClassIds'],
  MeanIoU: ['numClasses'],
};
const classes = metrics as unknown as Record<string, new (...args: unknown[]) => Metric>;

function make(name: string, { dtype: _, ...options }: Record<string, unknown>): Metric {
  const first = POSITIONAL[name] ?? [];
  const rest = Object.fromEntries(Object.entries(options).filter(([key]) => !first.includes(key)));
  return new classes[name]!(...first.map((key) => options[key]), rest);
}

const array = (packed: Packed): ArrayInput => ({ data: Float32Array.from(given(packed)), shape: packed.shape });
const listOf = (result: number | NdArray): number[] =>
  typeof result === 'number' ? [result] : Array.from(result.data);
const nameOf = ({ metric, options, updates }: Stream): string =>
  `${metric} ${JSON.stringify(options)}${updates[0]!.weight ? ', weights' : ''}`;

describeGolden('metric_streams', () => {
  const golden = readGolden<{
    cases: Stream[];
    sequences: Stream[];
    means: { metric: string; updates: { values: Packed; weight: Packed | null; result: number[] }[] }[];
  }>('metric_streams');
  const streams = [...golden.cases, ...golden.sequences];

  test.each(streams.map((stream): [string, Stream] => [nameOf(stream), stream]))(
    '%s',
    (_, { metric: name, options, updates }) => {
      const metric = make(name, options);
      const again = metrics.metricFromConfig(
        metric.className,
        JSON.parse(JSON.stringify(metric.getConfig())) as object as never,
      );
      expect(again.getConfig()).toEqual(metric.getConfig());
      for (const { target, prediction, weight, result } of updates) {
        for (const one of [metric, again]) {
          one.updateState(array(target), array(prediction), weight ? array(weight) : undefined);
          expectClose(listOf(one.result()), result, TOLERANCE);
        }
      }
      metric.resetState();
      const [first] = updates;
      metric.updateState(
        array(first!.target),
        array(first!.prediction),
        first!.weight ? array(first!.weight) : undefined,
      );
      expectClose(listOf(metric.result()), first!.result, TOLERANCE);
    },
  );

  test.each(
    golden.means.map((m): [string, typeof m] => [
      `${m.metric} of [${m.updates[0]!.values.shape.join(',')}], weights ${m.updates[0]!.weight?.shape.length ?? 0}`,
      m,
    ]),
  )('%s', (_, { metric, updates }) => {
    const mean = new (classes[metric] as unknown as typeof metrics.Mean)();
    for (const { values, weight, result } of updates) {
      mean.updateState(array(values), weight ? array(weight) : undefined);
      expectClose([mean.result()], result, TOLERANCE);
    }
  });
});
