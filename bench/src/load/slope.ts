import { sum } from "../measure/statistics.ts";

/** A line through samples (least squares). */
export interface Slope {
  readonly mean: number;
  readonly perMinute: number;
  /** The standard error of `perMinute`. */
  readonly error: number;
}

export interface Sample {
  readonly minute: number;
  readonly value: number;
}

export function slopeOf(samples: readonly Sample[]): Slope {
  const count = samples.length;
  const mean = sum(samples.map(({ value }) => value)) / count;
  const middle = sum(samples.map(({ minute }) => minute)) / count;
  const spread = sum(samples.map(({ minute }) => (minute - middle) ** 2));
  if (count < 3 || spread === 0) return { mean, perMinute: 0, error: Number.MAX_VALUE };
  const perMinute = sum(samples.map(({ minute, value }) => (minute - middle) * (value - mean))) / spread;
  const rest = sum(samples.map(({ minute, value }) => (value - mean - perMinute * (minute - middle)) ** 2));
  return { mean, perMinute, error: Math.sqrt(rest / (count - 2) / spread) };
}

/**
 * Whether samples do not grow: the slope is within two standard errors of zero, or the growth in `minutes` is below a
 * twentieth of the mean.
 */
export function isFlat({ mean, perMinute, error }: Slope, minutes: number): boolean {
  return perMinute <= 2 * error || perMinute * minutes < mean / 20;
}
