import type { ThreadStore } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";

const CONTENT = "content to be corrupted";

/** The ways to corrupt a record, and whether a listing, which reads only a record's tail, must notice. */
export const CORRUPTIONS: readonly (readonly [
  id: string,
  change: (record: Uint8Array) => Uint8Array,
  isListed: boolean,
])[] = [
  ["empty", () => new Uint8Array(0), true],
  ["cut in half", (record) => record.slice(0, record.length / 2), true],
  ["without its last byte", (record) => record.slice(0, -1), true],
  ["all NUL", (record) => new Uint8Array(record.length), true],
  ["NUL in its second half", (record) => record.slice().fill(0, record.length / 2), true],
  ["something else", () => Buffer.from("{}"), true],
  ["not UTF-8", (record) => record.slice().fill(0xff, record.length / 2), true],
  ["one letter of the thread changed", changeOneLetter, false],
];

function changeOneLetter(record: Uint8Array): Uint8Array {
  const changed = Buffer.from(record);
  const position = changed.indexOf(CONTENT);
  // If the store encodes the content differently, it is somewhere in the middle.
  const location = position < 0 ? Math.floor(changed.length / 2) : position;
  changed[location] = (changed[location] ?? 0) ^ 1;
  return changed;
}

/** Creates a store with one corrupt thread of each kind, and an intact one at each end of the listing. */
export async function storeWithCorruptRecords({
  open,
  rewrite,
}: CaseContext): Promise<{ store: ThreadStore; versions: Map<string, string> }> {
  const writer = await open();
  const versions = new Map<string, string>();
  for (const id of ["- first", ...CORRUPTIONS.map(([name]) => name), "z last"]) {
    versions.set(id, (await writer.save(id, { content: CONTENT }, { metadata: { title: id } })).version);
  }
  for (const [id, change] of CORRUPTIONS) await rewrite(id, change);
  // A new client, which has read none of the records yet.
  return { store: await open(), versions };
}

export async function bytesOf({ rewrite }: CaseContext, id: string): Promise<string> {
  let bytes = "";
  await rewrite(id, (record) => {
    bytes = Buffer.from(record).toString("hex");
    return record;
  });
  return bytes;
}
