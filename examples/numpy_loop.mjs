// SPDX-License-Identifier: MIT
// The chapter's NumPy loop: a recurrent net over one sequence [timesteps, features] -> [timesteps, units].
import { simpleRnn } from 'ostinato';

const timesteps = 100; // timesteps in the input sequence
const inputFeatures = 32; // size of the input features
const outputFeatures = 64; // size of the output features

// Small weights keep tanh away from its flat ends, where every mistake would look like 1.
const random = (rows, columns, scale) =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => (Math.random() - 0.5) * scale));

const inputs = random(timesteps, inputFeatures, 2);
// Keras' layout: the chapter's W_x [units, features] and W_h [units, units], transposed.
const kernel = random(inputFeatures, outputFeatures, 0.5);
const recurrentKernel = random(outputFeatures, outputFeatures, 0.25);
const bias = random(1, outputFeatures, 0.1)[0];

// As the chapter writes it, one timestep after the other.
function plainLoop(state) {
  const outputs = [];
  let stateT = state;
  for (const inputT of inputs) {
    const outputT = bias.map((b, unit) => {
      let sum = b;
      inputT.forEach((value, feature) => (sum += value * kernel[feature][unit]));
      stateT.forEach((value, other) => (sum += value * recurrentKernel[other][unit]));
      return Math.tanh(sum);
    });
    outputs.push(outputT); // store this output
    stateT = outputT; // the output is the state of the next timestep
  }
  return outputs;
}

// And as one call.
const weights = { kernel, recurrentKernel, bias };
const sequence = await simpleRnn(inputs, { ...weights, returnSequences: true });
const last = await simpleRnn(inputs, weights);

const initialState = random(1, outputFeatures, 1)[0];
const continued = await simpleRnn(inputs, { ...weights, initialState, returnSequences: true });

const largestDifference = (array, expected) =>
  Math.max(...expected.flat().map((value, index) => Math.abs(value - array.data[index])));

const fromZeros = plainLoop(new Array(outputFeatures).fill(0));
console.log('full sequence:', sequence.shape);
console.log('last output:', last.shape);
console.log('full sequence agrees with the loop:', largestDifference(sequence, fromZeros) < 1e-4);
console.log('last output agrees with the loop:', largestDifference(last, [fromZeros.at(-1)]) < 1e-4);
console.log('initial state agrees with the loop:', largestDifference(continued, plainLoop(initialState)) < 1e-4);
console.log('initial state matters:', largestDifference(continued, fromZeros) > 1e-3);
