import { checkOptionNames, type OptionNames } from "@threadstore/core/decorator";
import { codec as platformCodec } from "#codec";
import type { Codec } from "./codec/codec.ts";

/** The options of {@link withCompression}. */
export interface CompressionOptions {
  /**
   * `zstd` compresses texts of more than 32 KiB with Zstandard, and shorter ones with DEFLATE, which compresses them
   * better, because it refers to the text before them. `deflate` compresses all texts with DEFLATE. All platforms
   * read both.
   * @default "zstd" where the platform has it (Node.js 22.15 or newer), otherwise "deflate"
   */
  readonly algorithm?: "zstd" | "deflate" | undefined;
  /**
   * How hard to compress, from 1 (fastest) to 9 (smallest). Platforms without `node:zlib` ignore it.
   * @default 6 for DEFLATE and 3 for Zstandard
   */
  readonly level?: number | undefined;
  /**
   * The length from which a text is compressed, in bytes. Shorter ones, and those that compressing does not shorten, are
   * stored as they are.
   * @default 128
   */
  readonly minBytes?: number | undefined;
  /**
   * The maximum size of a thread, in bytes of its JSON. Saving a larger one rejects with `TOO_LARGE`, and loading one
   * with `CORRUPT`, before it is decompressed. The `maxThreadBytes` of the inner store applies to the compressed thread.
   * @default 16_777_216
   */
  readonly maxThreadBytes?: number | undefined;
}

const OPTION_NAMES: OptionNames<CompressionOptions> = {
  algorithm: true,
  level: true,
  minBytes: true,
  maxThreadBytes: true,
};

export interface ResolvedOptions {
  readonly codec: Codec;
  /** Compresses long texts; `undefined` if DEFLATE compresses all. */
  readonly compressZstd: Codec["compressZstd"];
  readonly deflateLevel: number;
  readonly zstdLevel: number;
  readonly minBytes: number;
  readonly maxThreadBytes: number;
}

/** Returns the options with defaults. Throws a `TypeError` for an invalid option, which is a bug in the program. */
export function resolveOptions(options: CompressionOptions, codec: Codec = platformCodec): ResolvedOptions {
  checkOptionNames(options, OPTION_NAMES);
  const { algorithm, level, minBytes = 128, maxThreadBytes = 16_777_216 } = options;
  check(algorithm === undefined || ["zstd", "deflate"].includes(algorithm), () => {
    return '`algorithm` must be "zstd" or "deflate".';
  });
  check(algorithm !== "zstd" || codec.compressZstd !== undefined, () => {
    return 'This platform cannot compress with Zstandard. Use Node.js 22.15 or newer, or set `algorithm` to "deflate".';
  });
  check(level === undefined || (Number.isInteger(level) && level >= 1 && level <= 9), () => {
    return "`level` must be an integer from 1 to 9.";
  });
  check(
    Number.isSafeInteger(minBytes) && minBytes >= 0,
    () => "`minBytes` must be an integer of at least 0.",
  );
  check(Number.isSafeInteger(maxThreadBytes) && maxThreadBytes >= 2, () => {
    return "`maxThreadBytes` must be an integer of at least 2.";
  });
  return {
    codec,
    compressZstd: algorithm === "deflate" ? undefined : codec.compressZstd,
    deflateLevel: level ?? 6,
    zstdLevel: level ?? 3,
    minBytes,
    maxThreadBytes,
  };
}

function check(holds: boolean, rule: () => string): void {
  if (!holds) throw new TypeError(rule());
}
