// SPDX-License-Identifier: MIT
// Models of TensorFlow.js, with what they predict: test/golden/formats/tfjs.
//
//   npm install --prefix DIR @tensorflow/tfjs@4.22.0
//   node tools/golden/tfjs.mjs DIR
//
// Each model gets random weights, is laid out as `model.save('file://...')` or the converter of Python does it, is loaded
// by TensorFlow.js from these bytes, and predicts: so the predictions are those of the files.
/* global structuredClone */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT } from '../steps.mjs';

const [folder] = process.argv.slice(2);
const tf = createRequire(path.join(path.resolve(folder), 'package.json'))('@tensorflow/tfjs');
const OUT = path.join(ROOT, 'test/golden/formats/tfjs');
const SEED = 16;
const { layers } = tf;

/** Uniform numbers from -1 to 1: mulberry32. */
function drawFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}
const draw = drawFrom(SEED);

const sizeOf = (shape) => shape.reduce((product, size) => product * size, 1);
const numbers = (...shape) => ({ shape, data: Array.from({ length: sizeOf(shape) }, () => Math.fround(2 * draw())) });
/** Ids below `limit`, some of them the padding 0. */
const ids = (limit, ...shape) => ({
  shape,
  data: Array.from({ length: sizeOf(shape) }, () => Math.max(0, Math.floor((draw() * 0.7 + 0.3) * limit))),
});
/** Rows of which some steps are masked. */
function withGaps(rows, steps, features) {
  const array = numbers(rows, steps, features);
  for (let row = 0; row < rows; row++)
    for (let step = 0; step < steps; step++)
      if (step < row || (row + step) % 4 === 3)
        array.data.fill(0, (row * steps + step) * features, (row * steps + step + 1) * features);
  return array;
}

const sequential = (...list) => tf.sequential({ layers: list });
/** What a text classifier is made of. */
const classifier = (recurrent) =>
  sequential(
    layers.embedding({ inputDim: 20, outputDim: 4, maskZero: true, inputLength: 7 }),
    recurrent,
    layers.dense({ units: 1, activation: 'sigmoid' }),
  );

