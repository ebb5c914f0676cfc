import fc from "fast-check";
import { textInParts } from "../../utilities/text-in-parts.ts";
import type { ThreadValues, Value } from "./arbitraries.ts";

/**
 * A thread of many messages, described by how it differs from the thread that it replaces: a store that writes only
 * differences has to find them, and to keep the rest.
 */
interface LongThread {
  readonly length: Length;
  /** The form in which a caller passes it: as text, or in a part for each message, as agents do. */
  readonly form: "text" | "messages";
  /** A message that differs, and how many characters it is longer. */
  readonly changed: { readonly message: number; readonly by: number } | undefined;
}

/** The length of the JSON in bytes, or the bytes by which it is longer than that of the replaced thread. */
type Length = { readonly bytes: number } | { readonly byBytes: number };

const HEAD = '{"kind":"chat","messages":[';
const TAIL = "]}";
const MIN_BYTES = 64;
const MAX_BYTES = 300_000;

/** Lengths at which stores begin to store a thread in another way: pages, chunks, blocks, buffers, packets. */
const LIMITS = [256, 512, 1024, 2000, 2048, 3072, 4096, 5500, 8140, 8192, 16_384, 32_768, 65_536];
/** Rare, because they take time. */
const LARGE_LIMITS = [131_072, 262_144];

const nearLimit = (limits: readonly number[], maxCount: number): fc.Arbitrary<number> =>
  fc
    .tuple(
      fc.constantFrom(...limits),
      fc.integer({ min: 1, max: maxCount }),
      fc.oneof(fc.integer({ min: -8, max: 8 }), fc.integer({ min: -300, max: 300 })),
    )
    .map(([limit, count, by]) => limit * count + by);

const bytes: fc.Arbitrary<number> = fc
  .oneof(
    { weight: 8, arbitrary: nearLimit(LIMITS, 3) },
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 24_000 }) },
    { weight: 1, arbitrary: nearLimit(LARGE_LIMITS, 1) },
  )
  .map((number) => Math.max(number, MIN_BYTES));

const longThread: fc.Arbitrary<LongThread> = fc.record({
  length: fc.oneof(
    { weight: 2, arbitrary: bytes.map((number): Length => ({ bytes: number })) },
    {
      weight: 3,
      arbitrary: fc.integer({ min: -4000, max: 4000 }).map((byBytes): Length => ({ byBytes })),
    },
  ),
  form: fc.constantFrom<LongThread["form"][]>("text", "messages"),
  changed: fc.option(fc.record({ message: fc.nat(40), by: fc.constantFrom(0, 1, 64, 5000) }), {
    nil: undefined,
    freq: 5,
  }),
});

/** The lengths of new messages, in characters. They repeat, but not with the period of a power of two. */
const MESSAGE_LENGTHS = [200, 37, 800, 5, 410, 2100, 90];
/** Characters of 1 to 4 bytes, and escaped ones. */
const CHARACTERS = ["a", "é", "漢", "😀", '"', "z", "\n"];

function newMessage(index: number): string {
  const character = CHARACTERS[index % CHARACTERS.length] ?? "";
  return `${index}:${character.repeat(MESSAGE_LENGTHS[index % MESSAGE_LENGTHS.length] ?? 1)}`;
}

const isChat = (thread: unknown): thread is { readonly messages: readonly unknown[] } =>
  typeof thread === "object" && thread !== null && "messages" in thread && Array.isArray(thread.messages);

/** Returns the messages of a thread; none if it has no such member. */
function messagesOf(current: string | undefined): readonly unknown[] {
  const thread: unknown = current === undefined ? {} : JSON.parse(current);
  return isChat(thread) ? thread.messages : [];
}

/** Returns the part of a message. An agent passes the same string again as long as the message does not change. */
function partOf(comma: string, message: unknown, changed: LongThread["changed"] | false): string {
  const text = changed === false ? message : `changed${"+".repeat(changed?.by ?? 0)}${String(message)}`;
  const part = comma + JSON.stringify(text);
  const known = knownParts.get(part);
  if (known !== undefined) return known;
  if (knownParts.size >= MAX_KNOWN) knownParts.clear();
  knownParts.set(part, part);
  return part;
}

const knownParts = new Map<string, string>();
const MAX_KNOWN = 1000;

/** The quotes of a message. */
const QUOTES = 2;

/** Returns messages that take exactly this many bytes, with the commas between them: those of `current`, then others. */
function partsOf(length: number, current: readonly unknown[], changed: LongThread["changed"]): string[] {
  const parts: string[] = [];
  let left = length;
  for (let index = 0; ; index += 1) {
    const comma = index === 0 ? "" : ",";
    const message = index < current.length ? current[index] : newMessage(index);
    const part = partOf(comma, message, changed?.message === index && changed);
    const after = left - Buffer.byteLength(part);
    // The last message takes what is left, so it needs room for its comma and quotes.
    if (after < QUOTES + 1) return [...parts, `${comma}"${".".repeat(left - comma.length - QUOTES)}"`];
    parts.push(part);
    left = after;
  }
}

function valueOf({ length, form, changed }: LongThread, current: string | undefined): Value {
  const wanted = "bytes" in length ? length.bytes : Buffer.byteLength(current ?? "") + length.byBytes;
  const size = Math.min(Math.max(wanted, MIN_BYTES), MAX_BYTES);
  const parts = partsOf(size - HEAD.length - TAIL.length, messagesOf(current), changed);
  return form === "text" ? HEAD + parts.join("") + TAIL : textInParts(HEAD, ...parts, TAIL);
}

const longText = bytes.map((characters) => "b".repeat(characters));

/** Threads of 64 bytes to 300 KB. */
export const longThreads: ThreadValues = {
  value: longThread.map((thread) => (current) => valueOf(thread, current)),
  elements: fc.array(fc.oneof(longText, fc.string()), { minLength: 1, maxLength: 3 }),
  created: fc.constantFrom<(Value | undefined)[]>(undefined, { kind: "chat", messages: ["first"] }),
  appendOutcomes: ["appended", "created"],
};
