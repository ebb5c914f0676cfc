import zlib from "node:zlib";
import type { Codec } from "./codec.ts";
import { nodeCodec, type Zlib } from "./node-codec.ts";
import { webCodec } from "./web-codec.ts";

/** The module of Node.js before 22.15. */
const { zstdCompressSync: _zstdCompressSync, ...withoutZstd } = zlib;

/** The codecs of all platforms. */
export const CODECS: { readonly [platform: string]: Codec } = {
  "Node.js": nodeCodec(zlib),
  "Node.js without Zstandard": nodeCodec(withoutZstd as Zlib),
  "the web": webCodec(),
};
