import type { StoredThread } from "@threadstore/core";
import { messageIndexOf } from "../conversation/from-agent-framework.ts";
import { createInspector, type Inspection } from "../wire-forms/inspect-thread.ts";
import type { Fault, RepairSettings } from "../wire-forms/wire-form.ts";
import type { ViewerRequest } from "./viewer-request.ts";

/** A fault of a thread, without its content. `index` is that of its message. */
export interface Finding extends Fault {
  readonly index?: number;
}

/** Checks a thread, and returns the thread that a repair with this policy would store. */
export function inspect(
  stored: Pick<StoredThread, "json" | "thread">,
  policy: RepairSettings["policy"],
  { settings, root, namespace }: ViewerRequest,
): Promise<Inspection> {
  const { folders, provider } = settings;
  const place = { root, namespaces: namespace };
  return createInspector(folders.packages, { policy, provider }).inspect(stored, place);
}

/** Returns the findings of faults, which have only the members that are documented. */
export function findingsOf(faults: readonly Fault[]): Finding[] {
  return faults.map(({ code, path, message, remedy }) => {
    const index = messageIndexOf(path);
    return {
      code,
      path,
      message,
      ...(remedy === undefined ? {} : { remedy }),
      ...(index === undefined ? {} : { index }),
    };
  });
}
