// For programs that do not import the modules of Node.js: in browsers and workers, and in bundles without the import
// condition `node`.
import type { Codec } from "./codec.ts";
import { nodeCodec, type Zlib } from "./node-codec.ts";
import { webCodec } from "./web-codec.ts";

interface RuntimeGlobals {
  readonly process?: {
    readonly release?: { readonly name?: string };
    readonly getBuiltinModule?: (name: string) => unknown;
  };
  readonly navigator?: { readonly userAgent?: string };
}

/** Returns the module `zlib` of Node.js, Bun and Deno without importing it; `undefined` on other runtimes. */
function builtInZlib({ process, navigator }: RuntimeGlobals): Zlib | undefined {
  // Workers have a `process` and modules with these names, which lack functions.
  if (process?.release?.name !== "node" || navigator?.userAgent === "Cloudflare-Workers") return undefined;
  // Without the prefix, because tools search bundles for browsers for `node:`.
  return process.getBuiltinModule?.("zlib") as Zlib | undefined;
}

const zlib = builtInZlib(globalThis);

export const codec: Codec = zlib === undefined ? webCodec() : nodeCodec(zlib);