/** Name -> the model, what it reads, how it is written. */
const MODELS = {
  lstm: () => ({ model: classifier(layers.lstm({ units: 5 })), inputs: [ids(20, 4, 7)] }),
  gru: () => ({
    model: sequential(
      layers.gru({ units: 5, returnSequences: true, inputShape: [null, 3] }),
      layers.gru({ units: 4, goBackwards: true, activation: 'relu', recurrentActivation: 'sigmoid' }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ),
    inputs: [numbers(3, 6, 3)],
    shardBytes: 256,
  }),
  simple_rnn: () => ({
    model: sequential(
      layers.masking({ maskValue: 0, inputShape: [6, 3] }),
      layers.simpleRNN({ units: 4, activation: 'softsign', useBias: false, returnSequences: true, dropout: 0.2 }),
      layers.timeDistributed({ layer: layers.dense({ units: 3, activation: 'hardSigmoid' }) }),
      layers.simpleRNN({ units: 2, kernelRegularizer: tf.regularizers.l2({ l2: 0.1 }) }),
    ),
    inputs: [withGaps(4, 6, 3)],
  }),
  bidirectional: () => ({
    model: sequential(
      layers.embedding({ inputDim: 20, outputDim: 4, maskZero: true, inputLength: 6 }),
      layers.bidirectional({ layer: layers.lstm({ units: 3, returnSequences: true }), mergeMode: 'concat' }),
      layers.bidirectional({ layer: layers.gru({ units: 3, returnSequences: true }), mergeMode: 'sum' }),
      layers.bidirectional({ layer: layers.simpleRNN({ units: 3, returnSequences: true }), mergeMode: 'mul' }),
      layers.bidirectional({ layer: layers.lstm({ units: 2 }), mergeMode: 'ave' }),
    ),
    inputs: [ids(20, 4, 6)],
  }),
  convolution: () => ({
    model: sequential(
      layers.conv1d({ filters: 6, kernelSize: 3, padding: 'same', activation: 'relu6', inputShape: [12, 3] }),
      layers.batchNormalization({ momentum: 0.8 }),
      layers.leakyReLU({ alpha: 0.1 }),
      layers.maxPooling1d({ poolSize: 2 }),
      layers.spatialDropout1d({ rate: 0.3 }),
      layers.conv1d({ filters: 5, kernelSize: 2, dilationRate: 2, useBias: false }),
      layers.layerNormalization({ axis: -1 }),
      layers.prelu({ sharedAxes: [1] }),
      layers.averagePooling1d({ poolSize: 2, strides: 1, padding: 'same' }),
      layers.permute({ dims: [2, 1] }),
      layers.reshape({ targetShape: [2, 10] }),
      layers.thresholdedReLU({ theta: 0.2 }),
      layers.gaussianNoise({ stddev: 0.1 }),
      layers.gaussianDropout({ rate: 0.2 }),
      layers.rescaling({ scale: 0.5, offset: 0.1 }),
      layers.flatten(),
      layers.dense({ units: 6, activation: 'elu' }),
      layers.reLU({ maxValue: 0.7 }),
      layers.elu(),
      layers.repeatVector({ n: 3 }),
      layers.dense({ units: 4, activation: 'tanh' }),
      layers.globalMaxPooling1d({}),
      layers.activation({ activation: 'hardSigmoid' }),
      layers.dropout({ rate: 0.5 }),
      layers.softmax({ axis: -1 }),
    ),
    inputs: [numbers(3, 12, 3)],
  }),
  graph: () => {
    const a = tf.input({ shape: [5, 4], name: 'a' });
    const b = tf.input({ shape: [5, 4], name: 'b' });
    const shared = layers.lstm({ units: 3, name: 'shared', returnSequences: true });
    const [x, y] = [shared.apply(a), shared.apply(b)];
    const joined = layers
      .concatenate({ axis: -1 })
      .apply([
        layers.add().apply([x, y]),
        layers.multiply().apply([x, y]),
        layers.average().apply([x, y]),
        layers.maximum().apply([x, y]),
        layers.minimum().apply([x, y]),
      ]);
    const pooled = layers.globalAveragePooling1d({}).apply(joined);
    const likeness = layers
      .dot({ axes: -1, normalize: true })
      .apply([layers.globalMaxPooling1d({}).apply(x), layers.globalMaxPooling1d({}).apply(y)]);
    const outputs = [layers.dense({ units: 2, name: 'classes', activation: 'softmax' }).apply(pooled), likeness];
    return { model: tf.model({ inputs: [a, b], outputs, name: 'pair' }), inputs: [numbers(3, 5, 4), numbers(3, 5, 4)] };
  },
  states: () => {
    const source = tf.input({ shape: [null, 3], name: 'source' });
    const target = tf.input({ shape: [null], name: 'target', dtype: 'int32' });
    const [, h, c] = layers.lstm({ units: 4, returnState: true }).apply(source);
    const words = layers.embedding({ inputDim: 9, outputDim: 3 }).apply(target);
    const decoded = layers.lstm({ units: 4, returnSequences: true }).apply(words, { initialState: [h, c] });
    const outputs = layers.timeDistributed({ layer: layers.dense({ units: 9, activation: 'softmax' }) }).apply(decoded);
    return { model: tf.model({ inputs: [source, target], outputs }), inputs: [numbers(2, 5, 3), ids(9, 2, 4)] };
  },
  nested: () => {
    const step = tf.input({ shape: [4, 3] });
    const encoder = tf.model({
      inputs: step,
      outputs: layers.gru({ units: 4, useBias: false }).apply(layers.dense({ units: 3, name: 'in' }).apply(step)),
      name: 'encoder',
    });
    const head = sequential(layers.dense({ units: 3, inputShape: [8] }), layers.dense({ units: 2 }));
    const [a, b] = [tf.input({ shape: [4, 3] }), tf.input({ shape: [4, 3] })];
    const both = layers.concatenate().apply([encoder.apply(a), encoder.apply(b)]);
    return {
      model: tf.model({ inputs: [a, b], outputs: head.apply(both) }),
      inputs: [numbers(3, 4, 3), numbers(3, 4, 3)],
    };
  },
  cells: () => ({
    model: sequential(
      layers.rnn({
        cell: [layers.lstmCell({ units: 3 }), layers.gruCell({ units: 4 }), layers.simpleRNNCell({ units: 2 })],
        returnSequences: true,
        inputShape: [5, 3],
      }),
      layers.rnn({ cell: layers.lstmCell({ units: 3, recurrentActivation: 'sigmoid' }) }),
    ),
    inputs: [numbers(3, 5, 3)],
  }),
  uint8: () => ({ model: classifier(layers.lstm({ units: 6 })), inputs: [ids(20, 4, 7)], quantized: 'uint8' }),
  uint16: () => ({ model: classifier(layers.gru({ units: 6 })), inputs: [ids(20, 4, 7)], quantized: 'uint16' }),
  float16: () => ({
    model: classifier(layers.bidirectional({ layer: layers.lstm({ units: 4 }) })),
    inputs: [ids(20, 4, 7)],
    quantized: 'float16',
  }),
  converted: () => ({
    model: classifier(layers.bidirectional({ layer: layers.lstm({ units: 4, recurrentActivation: 'sigmoid' }) })),
    inputs: [ids(20, 4, 7)],
    isConverted: true,
  }),
};

/** Kernels a little below one, so that gates and curves are used over their whole range. */
function setWeights(model) {
  const made = model.weights.map(({ shape, originalName }) => {
    const spread = originalName.endsWith('moving_variance') ? () => 1 + draw() / 2 : () => draw() * 1.2;
    return tf.tensor(Float32Array.from({ length: sizeOf(shape) }, spread), shape);
  });
  model.setWeights(made);
}

async function artifactsOf(model) {
  let artifacts;
  const handler = tf.io.withSaveHandler((given) => {
    artifacts = given;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  });
  await model.save(handler);
  return artifacts;
}

/** Halves as the nearest; the numbers here are normal ones. */
function toHalf(value) {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0];
  const exponent = ((bits >>> 23) & 255) - 112;
  if (exponent <= 0) return (bits >>> 16) & 0x8000;
  return ((bits >>> 16) & 0x8000) | (((exponent << 10) | ((bits >>> 13) & 1023)) + ((bits >>> 12) & 1));
}

