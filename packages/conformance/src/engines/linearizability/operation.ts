interface Call {
  /** The id of the thread. */
  readonly thread: string;
  /** Who called. No client has two calls under way at once; after an unknown outcome it goes on as another. */
  readonly client: string;
  /** When the call was made and when its answer came, in milliseconds of one clock; `null`: none came. */
  readonly start: number;
  readonly end: number | null;
  /** `unknown`: the call may have taken effect, now or later, or not. */
  readonly outcome: "done" | "conflict" | "unknown";
}

export interface SaveOperation extends Call {
  readonly type: "save";
  /** Stands in the saved thread, so that a load tells whose it found; no other save has it. */
  readonly write: string;
  /** The version to replace; `null`: only to create; absent: to overwrite whatever is there. */
  readonly previous?: string | null;
  /** The version that the save made, when it is known. */
  readonly version?: string;
}

export interface LoadOperation extends Call {
  readonly type: "load";
  /** What a load that is done found; `null`: nothing. */
  readonly found?: { readonly write: string; readonly version: string } | null;
}

export interface DeleteOperation extends Call {
  readonly type: "delete";
  /** The version to delete; absent: whatever is there. */
  readonly previous?: string;
  /** What a delete that is done resolved to. */
  readonly deleted?: boolean;
}

/** One call as its client saw it. A history is a list of them, in any order; it begins with no thread there. */
export type Operation = SaveOperation | LoadOperation | DeleteOperation;

/** A history as JSON lines, one operation a line. */
export function formatHistory(operations: readonly Operation[]): string {
  return operations.map((each) => `${JSON.stringify(each)}\n`).join("");
}

/** Throws a `TypeError` that names the line when one is no operation. */
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
    throw new TypeError(`Line ${number} of the history is not JSON.`, { cause });
  }
  if (!isOperation(value)) throw new TypeError(`Line ${number} of the history is not an operation.`);
  return value;
}

const outcomes: readonly unknown[] = ["done", "conflict", "unknown"];

function isOperation(value: unknown): value is Operation {
  if (typeof value !== "object" || value === null) return false;
  const { thread, client, start, end, outcome } = value as Partial<Record<string, unknown>>;
  const isCall = typeof thread === "string" && typeof client === "string" && outcomes.includes(outcome);
  const hasTimes =
    typeof start === "number" && (typeof end === "number" || (end === null && outcome === "unknown"));
  return isCall && hasTimes && hasAnswer(value);
}

function hasAnswer(value: Partial<Record<string, unknown>>): boolean {
  const { type, outcome, previous, version } = value;
  const isDone = outcome === "done";
  switch (type) {
    case "save":
      return (
        typeof value["write"] === "string" &&
        (previous === null || isTextOrAbsent(previous)) &&
        isTextOrAbsent(version)
      );
    case "load":
      return outcome === "unknown" || (isDone && isFound(value["found"]));
    case "delete":
      return isTextOrAbsent(previous) && (!isDone || typeof value["deleted"] === "boolean");
    default:
      return false;
  }
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isFound(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== "object") return false;
  const { write, version } = value as Partial<Record<string, unknown>>;
  return typeof write === "string" && typeof version === "string";
}
