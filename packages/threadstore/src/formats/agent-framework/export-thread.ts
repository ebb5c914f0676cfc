import type { StoredThread, ThreadStore } from "@threadstore/core";
import { threadPath } from "../files/file-names.ts";
import type { NameStyle } from "../files/file-names.ts";
import { writeFile } from "../files/write-file.ts";
import { RecordError } from "../record-error.ts";
import type { MoveOutcome, TransferContext } from "../transfer-format.ts";
import { type Bridge, originalShape, reportEntries, type Shape, storedForm } from "./bridge.ts";

/** A thread of the store, and where it is written. */
export interface ExportedThread {
  readonly view: ThreadStore;
  readonly id: string;
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly target: string;
  readonly style: NameStyle;
}

/** Writes a thread in the shape that was chosen, or in the one that it was read from. */
export async function exportThread(
  bridge: Bridge,
  { view, id, name, namespaces, target, style }: ExportedThread,
  context: TransferContext,
): Promise<MoveOutcome> {
  const stored = await view.load(id, { signal: context.signal });
  const form = stored && storedForm(stored);
  if (stored === undefined || form === undefined) return "other";
  const { text, shape, report } =
    form === "kept" ? kept(bridge, stored, context) : written(bridge, stored, context);
  reportEntries(name, report, context);
  const extension = shape === "python-history" ? ".jsonl" : ".json";
  const path = threadPath(namespaces, id, extension, style);
  return writeFile(target, { path, content: () => [text] }, context);
}

type Written = ReturnType<Bridge["writeAgentFrameworkThread"]>;

/** Returns a thread in the shape in which it is stored, unless another one was chosen. */
function kept(bridge: Bridge, { id, json }: StoredThread, { options }: TransferContext): Written {
  const { shape } = bridge.detectShape(json);
  const to = options.shape as Shape | undefined;
  if (shape === "threadstore") throw new RecordError("It is not a thread of Agent Framework.");
  if (to === undefined || to === shape) return { text: json, shape, report: [] };
  const { thread, report } = bridge.readAgentFrameworkThread(json);
  const result = bridge.writeAgentFrameworkThread(thread, { to, sessionId: id });
  return { ...result, report: [...report.filter(({ kind }) => kind !== "repair"), ...result.report] };
}

function written(bridge: Bridge, { id, json, thread }: StoredThread, { options }: TransferContext): Written {
  const original = originalShape(thread);
  const to = options.shape as Shape | undefined;
  if (to === undefined && original === undefined) {
    throw new RecordError("It was not read from Agent Framework. Choose a shape with `--shape`.");
  }
  // Otherwise, each export would have another random id.
  const isNew = to === "python-session" && original !== to;
  return bridge.writeAgentFrameworkThread(json, { to, ...(isNew ? { sessionId: id } : {}) });
}
