interface Call {
  /** The id of the thread. */
  readonly thread: string;
  /** The name of the caller, which has one call in progress at a time. After an unknown outcome it gets a new name. */
  readonly client: string;
  /** When the call began and when it got its response, in milliseconds of one clock; `null` for no response. */
  readonly start: number;
  readonly end: number | null;
  /** `unknown` means that the call may or may not take effect, even later. */
  readonly outcome: "done" | "conflict" | "unknown";
}

export interface SaveOperation extends Call {
  readonly type: "save";
  /** Unique to this save, and part of the saved thread, so that a load identifies the save that wrote it. */
  readonly write: string;
  /** The version to replace; `null` to create a thread; absent to overwrite unconditionally. */
  readonly previous?: string | null;
  /** The version that the save returned, if known. */
  readonly version?: string;
}

export interface AppendOperation extends Call {
  readonly type: "append";
  /** Unique to this append, and part of the appended element. */
  readonly write: string;
  /** The version to append to; absent to append to any version. */
  readonly previous?: string;
  /** Whether the append creates a missing thread. */
  readonly creates?: boolean;
  /** The version that the append returned, if known. */
  readonly version?: string;
}

export interface TouchOperation extends Call {
  readonly type: "touch";
  /** Unique to this touch. */
  readonly write: string;
  /** The version to touch; absent to touch any version. */
  readonly previous?: string;
  /** Whether a completed touch found a thread. */
  readonly touched?: boolean;
  /** The version that the touch returned, if known. */
  readonly version?: string;
}

export interface LoadOperation extends Call {
  readonly type: "load";
  /** The result of a completed load; `null` if no thread existed. */
  readonly found?: LoadResult | null;
}

export interface LoadResult {
  /** The last change of the thread: a save, an append or a touch. */
  readonly write: string;
  readonly version: string;
  /** The writes that the thread consists of: a save, and the appends after it in their order. */
  readonly content?: readonly string[];
}

export interface DeleteOperation extends Call {
  readonly type: "delete";
  /** The version to delete; absent to delete unconditionally. */
  readonly previous?: string;
  /** The result of a completed delete. */
  readonly deleted?: boolean;
}

/** One call as its client observed it. A history is a list of operations in any order, and starts without threads. */
export type Operation = SaveOperation | AppendOperation | TouchOperation | LoadOperation | DeleteOperation;

/** Formats a history as JSON lines, one operation per line. */
export function formatHistory(operations: readonly Operation[]): string {
  return operations.map((each) => `${JSON.stringify(each)}\n`).join("");
}

/** Parses JSON lines. Throws a `TypeError` with the line number if a line is not an operation. */
export function parseHistory(lines: string): Operation[] {
  return lines
    .split("\n")
    .flatMap((line, index) => (line.trim() === "" ? [] : [parseOperation(line, index + 1)]));
}

function parseOperation(line: string, number: number): Operation {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new TypeError(`Line ${number} of the history is not valid JSON.`, { cause });
  }
  if (!isOperation(value)) throw new TypeError(`Line ${number} of the history is not a valid operation.`);
  return value;
}

const OUTCOMES: readonly unknown[] = ["done", "conflict", "unknown"];

function isOperation(value: unknown): value is Operation {
  if (typeof value !== "object" || value === null) return false;
  const { thread, client, start, end, outcome } = value as Partial<Record<string, unknown>>;
  const isCall = typeof thread === "string" && typeof client === "string" && OUTCOMES.includes(outcome);
  const hasTimes =
    typeof start === "number" && (typeof end === "number" || (end === null && outcome === "unknown"));
  return isCall && hasTimes && hasResult(value);
}

function hasResult(value: Partial<Record<string, unknown>>): boolean {
  const { type, outcome, previous, version } = value;
  const isDone = outcome === "done";
  switch (type) {
    case "save":
      return (
        typeof value["write"] === "string" &&
        (previous === null || isOptionalString(previous)) &&
        isOptionalString(version)
      );
    case "append":
      return typeof value["write"] === "string" && isOptionalString(previous) && isOptionalString(version);
    case "touch":
      return (
        typeof value["write"] === "string" &&
        isOptionalString(previous) &&
        isOptionalString(version) &&
        (!isDone || typeof value["touched"] === "boolean")
      );
    case "load":
      return outcome === "unknown" || (isDone && isLoadResult(value["found"]));
    case "delete":
      return isOptionalString(previous) && (!isDone || typeof value["deleted"] === "boolean");
    default:
      return false;
  }
}

function isOptionalString(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isLoadResult(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== "object") return false;
  const { write, version, content } = value as Partial<Record<string, unknown>>;
  const hasContent =
    content === undefined || (Array.isArray(content) && content.every((each) => typeof each === "string"));
  return typeof write === "string" && typeof version === "string" && hasContent;
}
