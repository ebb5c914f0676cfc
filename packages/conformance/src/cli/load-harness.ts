import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Harness } from "../suite/harness.ts";
import { UsageError } from "./command.ts";

/** The harness that a module exports as `harness` or as its default. Throws a {@link UsageError} if there is none. */
export async function loadHarness(path: string): Promise<Harness> {
  const exported = await imported(path);
  const harness = exported["harness"] ?? exported["default"];
  if (isHarness(harness)) return harness;
  throw new UsageError(
    `${path} exports no harness: export one, with name, open and destroy, as "harness" or as the default.`,
  );
}

async function imported(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`${path} cannot be loaded: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : undefined;
  if (code === "ERR_UNKNOWN_FILE_EXTENSION") return "this version of Node.js does not run files of its kind.";
  return error.message;
}

function isHarness(value: unknown): value is Harness {
  return (
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    typeof value.name === "string" &&
    "open" in value &&
    typeof value.open === "function" &&
    "destroy" in value &&
    typeof value.destroy === "function"
  );
}
