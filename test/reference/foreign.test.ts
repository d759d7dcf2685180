// SPDX-License-Identifier: MIT
import { expectClose, GOLDEN_TOLERANCE } from './closeness';
import { isSinglePrecision, replay, scenarios } from './foreign';
import { describeGolden } from './golden';

/** Errors of ONNX Runtime's own single precision. */
const SINGLE_TOLERANCE = 3e-6;

describeGolden('foreign', () => {
  const all = scenarios();

  test('there are scenarios of every operator and layer, both ways', () => {
    const kinds = new Set(
      all.map(({ name, layer, bidirectional }) => [name.split(' ')[0], layer, bidirectional !== null].join()),
    );
    expect(kinds.size).toBe(12);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  test.each(all.map((scenario) => [scenario.name, scenario] as const))('%s', (_, scenario) => {
    replay(scenario).forEach((got, call) => {
      const { results } = scenario.calls[call]!;
      expect(results.length).toBeGreaterThan(0);
      results.forEach(({ data }, i) =>
        expectClose(got[i]!, data, isSinglePrecision(scenario) ? SINGLE_TOLERANCE : GOLDEN_TOLERANCE),
      );
    });
  });
});
