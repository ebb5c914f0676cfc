/** The functions for files. An import of `node:fs` would also load promises and streams, as much as all of this package. */
export const fs: typeof import("node:fs") = process.getBuiltinModule("node:fs");
