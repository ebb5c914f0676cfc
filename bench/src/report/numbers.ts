/** Formats a number with three significant digits, which is all that is certain: `1.23`, `12.3`, `123`, `1,234`. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function bytes(value: number | null): string {
  if (value === null) return "–";
  if (value < 1000) return `${Math.round(value)} B`;
  return value < 1_000_000 ? `${short(value / 1000)} KB` : `${short(value / 1_000_000)} MB`;
}
