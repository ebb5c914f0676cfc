/**
 * How long tests wait for a browser, in milliseconds: far above the work of any step, on any machine, and below the
 * limit of Vitest. The error of Playwright says what it waited for. That of Vitest does not.
 */
export const BROWSER_TIMEOUT_MS = 120_000;
