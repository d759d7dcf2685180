// SPDX-License-Identifier: MIT
// Metrics for Prometheus, of one server.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { watchEventLoop } from '../util/timers';
import type { Admission } from './admission';
import type { Registry } from './registry';

type PromClient = typeof import('prom-client');

/** What metrics look at when they are asked for. */
export interface Measured {
  readonly admission: Admission;
  readonly registry: Registry;
  openStreams(): number;
}

/** One request that was answered. */
export interface Answered {
  /** Of a closed list, as labels must be. */
  readonly route: string;
  /** Name of a model that is served; empty where there is none. */
  readonly model: string;
  readonly status: number;
  readonly seconds: number;
  /** Rows that were predicted. */
  readonly rows?: number | undefined;
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** Where the gathering of `predict` tells of its batches (lib/training/gather.ts). */
const CHANNEL = 'ostinato:predict';

export class Metrics {
  readonly #registry;
  readonly #requests;
  readonly #seconds;
  readonly #rows;
  readonly #batches;
  readonly #steps;
  readonly #onBatch: (message: unknown) => void;
  readonly #loop = watchEventLoop();

  constructor({ Registry, Counter, Gauge, Histogram }: PromClient, measured: Measured) {
    const registry = new Registry();
    this.#registry = registry;
    const registers = [registry];
    const labelNames = ['route', 'model'];
    this.#requests = new Counter({
      name: 'ostinato_requests_total',
      help: 'Requests that were answered',
      labelNames: [...labelNames, 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'ostinato_request_seconds',
      help: 'Seconds from the head of a request to its answer',
      labelNames,
      buckets: SECONDS,
      registers,
    });
    this.#rows = new Histogram({
      name: 'ostinato_request_rows',
      help: 'Rows of a request that were predicted',
      labelNames: ['model'],
      buckets: ROWS,
      registers,
    });
    this.#batches = new Histogram({
      name: 'ostinato_batch_rows',
      help: 'Rows of requests that were computed as one batch',
      labelNames: ['model'],
      buckets: ROWS,
      registers,
    });
    this.#onBatch = (message) => {
      const { model, rows } = message as { model: unknown; rows: number };
      const served = measured.registry.all().find((each) => each.model === model);
      if (served !== undefined) this.#batches.observe({ model: served.name }, rows);
    };
    subscribe(CHANNEL, this.#onBatch);
    this.#steps = new Counter({
      name: 'ostinato_stream_steps_total',
      help: 'Timesteps of streams',
      labelNames: ['model'],
      registers,
    });
    const gauge = (name: string, help: string, value: () => number): void => {
      new Gauge({ name, help, registers, collect: (): void => gaugeOf(name).set(value()) });
    };
    const gaugeOf = (name: string) => registry.getSingleMetric(name) as InstanceType<typeof Gauge>;
    gauge('ostinato_queue_length', 'Requests that are computed or wait for it', () => measured.admission.queued);
    gauge('ostinato_pending_bytes', 'Bytes of bodies in memory', () => measured.admission.pending);
    gauge('ostinato_streams', 'Streams, those that wait for their client included', () => measured.openStreams());
    const loop = this.#loop;
    new Gauge({
      name: 'ostinato_event_loop_delay_seconds',
      help: 'Delay of the event loop since it was asked for last',
      labelNames: ['quantile'],
      registers,
      collect() {
        for (const quantile of [0.5, 0.99]) this.set({ quantile }, loop.percentile(quantile * 100) / 1e9);
        this.set({ quantile: 1 }, loop.max / 1e9);
        loop.reset();
      },
    });
    new Gauge({
      name: 'ostinato_model_version',
      help: 'Version of each model in service',
      labelNames: ['model'],
      registers,
      collect() {
        this.reset();
        for (const { name, version } of measured.registry.all()) this.set({ model: name }, Number(version));
      },
    });
  }

  answered({ route, model, status, seconds, rows }: Answered): void {
    this.#requests.inc({ route, model, status });
    this.#seconds.observe({ route, model }, seconds);
    if (rows !== undefined) this.#rows.observe({ model }, rows);
  }

  stepped(model: string): void {
    this.#steps.inc({ model });
  }

  /** The page, and its type. */
  async page(): Promise<{ text: string; type: string }> {
    return { text: await this.#registry.metrics(), type: this.#registry.contentType };
  }

  close(): void {
    this.#loop.disable();
    unsubscribe(CHANNEL, this.#onBatch);
  }
}
