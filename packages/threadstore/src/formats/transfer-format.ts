import type { ThreadStore } from "@threadstore/core";

/** A line, record or conversation that could not be moved. Does not contain contents. */
export interface Problem {
  /** The file or conversation. */
  readonly place: string;
  /** The line of the file. */
  readonly line?: number | undefined;
  /** The JSON path within the line or conversation. */
  readonly path?: string | undefined;
  readonly message: string;
}

/**
 * What happened to a conversation. `present`: the target has all of it. `different`: the target has another one of this
 * name, which was kept. `other`: it does not have the format. `failed`: a problem was reported.
 */
export type MoveOutcome = "moved" | "present" | "different" | "other" | "failed";

/** A conversation to import or export. */
export interface TransferUnit {
  /** Its name for people. */
  readonly name: string;
  readonly move: () => Promise<MoveOutcome>;
}

/** Options that only some formats have. */
export interface TransferOptions {
  /** The name of the agent that continues the conversations. */
  readonly agent?: string;
  /** Whether conversations are stored as the other program wrote them. */
  readonly keepShape?: boolean;
  /** The shape that is exported. */
  readonly shape?: string;
}

/** The environment of a transfer. */
export interface TransferContext {
  /** The working directory, in which packages are found. */
  readonly folder: string;
  readonly store: ThreadStore;
  readonly signal: AbortSignal;
  /** Whether nothing may be written. */
  readonly isDryRun: boolean;
  /** Whether conversations of the target that differ are replaced. */
  readonly overwrite: boolean;
  readonly options: TransferOptions;
  /** Reports a problem. The transfer continues. */
  readonly report: (problem: Problem) => void;
  /** Calls a function after the last conversation, or a failure. */
  readonly defer: (close: () => Promise<void>) => void;
}

/** A form in which other programs keep conversations. */
export interface TransferFormat {
  /** The value of `--format`. */
  readonly name: string;
  /** The noun for its conversations, such as `session`. */
  readonly noun: string;
  /** Where it is exported to. */
  readonly target: "folder" | "file" | "url";
  /** The options that apply to it. */
  readonly options: readonly (keyof TransferOptions)[];
  /** Yields the conversations of a file, folder or database, which `source` names. Reads few of them at a time. */
  readonly import: (source: string, context: TransferContext) => AsyncIterable<TransferUnit>;
  /** Yields the conversations of the store. */
  readonly export: (target: string, context: TransferContext) => AsyncIterable<TransferUnit>;
}
