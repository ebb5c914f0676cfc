import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Harness } from "../suite/harness.ts";
import { UsageError } from "./command.ts";

/**
 * Imports the harness that a module exports as `harness` or as its default export. Throws a {@link UsageError} if the
 * module cannot be loaded or does not export a harness.
 */
export async function loadHarness(path: string): Promise<Harness> {
  const exported = await importModule(path);
  const harness = exported["harness"] ?? exported["default"];
  if (isHarness(harness)) return harness;
  throw new UsageError(
    `${path} does not export a harness. Export one with \`name\`, \`open\` and \`destroy\`, as "harness" or default.`,
  );
}

async function importModule(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`${path} cannot be loaded: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : undefined;
  if (code === "ERR_UNKNOWN_FILE_EXTENSION") return "this version of Node.js cannot run files of this type.";
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
