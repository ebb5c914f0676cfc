import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Message } from "../messages.ts";
import type { Client } from "./client.ts";

/** Replaces the end of a record: the first `from` bytes stay, followed by `bytes`. */
export interface Patch {
  readonly from: number;
  readonly bytes: Buffer;
  /** The length of the trailer at the end of `bytes`. */
  readonly trailerLength: number;
  readonly expected: string | undefined;
  readonly version: string;
}

/** How a client writes only the changed part of a record. */
export interface DeltaClient {
  /** Resolves with the new version, if the backend assigns it. */
  readonly patch: (id: string, patch: Patch) => Promise<string | undefined>;
  readonly read: (id: string) => Promise<Buffer>;
  readonly close: () => Promise<void>;
}

/**
 * The code one would write by hand, for one backend, to save as little as the stores do: only new messages are encoded,
 * sent and written, followed by a trailer like theirs.
 */
export function deltaByHand(client: DeltaClient): Client {
  return {
    conversation(id) {
      const beginning = '{"thread":{"messages":[';
      let added: Message[] = [];
      let length = 0;
      let expected: string | undefined;
      let count = 0;
      let crc = 0;
      return {
        add: (messages) => void added.push(...messages),
        async save() {
          const text = added.map((message) => JSON.stringify(message)).join(",");
          const body = Buffer.from(`${count === 0 ? beginning : ","}${text}`);
          count += added.length;
          added = [];
          crc = crc32(body, crc);
          const version = randomBytes(16).toString("base64url");
          const trailer = Buffer.from(
            `]},"threadstore":${trailerText(id, version, length + body.length, crc)}}`,
          );
          const bytes = Buffer.concat([body, trailer]);
          const patch = { from: length, bytes, trailerLength: trailer.length, expected, version };
          expected = (await client.patch(id, patch)) ?? version;
          length += body.length;
        },
      };
    },
    load: async (id) => JSON.parse((await client.read(id)).toString()) as unknown,
    close: client.close,
  };
}

function trailerText(id: string, nonce: string, size: number, crc: number): string {
  const now = new Date().toISOString();
  return JSON.stringify({
    format: 1,
    namespace: "",
    id,
    nonce,
    createdAt: now,
    updatedAt: now,
    metadata: {},
    size,
    crc32: crc.toString(16),
    trailerCrc32: "00000000",
  });
}
