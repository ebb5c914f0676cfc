import type { TestProject } from "vitest/node";
import { startServiceHost } from "./service-host.ts";

/** Vitest calls this once before a run, in the process that outlives the test files. Services start on request. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const host = await startServiceHost();
  project.provide("serviceHost", host.url);
  return () => host.close();
}