/** The same weights in fewer bits, as the converter lays them out. */
function quantize({ weightSpecs, weightData }, dtype) {
  const specs = [];
  const parts = [];
  let at = 0;
  for (const spec of weightSpecs) {
    const values = new Float32Array(weightData, at, sizeOf(spec.shape));
    at += values.byteLength;
    if (dtype === 'float16') {
      specs.push({ ...spec, quantization: { dtype, original_dtype: 'float32' } });
      parts.push(Uint16Array.from(values, toHalf));
      continue;
    }
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const scale = (most - least) / (dtype === 'uint8' ? 255 : 65535);
    const Kind = dtype === 'uint8' ? Uint8Array : Uint16Array;
    parts.push(Kind.from(values, (value) => Math.round((value - least) / scale)));
    specs.push({ ...spec, quantization: { dtype, min: least, scale, original_dtype: 'float32' } });
  }
  const bytes = Buffer.concat(parts.map(({ buffer }) => Buffer.from(buffer)));
  return { weightSpecs: specs, weightData: Uint8Array.from(bytes).buffer };
}

/** The layout of `tensorflowjs_converter --input_format keras` for a model of tf.keras 2: other keys, and names with cells. */
function converted({ modelTopology, weightSpecs, ...others }) {
  const config = structuredClone(modelTopology);
  for (const layer of config.config.layers) {
    Object.assign(layer.config, { dtype: 'float32' });
    if (layer.class_name !== 'Bidirectional') continue;
    Object.assign(layer.config.layer.config, { dtype: 'float32', time_major: false, unit_forget_bias: true });
  }
  config.config.layers.unshift({
    class_name: 'InputLayer',
    config: { batch_input_shape: [null, 7], dtype: 'float32', sparse: false, ragged: false, name: 'embedding_input' },
  });
  return {
    ...others,
    modelTopology: {
      keras_version: '2.11.0',
      backend: 'tensorflow',
      model_config: config,
      training_config: {
        loss: 'binary_crossentropy',
        metrics: null,
        optimizer_config: { class_name: 'Adam', config: {} },
      },
    },
    generatedBy: 'keras v2.11.0',
    convertedBy: 'TensorFlow.js Converter v4.22.0',
    weightSpecs: weightSpecs.map((spec) => ({ ...spec, name: spec.name.replace(/(_LSTM\d+)\//, '$1/lstm_cell/') })),
  };
}

async function write(name) {
  const { model, inputs, shardBytes = 4 * 1024 * 1024, quantized, isConverted } = MODELS[name]();
  setWeights(model);
  let artifacts = await artifactsOf(model);
  if (quantized) artifacts = { ...artifacts, ...quantize(artifacts, quantized) };
  if (isConverted) artifacts = converted(artifacts);
  const { weightData, weightSpecs, ...rest } = artifacts;
  // TensorFlow.js reads its own names back, those of the converter it maps by itself.
  const read = isConverted ? { ...artifacts, weightSpecs: (await artifactsOf(model)).weightSpecs } : artifacts;
  const loaded = await tf.loadLayersModel(tf.io.fromMemory(structuredClone(read)));
  const tensors = inputs.map(({ data, shape }) => tf.tensor(data, shape));
  const predicted = loaded.predict(tensors.length === 1 ? tensors[0] : tensors);
  const outputs = (Array.isArray(predicted) ? predicted : [predicted]).map((tensor) => ({
    shape: tensor.shape,
    data: Array.from(tensor.dataSync()),
  }));

  const place = path.join(OUT, name);
  mkdirSync(place, { recursive: true });
  const bytes = Buffer.from(weightData);
  const count = Math.max(1, Math.ceil(bytes.length / shardBytes));
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  paths.forEach((file, i) =>
    writeFileSync(path.join(place, file), bytes.subarray(i * shardBytes, (i + 1) * shardBytes)),
  );
  const json = { ...rest, weightsManifest: [{ paths, weights: weightSpecs }] };
  writeFileSync(path.join(place, 'model.json'), JSON.stringify(json));
  writeFileSync(path.join(place, 'expected.json'), `${JSON.stringify({ inputs, outputs })}\n`);
}

rmSync(OUT, { recursive: true, force: true });
for (const name of Object.keys(MODELS)) await write(name);
const provenance = {
  tfjs: tf.version.tfjs,
  backend: tf.getBackend(),
  node: process.version,
  seed: SEED,
  command: 'node tools/golden/tfjs.mjs DIR',
  models: Object.keys(MODELS),
  // Every class of layers that its files can hold.
  layers: Object.entries(tf.serialization.SerializationMap.getMap().classNameMap)
    .filter(([, [Class]]) => Class.prototype instanceof tf.layers.Layer)
    .map(([name]) => name)
    .sort(),
};
writeFileSync(path.join(OUT, 'provenance.json'), `${JSON.stringify(provenance)}\n`);
