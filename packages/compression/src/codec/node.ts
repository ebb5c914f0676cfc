// A namespace object instead of named imports: a named import that an old version of Node.js does not have fails before
// core can say which version is needed.
import zlib from "node:zlib";
import type { Codec } from "./codec.ts";
import { nodeCodec } from "./node-codec.ts";

export const codec: Codec = nodeCodec(zlib);
