import { tmpdir } from "node:os";

/** How often the cases repeat what shows a bug only now and then. */
export type Effort = "quick" | "full";

/** What a run of the suite can be told. */
export interface SuiteOptions {
  /**
   * `full` repeats as often as the promises deserve; `quick`, for a run with each change, a fraction of it.
   * @default `THREADSTORE_CONFORMANCE_EFFORT`, else `full`
   */
  readonly effort?: Effort;
  /**
   * Where the random calls come from: with the same seed they are the same.
   * @default `THREADSTORE_CONFORMANCE_SEED`, else 1
   */
  readonly seed?: number;
  /**
   * How many random lists of calls each such case runs.
   * @default `THREADSTORE_CONFORMANCE_RUNS`, else as the effort is, and fewer where the harness has a `timeoutFactor`
   */
  readonly randomRuns?: number;
  /**
   * What the message of a failure says, to run that one list again with its seed.
   * @default `THREADSTORE_CONFORMANCE_REPLAY`
   */
  readonly replay?: string;
  /**
   * The folder for histories that are not linearizable.
   * @default `THREADSTORE_CONFORMANCE_HISTORIES`, else that of the system for temporary files
   */
  readonly historyFolder?: string;
}

/** {@link SuiteOptions} with their defaults. */
export interface SuiteSettings {
  readonly effort: Effort;
  readonly seed: number;
  readonly randomRuns: number | undefined;
  /** fast-check's own words for which list of calls, and which of its calls. */
  readonly replay: { readonly path: string; readonly replayPath: string } | undefined;
  readonly historyFolder: string;
}

/** The options, and the environment for those not given. Throws a `TypeError` for what cannot be read. */
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
  throw new TypeError(`The effort has to be quick or full, not ${text}.`);
}

export function isEffort(text: string): text is Effort {
  return text === "quick" || text === "full";
}

function replayOf(text: string | undefined): SuiteSettings["replay"] {
  if (text === undefined || text === "") return undefined;
  // The second path may have slashes of its own.
  const [, path, replayPath] = /^([\d:]+)\/(.+)$/u.exec(text) ?? [];
  if (path !== undefined && replayPath !== undefined) return { path, replayPath };
  throw new TypeError(`${text} is not what the message of a failure says to replay.`);
}

function integerIn(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === "") return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number))
    throw new TypeError(`${variable} has to be a whole number, not ${text}.`);
  return number;
}
