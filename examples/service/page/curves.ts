// SPDX-License-Identifier: MIT
// Curves of a training as they grow: one figure for the loss, one for the accuracy.
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Curves } from './api';
import { at } from './dom';

const HEIGHT = 180;
const dark = matchMedia('(prefers-color-scheme: dark)');

class Figure {
  readonly #element: HTMLDivElement;
  #plot: UPlot | undefined;
  #data: UPlot.AlignedData = [[], [], []];

  constructor(
    id: string,
    private readonly title: string,
    private readonly range: UPlot.Scale['range'],
  ) {
    this.#element = at(id, HTMLDivElement);
    this.#draw();
    dark.addEventListener('change', () => this.#draw());
    new ResizeObserver(() => {
      if (this.#element.clientWidth > 0) this.#plot?.setSize({ width: this.#element.clientWidth, height: HEIGHT });
    }).observe(this.#element);
  }

  /** Colours are those of the page: it is drawn anew when they change. */
  #draw(): void {
    this.#plot?.destroy();
    const styles = getComputedStyle(document.documentElement);
    const colour = (name: string): string => styles.getPropertyValue(name).trim();
    const axis: UPlot.Axis = {
      stroke: colour('--muted'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { stroke: colour('--line'), width: 1 },
    };
    this.#plot = new UPlot(
      {
        width: this.#element.clientWidth || 320,
        height: HEIGHT,
        cursor: { show: true, drag: { x: false, y: false } },
        scales: { x: { time: false }, ...(this.range === undefined ? {} : { y: { range: this.range } }) },
        axes: [{ ...axis }, { ...axis, size: 48 }],
        series: [
          { label: 'batch' },
          { label: 'training', stroke: colour('--series-1'), width: 2, points: { show: false } },
          {
            label: 'held back',
            stroke: colour('--series-2'),
            width: 2,
            dash: [6, 4],
            spanGaps: true,
            points: { show: true, size: 7, fill: colour('--series-2') },
          },
        ],
      },
      this.#data,
      this.#element,
    );
  }

  /** Values over batches, and those of validation where there are some. */
  show(batches: number[], values: number[], epochs: number[], validation: number[]): void {
    const x = [...new Set([...batches, ...epochs])].sort((a, b) => a - b);
    const aligned = (keys: number[], list: number[]): (number | null)[] => {
      const byKey = new Map(keys.map((key, index) => [key, list[index] ?? null]));
      return x.map((key) => byKey.get(key) ?? null);
    };
    this.#data = [x, aligned(batches, values), aligned(epochs, validation)];
    this.#plot?.setData(this.#data);
    const said = (list: number[]): string => list.at(-1)?.toFixed(3) ?? 'no values yet';
    this.#element.setAttribute('aria-label', `${this.title}: training ${said(values)}, held back ${said(validation)}`);
  }
}

const loss = new Figure('loss', 'Loss', (_plot, _least, greatest) => [0, Math.max(0.1, 1.05 * greatest)]);
const accuracy = new Figure('accuracy', 'Accuracy', () => [0, 1.02]);

let curves: Curves = {};
let isDue = false;

/** Begins with curves that are there. */
export function begin(given: Curves): void {
  curves = given;
  drawSoon();
}

/** Adds values that came. */
export function add(more: Curves): void {
  for (const [key, values] of Object.entries(more) as [keyof Curves, number[]][]) (curves[key] ??= []).push(...values);
  drawSoon();
}

/** Once a frame, however many values come. */
function drawSoon(): void {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    const { batches = [], epochs = [] } = curves;
    loss.show(batches, curves.loss ?? [], epochs, curves.valLoss ?? []);
    accuracy.show(batches, curves.accuracy ?? [], epochs, curves.valAccuracy ?? []);
  });
}
