import type { StoredThread } from "@threadstore/core";
import { messageIndexOf } from "../conversation/from-agent-framework.ts";
import { createInspector, type Inspection } from "../wire-forms/inspect-thread.ts";
import type { Fault, RepairSettings } from "../wire-forms/wire-form.ts";
import type { ViewerSettings } from "./options.ts";

/** A fault of a thread, without its content. `index` is that of its message. */
export interface Finding extends Fault {
  readonly index?: number;
}

/** Checks a thread, and returns the thread that a repair with this policy would store. */
export function inspect(
  stored: Pick<StoredThread, "json" | "thread">,
  policy: RepairSettings["policy"],
  { folders }: ViewerSettings,
): Promise<Inspection> {
  return createInspector(folders.packages, { policy, provider: undefined }).inspect(stored);
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
