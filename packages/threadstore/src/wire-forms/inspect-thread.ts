import type { SerializedThread, StoredThread } from "@threadstore/core";
import { THREAD_FORMAT } from "@threadstore/core/documents";
import { isError } from "@threadstore/core/driver";
import { importPackage } from "../stores/import-package.ts";
import { UsageError } from "../usage-error.ts";
import { BRIDGE_FORMS } from "./bridge-forms.ts";
import { REPAIR_FORMS } from "./repair-forms.ts";
import type { Fault, RepairForm, RepairSettings, ThreadPlace } from "./wire-form.ts";

/** The result of checking a thread. */
export type Inspection =
  /** `repaired` is the thread to store; absent if it cannot be repaired. */
  | { readonly kind: "checked"; readonly faults: readonly Fault[]; readonly repaired?: object | string }
  /** The thread has no form that can be checked. */
  | { readonly kind: "unknown" }
  /** The package that knows the form is not installed. */
  | { readonly kind: "not-installed"; readonly form: string; readonly remedy: string };

/** Checks threads, and imports the packages that know their forms. */
export interface Inspector {
  /** `place` is needed for threads that refer to others. */
  readonly inspect: (
    stored: Pick<StoredThread, "json" | "thread">,
    place?: ThreadPlace,
  ) => Promise<Inspection>;
}

export function createInspector(folder: string, settings: RepairSettings): Inspector {
  const modules = new Map<RepairForm, Promise<unknown>>();
  const moduleOf = (form: RepairForm): Promise<unknown> => {
    const module = modules.get(form) ?? importPackage(form.package, folder);
    modules.set(form, module);
    return module;
  };
  return {
    async inspect({ json, thread }, place) {
      const form = formOf(thread);
      if (form === undefined) return { kind: "unknown" };
      let module: unknown;
      try {
        module = await moduleOf(form);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        return { kind: "not-installed", form: form.name, remedy: error.message };
      }
      try {
        const { thread: repaired, changes } = await form.repair(module, json, settings, place);
        return { kind: "checked", faults: changes, repaired };
      } catch (error) {
        return inspectionOf(error);
      }
    },
  };
}

/** Rejects with a usage error if a provider is unknown to the package that knows its limits, if that is installed. */
export async function checkProvider(folder: string, provider: string | undefined): Promise<void> {
  if (provider === undefined) return;
  const thread = { format: THREAD_FORMAT, version: 1, kind: "chat", agent: "Assistant", messages: [] };
  await createInspector(folder, { policy: "synthesize", provider }).inspect({
    json: JSON.stringify(thread),
    thread,
  });
}

function formOf(thread: SerializedThread): RepairForm | undefined {
  return [...REPAIR_FORMS, ...BRIDGE_FORMS].find(({ recognizes }) => recognizes(thread));
}

const INVALID = ["THREAD_INVALID", "THREAD_MISMATCH", "THREAD_TOO_NEW"];

/** Returns the fault that an error of a package reports. Throws all other errors. */
function inspectionOf(error: unknown): Inspection {
  const code = isError(error) && "code" in error ? String(error.code) : "";
  if (!isError(error)) throw error;
  if (code === "SHAPE_UNKNOWN") return { kind: "unknown" };
  if (code === "INVALID_ARGUMENT") throw new UsageError(error.message, { cause: error });
  if (!INVALID.includes(code)) throw error;
  const path = "path" in error && typeof error.path === "string" ? error.path : "$";
  return { kind: "checked", faults: [{ code, path, message: error.message }] };
}
