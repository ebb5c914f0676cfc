let crypto: typeof import("node:crypto") | undefined;

/** Returns `node:crypto`, which the first call loads. An import would take as long as that of this package. */
export function nodeCrypto(): typeof import("node:crypto") {
  crypto ??= process.getBuiltinModule("node:crypto");
  return crypto;
}
