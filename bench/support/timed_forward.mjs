// SPDX-License-Identifier: MIT
// Forward passes of a model in native code: the call from JavaScript and the copies around it are not in the time.

/** `predict` of one batch again and again, sharing the interface of a contest. */
export class TimedForward {
  #model;
  #data;
  #batch;
  #turnSeconds;
  #seconds = 0;

  /**
   * @param x floats of one batch [batch, steps, features]
   * @param turnSeconds about how long a step lasts, which is a mean over as many batches
   */
  constructor(model, { batch = 1, steps, features }, x, turnSeconds = 0.02) {
    this.#model = model;
    this.#batch = batch;
    this.#turnSeconds = turnSeconds;
    // Several batches per call, so that the compute threads go from one to the next as in the loop of a server.
    const copies = Math.max(1, Math.floor(32 / batch));
    const data = new Float32Array(copies * x.length);
    for (let copy = 0; copy < copies; copy++) data.set(x, copy * x.length);
    this.#data = { data, shape: [copies * batch, steps, features] };
    this.#clockRuns();
  }

  /** The engine tells how long each run took on the compute threads. */
  #clockRuns() {
    const native = this.#model.nativeModel();
    const engineRun = native.run;
    const value = (run, done) =>
      engineRun.call(native, run, (code, message, rows, seconds) => {
        this.#seconds += seconds;
        done(code, message, rows, seconds);
      });
    Object.defineProperty(native, 'run', { value });
  }

  /** The outputs of one batch. */
  async outputs() {
    const { data } = await this.#model.predict(this.#data, { batchSize: this.#batch });
    return data.subarray(0, (data.length * this.#batch) / this.#data.shape[0]);
  }

  /** Resolves to the seconds of one batch. */
  async step() {
    let batches = 0;
    this.#seconds = 0;
    do {
      await this.outputs();
      batches += this.#data.shape[0] / this.#batch;
    } while (this.#seconds < this.#turnSeconds);
    return this.#seconds / batches;
  }

  end() {
    this.#model.dispose();
  }
}
