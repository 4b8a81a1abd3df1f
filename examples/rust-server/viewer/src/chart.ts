/** The chart, in its own file: the rest of the page does not wait for it. */
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatTime } from "./time.js";

/** Data of the chart. */
export interface Series {
  /** Times in seconds since 1970. */
  readonly seconds: readonly number[];
  readonly counts: readonly number[];
}

/** A chart that fills an element, in the colours of the page. */
export class Chart {
  readonly #target: HTMLElement;
  #plot: UPlot;
  #series: Series;

  constructor(target: HTMLElement, series: Series) {
    this.#target = target;
    this.#series = series;
    this.#plot = this.#make();
    new ResizeObserver(() => this.#plot.setSize(this.#size())).observe(target);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#plot.destroy();
      this.#plot = this.#make();
    });
  }

  /** Draws other data. */
  draw(series: Series): void {
    this.#series = series;
    this.#plot.setData(this.#data());
  }

  #data(): UPlot.AlignedData {
    return [[...this.#series.seconds], [...this.#series.counts]];
  }

  #size(): { width: number; height: number } {
    return { width: this.#target.clientWidth, height: this.#target.clientHeight };
  }

  #make(): UPlot {
    const style = getComputedStyle(this.#target);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color("--muted"),
      font: `12px ${style.fontFamily}`,
      ticks: { show: false },
      grid: { stroke: color("--line"), width: 1 },
    };
    const options: UPlot.Options = {
      ...this.#size(),
      cursor: { show: false },
      legend: { show: false },
      padding: [8, 28, 0, 0],
      scales: { y: { range: (_, _min, max) => [0, Math.max(4, Math.ceil(max * 1.15))] } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 30,
          space: 90,
          values: (_, seconds) => seconds.map((second) => formatTime(new Date(second * 1000))),
        },
        {
          ...axis,
          size: 36,
          space: 32,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
        },
      ],
      series: [
        {},
        {
          stroke: color("--accent"),
          fill: color("--accent-soft"),
          width: 2,
          points: { show: false },
          ...(UPlot.paths.spline && { paths: UPlot.paths.spline() }),
        },
      ],
    };
    return new UPlot(options, this.#data(), this.#target);
  }
}
