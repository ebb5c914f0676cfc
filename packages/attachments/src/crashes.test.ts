import type { StoredThread, ThreadStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { type Backend, memoryBackend, base64 } from "./backend.test-helper.ts";

const images = Array.from({ length: 4 }, () => base64());

/** The calls that a process makes. Each resolves with the resulting thread. */
const calls: readonly ((
  store: ThreadStore,
  previous: StoredThread | undefined,
) => Promise<StoredThread | undefined>)[] = [
  (store) => store.save("a", { step: 1, images: images.slice(0, 2) }),
  (store, previous) => store.save("a", { step: 2, images: images.slice(1, 4) }, { previous }),
  (store) => store.save("a", { step: 3, images: images.slice(2, 3) }, { overwrite: true }),
  (store) => store.update("a", (current) => ({ ...current?.thread, step: 4, more: images[0] })),
  async (store, previous) => {
    await store.delete("a", { previous });
    return undefined;
  },
  (store) => store.save("a", { step: 6, images: images.slice(0, 2) }),
  async (store) => {
    await store.delete("a");
    return undefined;
  },
  (store) => store.save("a", { step: 8, images: images.slice(0, 1) }),
];

/** Makes the calls until the backend has received `count` requests. Returns the states that the thread may be in. */
async function crashAfter(
  backend: Backend,
  count: number,
): Promise<{ crashed: boolean; states: (string | undefined)[] }> {
  backend.before = () => {
    if (backend.requests.length > count) throw new Error("The process has crashed.");
  };
  const store = backend.open();
  const shadow = memoryBackend().openInner();
  let previous: StoredThread | undefined;
  let expected: StoredThread | undefined;
  for (const call of calls) {
    const before = expected?.json;
    expected = await call(shadow, expected);
    try {
      previous = await call(store, previous);
    } catch {
      return { crashed: true, states: [before, expected?.json] };
    }
  }
  return { crashed: false, states: [expected?.json] };
}

/** Expects that the stored attachments are those that the thread refers to. */
async function expectNoOrphans(backend: Backend): Promise<void> {
  const json = (await backend.openInner().load("a"))?.json ?? "";
  const references = new Set(json.match(/(?<="\.attachments:)[^"]+/gu));
  expect(new Set(backend.idsIn().map((id) => id.slice(id.indexOf(".") + 1)))).toEqual(references);
}

it("a crash before any request leaves the thread unchanged or fully updated, and deleteExpired cleans up", async () => {
  let count = 0;
  let crashed = true;
  let orphaned = 0;
  for (; crashed; count += 1) {
    const backend = memoryBackend();
    const outcome = await crashAfter(backend, count);
    ({ crashed } = outcome);
    backend.before = () => undefined;
    expect(outcome.states, `crash before request ${count}`).toContain((await backend.open().load("a"))?.json);

    const attachments = backend.idsIn().length;
    await backend.open().deleteExpired();
    expect(backend.idsIn().length, "deleteExpired keeps recent attachments").toBe(attachments);
    await backend.open({ now: () => Date.now() + 86_400_001 }).deleteExpired();
    await expectNoOrphans(backend);
    if (backend.idsIn().length < attachments) orphaned += 1;
    expect(outcome.states).toContain((await backend.open().load("a"))?.json);
    await backend.open().update("a", (current) => ({ ...current?.thread, after: images[3] }));
    expect((await backend.open().load("a"))?.thread["after"]).toBe(images[3]);
  }
  // Otherwise the crashes did not cover the requests that matter.
  expect(count).toBeGreaterThan(30);
  expect(orphaned).toBeGreaterThan(10);
});

it("a process that does not crash leaves no orphans", async () => {
  const backend = memoryBackend();
  expect((await crashAfter(backend, Infinity)).crashed).toBe(false);
  backend.before = () => undefined;
  await expectNoOrphans(backend);
});
