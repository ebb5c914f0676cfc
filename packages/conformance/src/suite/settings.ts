import { tmpdir } from "node:os";

/** How often cases repeat what reveals a bug only now and then. */
export type Effort = "quick" | "full";

/** Options of a run of the suite. */
export interface SuiteOptions {
  /**
   * `full` repeats as often as the promises deserve. `quick` does a fraction of it, for a run with each change.
   * @default `THREADSTORE_CONFORMANCE_EFFORT`, else `full`
   */
  readonly effort?: Effort;
  /**
   * The seed of everything random. The same seed makes the same random calls.
   * @default `THREADSTORE_CONFORMANCE_SEED`, else 1
   */
  readonly seed?: number;
  /**
   * How many random sequences of calls each such case runs.
   * @default `THREADSTORE_CONFORMANCE_RUNS`, else as `effort` requires; with `quick`, fewer if the harness has a `timeoutFactor`
   */
  readonly randomRuns?: number;
  /**
   * Runs one sequence of calls again. The message of a failure contains the value, and the seed to use with it.
   * @default `THREADSTORE_CONFORMANCE_REPLAY`
   */
  readonly replay?: string;
  /**
   * The folder for histories that are not linearizable.
   * @default `THREADSTORE_CONFORMANCE_HISTORIES`, else the system's folder for temporary files
   */
  readonly historyFolder?: string;
}

/** {@link SuiteOptions} with their defaults. */
export interface SuiteSettings {
  readonly effort: Effort;
  readonly seed: number;
  readonly randomRuns: number | undefined;
  /** In fast-check's terms: which sequence of calls, and which of its calls. */
  readonly replay: { readonly path: string; readonly replayPath: string } | undefined;
  readonly historyFolder: string;
}

/** Resolves options, with environment variables as defaults. Throws `TypeError` for invalid values. */
export function suiteSettings(options: SuiteOptions = {}): SuiteSettings {
  return {
    effort: effortOf(options.effort ?? process.env["THREADSTORE_CONFORMANCE_EFFORT"]),
    seed: options.seed ?? integerIn("THREADSTORE_CONFORMANCE_SEED") ?? 1,
    randomRuns: options.randomRuns ?? integerIn("THREADSTORE_CONFORMANCE_RUNS"),
    replay: replayOf(options.replay ?? process.env["THREADSTORE_CONFORMANCE_REPLAY"]),
    historyFolder: options.historyFolder ?? process.env["THREADSTORE_CONFORMANCE_HISTORIES"] ?? tmpdir(),
  };
}

function effortOf(text: string | undefined): Effort {
  if (text === undefined || text === "") return "full";
  if (isEffort(text)) return text;
  throw new TypeError(`The effort must be quick or full, not ${text}.`);
}

export function isEffort(text: string): text is Effort {
  return text === "quick" || text === "full";
}

function replayOf(text: string | undefined): SuiteSettings["replay"] {
  if (text === undefined || text === "") return undefined;
  // The second path may contain slashes too.
  const [, path, replayPath] = /^([\d:]+)\/(.+)$/u.exec(text) ?? [];
  if (path !== undefined && replayPath !== undefined) return { path, replayPath };
  throw new TypeError(`${text} cannot be replayed. Copy the value from the message of a failure.`);
}

function integerIn(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === "") return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new TypeError(`${variable} must be an integer, not ${text}.`);
  return number;
}
