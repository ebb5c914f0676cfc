import { bytesToBase85, type StoredHead } from "@threadstore/core/decorator";
import type { Bytes } from "../crypto/platform.ts";
import { corrupt, newerFormat } from "../errors.ts";
import { isKeyId } from "../keys/key-provider.ts";
import { MAC_BYTES, type SealingKey } from "../keys/sealing-key.ts";
import { areEqual, decodeBytes, encodeTexts, joinBytes } from "./bytes.ts";
import { LINK_BYTES } from "./segment.ts";

/** The end of a log. */
export interface LogEnd {
  /** The number of segments. */
  readonly count: number;
  /** The link to the last segment. */
  readonly link: Bytes;
  /** The length of the thread's JSON in code units. */
  readonly length: number;
  /** The outline of the thread, which is stored beside the head. */
  readonly outline: string;
}

/** A head that has been parsed, but not verified. */
export interface ParsedHead extends LogEnd {
  readonly keyId: string;
  readonly mac: Bytes;
}

/** The characters that the link and the authentication code have in base85. */
const CODES_LENGTH = ((LINK_BYTES + MAC_BYTES) / 4) * 5;
const FORMAT = "1";
const HEAD = new RegExp(`^${FORMAT}(.{${CODES_LENGTH}})([^,]*),([0-9a-z]{1,10}),([0-9a-z]{1,10})$`, "u");

/** Encodes the end of a log, with a code that only the key can compute. */
export async function encodeHead(key: SealingKey, thread: Bytes, end: LogEnd): Promise<string> {
  const codes = bytesToBase85(joinBytes(end.link, await macOf(key, thread, end)));
  return `${FORMAT}${codes}${key.id},${numbersOf(end).join(",")}`;
}

/** Parses a head. Throws `CORRUPT` if it is invalid. */
export function parseHead({ head, outline }: StoredHead): ParsedHead {
  const [, codes = "", keyId = "", count = "", length = ""] = HEAD.exec(head) ?? [];
  if (codes === "" || !isKeyId(keyId)) {
    throw /^[2-9]/u.test(head) ? newerFormat() : corrupt("The head of the encrypted thread is invalid.");
  }
  const bytes = bytesOfCodes(codes);
  return {
    keyId,
    count: Number.parseInt(count, 36),
    length: Number.parseInt(length, 36),
    outline,
    link: bytes.slice(0, LINK_BYTES),
    mac: bytes.slice(LINK_BYTES),
  };
}

/** Rejects with `CORRUPT` unless the head was created with this key for this thread. */
export async function verifyHead(key: SealingKey, thread: Bytes, head: ParsedHead): Promise<void> {
  if (areEqual(await macOf(key, thread, head), head.mac)) return;
  throw corrupt(
    `The head of the encrypted thread is not authentic: it was altered, belongs to another thread, or the key \`${key.id}\` is not the one that encrypted it.`,
  );
}

async function macOf(key: SealingKey, thread: Bytes, end: LogEnd): Promise<Bytes> {
  return key.authenticate(joinBytes(thread, encodeTexts(...numbersOf(end), end.outline), end.link));
}

function numbersOf({ count, length }: LogEnd): string[] {
  return [count, length].map((number) => number.toString(36));
}

function bytesOfCodes(codes: string): Bytes {
  try {
    return decodeBytes(codes);
  } catch {
    throw corrupt("The head of the encrypted thread is invalid.");
  }
}
