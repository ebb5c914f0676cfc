const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** Returns a number of bytes for people, such as `1.5 MB`. */
export function formatBytes(bytes: number): string {
  const exponent = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** exponent;
  return `${exponent === 0 ? value : value.toFixed(1)} ${UNITS[exponent]}`;
}

/** Returns a time in UTC, such as `2026-11-30 14:05:09Z`. */
export function formatTime(time: Date): string {
  return time.toISOString().replace("T", " ").replace(/\.\d+/u, "");
}

/** Returns a count with its noun, such as `1 thread` or `12,000 threads`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

/** Returns the name of a namespace, as options and messages have it: its levels, escaped and joined by slashes. */
export function namespaceName(levels: readonly string[]): string {
  return levels.map((level) => encodeURIComponent(level)).join("/");
}

/** Returns the name of a thread for people: its namespace and its id. */
export function threadName(namespaces: readonly string[], id: string): string {
  return namespaces.length === 0 ? id : `${namespaceName(namespaces)}/${id}`;
}
