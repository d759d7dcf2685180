// SPDX-License-Identifier: MIT
// A sensor is watched while it speaks: an LSTM has learnt what the next reading of a healthy machine is, and a stream of it
// reads one reading after the other. What it did not expect is an alarm. `--epochs N`, `--readings N` (of the live stream),
// `--svg FILE`.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Adam, Dense, Input, LSTM, preprocessing, Sequential, setRandomSeed } from 'ostinato';
import { svgPlot } from '../dist/cli/svg_plot.js';

const { values: flags } = parseArgs({
  options: {
    epochs: { type: 'string', default: '15' },
    readings: { type: 'string', default: '1000' },
    svg: { type: 'string', default: 'anomalies.svg' },
  },
});

/** What a healthy machine reads: two rhythms that beat against each other, and a little noise. */
const random = seededRandom(4);
const healthy = (t) => 0.6 * Math.sin(t / 3) + 0.4 * Math.sin(t / 7.3) + 0.02 * (random() + random() - 1);

setRandomSeed(8);
const sequenceLength = 60;
const past = Float32Array.from({ length: 6000 }, (_, t) => healthy(t));
const windows = (series) =>
  preprocessing
    .timeseriesDatasetFromArray({ data: series, shape: [series.length, 1] }, null, sequenceLength, {
      sequenceStride: 5,
    })
    .toArrays().x;

// At every reading the net says the next one. A stream keeps the state of the LSTM, so that each reading is one step of work.
const model = new Sequential();
model.add(new Input([sequenceLength, 1]));
model.add(new LSTM(32, { returnSequences: true }));
model.add(new Dense(1));
model.compile({ optimizer: new Adam({ learningRate: 0.005 }), loss: 'mse' });
const { history } = await model.fit(windows(past.subarray(0, -1)), windows(past.subarray(1)), {
  epochs: Number(flags.epochs),
  batchSize: 32,
  verbose: 0,
});
console.log(
  `the next reading of a healthy machine: off by ${Math.sqrt(history.loss.at(-1)).toFixed(3)} (root mean square)`,
);

// The threshold comes from a healthy hour: half more than the largest surprise in it, once the stream knows where it is.
const stream = model.openStream();
let expected = 0;
let time = past.length;
const surprise = (reading) => {
  const error = Math.abs(reading - expected);
  [expected] = stream.push(reading);
  return error;
};
const quiet = Array.from({ length: 600 }, () => surprise(healthy(time++))).slice(100);
const threshold = 1.5 * Math.max(...quiet);

// Live: the machine stumbles four times, in three ways. A stumble is over soon; the stream recovers by itself.
const length = Number(flags.readings);
const faults = [
  { at: Math.floor(0.2 * length), name: 'a spike', read: (value, since) => (since === 0 ? value + 0.8 : value) },
  {
    at: Math.floor(0.4 * length),
    name: 'a sensor that sticks',
    read: (value, since, stuck) => (since < 12 ? stuck : value),
  },
  { at: Math.floor(0.6 * length), name: 'a drop', read: (value, since) => (since === 0 ? value - 0.8 : value) },
  { at: Math.floor(0.8 * length), name: 'a rhythm out of step', read: (value, since) => (since < 15 ? -value : value) },
];
const readings = [];
const surprises = [];
const found = new Set();
let falseAlarms = 0;
for (let t = 0; t < length; t++) {
  const fault = faults.find(({ at }) => t >= at && t < at + 40); // what follows a stumble still belongs to it
  const value = healthy(time++);
  const reading = fault ? fault.read(value, t - fault.at, readings[fault.at - 1]) : value;
  readings.push(reading);
  surprises.push(surprise(reading));
  if (surprises[t] <= threshold) continue;
  if (fault === undefined) falseAlarms++;
  else if (!found.has(fault)) {
    found.add(fault);
    console.log(
      `reading ${t}: ALARM, off by ${surprises[t].toFixed(2)} where ${threshold.toFixed(2)} is usual: ${fault.name}`,
    );
  }
}
stream.close();
console.log(`${found.size} of ${faults.length} faults found, ${falseAlarms} false alarms in ${length} readings`);

const panel = (title, yLabel, curves) => ({ title, yLabel, xLabel: 'Readings', curves });
const line = (label, values) => ({ label, values, style: 'line' });
writeFileSync(
  flags.svg,
  svgPlot([
    panel('Readings', 'Reading', [line('Reading', readings)]),
    panel('Surprise', 'Difference from what was expected', [
      line('Surprise', surprises),
      line('Threshold', surprises.map(() => threshold)), // prettier-ignore
    ]),
  ]),
);
console.log(`Readings and alarms: ${flags.svg}`);

/** A small generator (mulberry32), so that every run has the same noise. */
function seededRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}
