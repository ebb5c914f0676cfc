import type { NodeModules } from "./node-platform.ts";
import { checkNodeVersion, type RuntimeVersions } from "./node-version.ts";

interface RuntimeProcess {
  readonly release?: { readonly name?: string };
  readonly versions?: RuntimeVersions;
  readonly getBuiltinModule?: (name: string) => unknown;
}

/** The global objects by which a runtime is recognized. */
export interface RuntimeGlobals {
  readonly process?: RuntimeProcess;
  readonly navigator?: { readonly userAgent?: string };
}

/**
 * Returns the modules of Node.js without importing them; `undefined` on other runtimes. A bundle for servers that was
 * built without the import condition `node` then works as other programs do on Node.js, Bun and Deno.
 */
export function builtInModules(runtime: RuntimeGlobals = globalThis): NodeModules | undefined {
  const { process, navigator } = runtime;
  const { release, versions = {}, getBuiltinModule }: RuntimeProcess = process ?? {};
  // Workers have a `process` and modules with these names, which lack functions or are slower than JavaScript.
  if (release?.name !== "node" || navigator?.userAgent === "Cloudflare-Workers") return undefined;
  checkNodeVersion(versions);
  if (getBuiltinModule === undefined) return undefined;
  // Without the prefix, because tools search bundles for browsers for `node:`.
  const load = (name: string): unknown => getBuiltinModule.call(process, name);
  const [crypto, zlib] = [load("crypto"), load("zlib")];
  const others = {
    buffer: load("buffer"),
    diagnostics: load("diagnostics_channel"),
    timers: load("timers/promises"),
  };
  const isComplete = [crypto, zlib, ...Object.values(others)].every((module) => module !== undefined);
  return isComplete ? ({ ...others, crypto: () => crypto, zlib: () => zlib } as NodeModules) : undefined;
}
