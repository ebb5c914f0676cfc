import { memoryStore, type ThreadStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { base64, memoryBackend } from "./backend.test-helper.ts";
import { withAttachments } from "./with-attachments.ts";

type Call = (store: ThreadStore) => Promise<unknown>;

const CAUSE = new Error("thrown by the caller's code");
const throws = (): never => {
  throw CAUSE;
};
const unreadable = new Proxy({}, { ownKeys: throws, getPrototypeOf: throws, has: throws, get: throws });

const CALLS: readonly Call[] = [
  ...[null, [], "text", { where: null }, { where: { a: undefined } }, { where: unreadable }].map(
    (options): Call =>
      (store) =>
        store.listPage(options as never),
  ),
  ...[{ metadata: "yes" }, { limit: 0 }, { order: "size" }, { cursor: "x" }].map(
    (options): Call =>
      (store) =>
        store.listPage(options as never),
  ),
  ...[
    null,
    { previous: null },
    { metadata: { a: undefined } },
    {
      get timeoutMs() {
        return throws();
      },
    },
  ].flatMap((options): Call[] => [
    (store) => store.save("a", { image: base64() }, options as never),
    (store) => store.append("a", [1], options as never),
    (store) => store.touch("a", options as never),
  ]),
  (store) => store.save("a", { image: base64(), value: unreadable }),
  (store) => store.append("a", [unreadable]),
  (store) => store.append("a", [1], { create: unreadable }),
  (store) => store.delete("a", { previous: unreadable as never }),
  (store) => store.load("a", { cached: unreadable as never }),
  (store) => store.deleteExpired({ cursor: "x" }),
  (store) => store.namespaces({ cursor: "x" }),
  (store) => store.erase({ cursor: "x" }),
];

async function outcomeOf(call: Promise<unknown>): Promise<object> {
  return call.then(
    () => ({ code: "resolved" }),
    ({ code, message, cause }: { code: string; message: string; cause: unknown }) => ({
      code,
      message,
      cause,
    }),
  );
}

it("a store with attachments answers hostile arguments like its inner store, and writes nothing", async () => {
  const backend = memoryBackend();
  for (const call of CALLS) {
    const [outcome, expected] = [await outcomeOf(call(backend.open())), await outcomeOf(call(memoryStore()))];
    expect(outcome, String(call)).toEqual(expected);
    expect(outcome).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  expect([...backend.records.values()].reduce((count, records) => count + records.size, 0)).toBe(0);
  for (const options of [null, [], "text", unreadable]) {
    expect(() => withAttachments(memoryStore(), options as never)).toThrow(TypeError);
  }
});
