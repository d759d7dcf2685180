// SPDX-License-Identifier: MIT
// The program of the thread in which HDF5 is read and written, by `h5wasm`, the HDF5 library in WebAssembly. It does what
// thread.ts asks for, one call after another, and judges nothing: that is reader.ts.
//
// It is a text, and not a module, so that a bundle has it without a file of its own, and no minifier or transpiler makes
// it need what only their output has. It uses `import` alone, which CommonJS and ES modules have, and is both.

/**
 * Of the library's two builds it is the one for browsers that is taken, which runs in Node.js too: its file system lies in
 * memory, so that nothing in a file can make the library open another. It is found from the folder of this package, or of
 * the bundle: a module that is compiled under a name there imports from there.
 */
export const THREAD_SOURCE = `
(async () => {
  const { parentPort, workerData } = await import('node:worker_threads');
  const reply = (value) => parentPort.postMessage({ value });
  const fail = (error) =>
    parentPort.postMessage({ error: String((error && error.message) || error), code: error && error.code });

  // What the library asks the system for is bounded by what the file may need.
  let mostMemory = Infinity;
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength + pages * 65536 > mostMemory) throw new RangeError('beyond the bound of memory');
    return grow.call(this, pages);
  };

  // The library notes when each part of a file was made; equal models give equal files.
  Date.now = () => 0;

  let library, h5;
  try {
    const { Module } = (await import('node:module')).default;
    const { folder, name } = workerData;
    const here = new Module(name);
    here.filename = name;
    here.paths = Module._nodeModulePaths(folder);
    here._compile("module.exports = () => import('h5wasm')", name);
    library = await here.exports();
    h5 = await library.ready;
    // It prints what it does not like of a file. Here its return values say so.
    const errors = h5.FS.getStream(2);
    if (errors) errors.stream_ops = { ...errors.stream_ops, write: (stream, bytes, offset, length) => length };
  } catch (error) {
    return fail(error);
  }

  const NAME = '/file.h5';
  let whole, file, written;
  const node = () => h5.FS.lookupPath(NAME).node;

  /** Lets use have zeroed memory of the library. */
  const inMemory = (bytes, use) => {
    const pointer = h5._malloc(bytes);
    if (pointer === 0) throw new Error('no memory of ' + bytes + ' bytes');
    try {
      h5.HEAPU8.fill(0, pointer, pointer + bytes);
      return use(pointer);
    } finally {
      h5._free(pointer);
    }
  };
  const readInto = (path, slab, pointer) => {
    const [count, offset, strides] = slab
      ? [slab.count.map(BigInt), slab.offset.map(BigInt), slab.count.map(() => 1n)]
      : [null, null, null];
    const status = h5.get_dataset_data(file, path, count, offset, strides, BigInt(pointer));
    if (status < 0) throw new Error('a damaged array');
  };
  const parentOf = (path) => {
    const group = path.slice(0, path.lastIndexOf('/'));
    return group === '' ? written : new library.Group(written.file_id, group);
  };

  const CALLS = {
    /** Room for the bytes of a file, which parts fill. */
    room({ size, most }) {
      mostMemory = Math.max(most, h5.HEAPU8.length);
      whole = new Uint8Array(size);
    },
    fill: ({ begin, length, room }) => whole.set(new Uint8Array(room, 0, length), begin),
    open() {
      h5.FS.writeFile(NAME, whole, { canOwn: true });
      whole = undefined;
      file = h5.open(NAME, 0);
      if (file < 0n) throw new Error('no HDF5 file');
    },
    /** What stands at a path. Each step is looked at by itself, before the library goes through it. */
    look({ path }) {
      const link = h5.get_symbolic_link(file, path);
      const external = h5.get_external_link(file, path).filename;
      if (link !== null || external !== undefined) return { link, external, kind: 'link' };
      const type = h5.get_type(file, path);
      if (type < 0) return { link, kind: 'nothing' };
      return { link, kind: { [h5.H5G_GROUP]: 'group', [h5.H5G_DATASET]: 'array' }[type] || 'other' };
    },
    names: ({ path }) => [...h5.get_names(file, path, false)],
    array({ path }) {
      const { type, size, signed, littleEndian, shape, virtual_sources: parts } = h5.get_dataset_metadata(file, path);
      const isVirtual = parts !== undefined && parts.length > 0;
      return { type, size, signed, littleEndian, shape: shape && [...shape], isVirtual };
    },
    attributes: ({ path }) => [...h5.get_attribute_names(file, path)],
    attribute({ path, name }) {
      const { type, size, vlen, shape, total_size: count } = h5.get_attribute_metadata(file, path, name);
      return { type, size, vlen, hasShape: shape !== null, count };
    },
    texts({ path, name, count, size, vlen }) {
      return inMemory(count * size, (pointer) => {
        if (h5.get_attribute_data(file, path, name, BigInt(pointer)) < 0) throw new Error('a damaged attribute');
        const bytes = h5.HEAPU8.slice(pointer, pointer + count * size);
        if (!vlen) {
          const decoder = new TextDecoder();
          return Array.from({ length: count }, (_, i) =>
            decoder.decode(bytes.subarray(i * size, (i + 1) * size)).replace(/\\0+$/, ''));
        }
        const texts = Array.from(new Uint32Array(bytes.buffer), (at) => (at === 0 ? '' : h5.UTF8ToString(at)));
        h5.reclaim_vlen_memory(file, path, name, BigInt(pointer));
        return texts;
      });
    },
    /** Fills room with slabs of floats, doubles rounded, one slab after another. */
    floats({ path, size, slabs, room }) {
      const Numbers = size === 8 ? Float64Array : Float32Array;
      const out = new Float32Array(room);
      let at = 0;
      for (const slab of slabs) {
        const length = slab ? slab.count.reduce((product, axis) => product * axis, 1) : 1;
        inMemory(length * size, (pointer) => {
          readInto(path, slab, pointer);
          out.set(new Numbers(h5.HEAPU8.buffer, pointer, length), at);
        });
        at += length;
      }
    },
    /** The bytes of the one element of an array. */
    element: ({ path, size, slab }) =>
      inMemory(size, (pointer) => {
        readInto(path, slab, pointer);
        return h5.HEAPU8.slice(pointer, pointer + size);
      }),

    /** An empty file, in memory that will hold so many bytes without growing. */
    create({ bytes }) {
      mostMemory = Infinity;
      written = new library.File(NAME, 'w');
      file = written.file_id;
      const { contents, usedBytes } = node();
      node().contents = new Uint8Array(bytes);
      if (usedBytes > 0) node().contents.set(contents.subarray(0, usedBytes));
    },
    group({ path, attributes }) {
      const at = path.lastIndexOf('/');
      const group = path === '' ? written : parentOf(path).create_group(path.slice(at + 1));
      for (const { name, value, length } of attributes) {
        if (typeof value === 'string') group.create_attribute(name, value);
        else group.create_attribute(name, value, [value.length], 'S' + length);
      }
    },
    /** Room for an array, which parts fill. */
    begin({ bytes }) {
      const pointer = h5._malloc(bytes);
      if (pointer === 0) throw new Error('no memory of ' + bytes + ' bytes');
      return pointer;
    },
    part: ({ pointer, begin, length, room }) => h5.HEAPU8.set(new Uint8Array(room, 0, length), pointer + begin),
    end({ path, pointer, shape, isFloat }) {
      const type = library.dtype_to_metadata(isFloat ? '<f4' : '<i4');
      const sizes = shape.map(BigInt);
      const options = { chunks: null, compression: 0, compression_opts: [], track_order: false };
      const status = h5.create_dataset(file, path, BigInt(pointer), { ...type, shape: sizes, maxshape: sizes, ...options });
      h5._free(pointer);
      if (status < 0) throw new Error('no memory for ' + path);
    },
    finish() {
      written.close();
      file = written = undefined;
      return node().usedBytes;
    },
    bytes: ({ begin, length, room }) => new Uint8Array(room).set(node().contents.subarray(begin, begin + length)),

    /** Lets go of the file; how much memory the library has. */
    close() {
      if (written !== undefined) written.close();
      else if (file !== undefined && file >= 0n) h5.close_file(file);
      whole = file = written = undefined;
      if (h5.FS.analyzePath(NAME).exists) h5.FS.unlink(NAME);
      return h5.HEAPU8.length;
    },
  };

  parentPort.on('message', ({ call, given }) => {
    try {
      reply(CALLS[call](given));
    } catch (error) {
      fail(error);
    }
  });
  reply('ready');
})();
`;
