export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Returns the range of the values, divided by their median. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

/** Returns the quantile `part` (0 to 1) of the values, interpolated between neighbours. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const location = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(location)], sorted[Math.ceil(location)]];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (location - Math.floor(location));
}
