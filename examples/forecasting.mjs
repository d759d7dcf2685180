// SPDX-License-Identifier: MIT
// How warm will it be in 24 hours? Stacked GRUs with recurrent dropout over the last five days of a weather that this example
// makes up, against the naive forecast: as warm as now. `--days N`, `--epochs N`, `--svg FILE`.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Adam, Dense, GRU, Input, preprocessing, Sequential, setRandomSeed } from 'ostinato';
import { svgPlot } from '../dist/cli/svg_plot.js';

const { values: flags } = parseArgs({
  options: {
    days: { type: 'string', default: '1000' },
    epochs: { type: 'string', default: '8' },
    svg: { type: 'string', default: 'forecast.svg' },
  },
});
const hours = 24 * Number(flags.days);
const delay = 24; // hours ahead
const sequenceLength = 40; // readings of a window ...
const samplingRate = 3; // ... one every three hours: five days

// The weather: temperature has a day, a year, and fronts; a front shows in the pressure a day before it is felt.
setRandomSeed(3);
const normal = seededNormal(5);
const pressure = new Float32Array(hours);
const readings = new Float32Array(hours * 3);
let front = 0;
for (let t = 0; t < hours; t++) {
  front = 0.98 * front + 0.2 * normal();
  pressure[t] = front;
  const felt = t < delay ? 0 : pressure[t - delay];
  const day = Math.sin((2 * Math.PI * t) / 24);
  const year = -Math.cos((2 * Math.PI * t) / (24 * 365));
  readings.set(
    [10 + 10 * year + 4 * day + 5 * felt + 0.5 * normal(), 1013 + 8 * front + normal(), 3 + normal()],
    3 * t,
  );
}

// All three quantities in units of their spread, which is taken from the part that is trained on.
const trainHours = Math.floor(0.6 * hours);
const validationHours = Math.floor(0.8 * hours);
const statistics = [0, 1, 2].map((feature) => {
  const values = Array.from({ length: trainHours }, (_, t) => readings[3 * t + feature]);
  const mean = values.reduce((a, b) => a + b) / values.length;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return { mean, spread };
});
const scaled = readings.map((value, i) => (value - statistics[i % 3].mean) / statistics[i % 3].spread);
const degrees = statistics[0].spread;

// The target of the window that begins at t: how much warmer it is `delay` hours after its last reading than at that reading. The
// naive forecast is 0 then, and a net that knows nothing begins there.
const offset = (sequenceLength - 1) * samplingRate;
const warmer = Float32Array.from({ length: hours - delay }, (_, t) => scaled[3 * (t + delay)] - scaled[3 * t]);
const windows = (begin, end, options) =>
  preprocessing.timeseriesDatasetFromArray(
    { data: scaled.subarray(3 * begin, 3 * (end - delay)), shape: [end - delay - begin, 3] },
    warmer.subarray(begin + offset, end - delay),
    sequenceLength,
    { samplingRate, ...options },
  );
const train = windows(0, trainHours, { shuffle: true, seed: 1, sequenceStride: 2 });
const validation = windows(trainHours, validationHours);
const test = windows(validationHours, hours);

const model = new Sequential();
model.add(new Input([sequenceLength, 3]));
model.add(new GRU(32, { recurrentDropout: 0.1, returnSequences: true }));
model.add(new GRU(32, { recurrentDropout: 0.1 }));
model.add(new Dense(1));
model.compile({ optimizer: new Adam({ learningRate: 0.003 }), loss: 'mse', metrics: ['mae'] });
await model.fit(train, { epochs: Number(flags.epochs), validationData: validation, verbose: 2 });

const { x, y } = test.toArrays();
const forecast = await model.predict(x);
const meanError = (guess) =>
  (degrees * y.data.reduce((sum, truth, i) => sum + Math.abs(guess(i) - truth), 0)) / y.length;
console.log(`naive forecast, as warm as now: off by ${meanError(() => 0).toFixed(2)} degrees on average`);
console.log(`stacked GRU: off by ${meanError((i) => forecast.data[i]).toFixed(2)} degrees on average`);

const celsius = (changes) =>
  Array.from(changes.slice(0, 240), (change, i) => readings[3 * (validationHours + offset + i)] + degrees * change);
const panel = {
  title: `Temperature in ${delay} hours: the first ten days of the test`,
  yLabel: 'Degrees Celsius',
  xLabel: 'Hours',
  curves: [
    { label: 'Truth', values: celsius(y.data), style: 'line' },
    { label: 'Forecast', values: celsius(forecast.data), style: 'line' },
  ],
};
writeFileSync(flags.svg, svgPlot([panel]));
console.log(`Forecast and truth: ${flags.svg}`);

/** Normal numbers (Box and Muller) from a small generator, so that every run has the same weather. */
function seededNormal(seed) {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
