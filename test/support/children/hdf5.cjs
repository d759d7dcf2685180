// SPDX-License-Identifier: MIT
// Writes and reads HDF5 with a bundle of lib/formats/h5, on whose thread WebAssembly cannot be compiled. Prints what came back,
// or the error.
/* global WebAssembly */
const path = require('node:path');

for (const name of ['compile', 'instantiate', 'Module', 'Instance'])
  WebAssembly[name] = () => {
    throw new Error(`WebAssembly.${name} on the thread of JavaScript`);
  };

const { H5Reader, writeH5 } = require(path.resolve(process.argv[2]));
const group = (arrays, groups = {}) => ({ attributes: { name: 'a', names: ['b', 'cd'] }, arrays, groups });
const tree = group({}, { layer: group({ kernel: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } }) });

(async () => {
  const bytes = await writeH5('write', tree, async (file) => {
    const whole = new Uint8Array(file.length);
    await file.read(0, whole);
    return whole;
  });
  const read = await H5Reader.read('read', bytes, async (file) => {
    const floats = await file.floats('layer/kernel');
    const values = new Float32Array(4);
    await floats.read(0, values);
    return { values: [...values], shape: floats.shape, names: await file.texts('layer', 'names') };
  });
  return read;
})()
  .catch(({ code, message }) => ({ code, message }))
  .then((result) => console.log(JSON.stringify(result)));
