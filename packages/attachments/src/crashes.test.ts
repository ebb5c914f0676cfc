import type { StoredThread, ThreadStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { type Backend, backendInMemory, base64 } from "./tools.test-helper.ts";

const images = Array.from({ length: 4 }, () => base64());

/** What a process does with a thread, call by call; each resolves to what the thread is then. */
const life: readonly ((
  store: ThreadStore,
  previous: StoredThread | undefined,
) => Promise<StoredThread | undefined>)[] = [
  (store) => store.save("a", { life: 1, images: images.slice(0, 2) }),
  (store, previous) => store.save("a", { life: 2, images: images.slice(1, 4) }, { previous }),
  (store) => store.save("a", { life: 3, images: images.slice(2, 3) }, { overwrite: true }),
  (store) => store.update("a", (current) => ({ ...current?.thread, life: 4, more: images[0] })),
  async (store, previous) => {
    await store.delete("a", { previous });
    return undefined;
  },
  (store) => store.save("a", { life: 6, images: images.slice(0, 2) }),
  async (store) => {
    await store.delete("a");
    return undefined;
  },
  (store) => store.save("a", { life: 8, images: images.slice(0, 1) }),
];

/** Lives until the backend does so many steps, and none after. The states that the thread may be in then. */
async function dieAt(
  backend: Backend,
  count: number,
): Promise<{ died: boolean; states: (string | undefined)[] }> {
  backend.before = () => {
    if (backend.steps.length > count) throw new Error("The process is dead.");
  };
  const store = backend.open();
  const shadow = backendInMemory().beneath();
  let previous: StoredThread | undefined;
  let ofShadow: StoredThread | undefined;
  for (const call of life) {
    const before = ofShadow?.json;
    ofShadow = await call(shadow, ofShadow);
    try {
      previous = await call(store, previous);
    } catch {
      return { died: true, states: [before, ofShadow?.json] };
    }
  }
  return { died: false, states: [ofShadow?.json] };
}

/** That each attachment that is there is named by the thread, and each that is named is there. */
async function expectNoOrphans(backend: Backend): Promise<void> {
  const json = (await backend.beneath().load("a"))?.json ?? "";
  const named = new Set(json.match(/(?<="\.attachments:)[^"]+/gu));
  expect(new Set(backend.idsIn().map((id) => id.slice(id.indexOf(".") + 1)))).toEqual(named);
}

it("a process that dies before any step leaves the thread as it was or as it was to be, and sweep clears up", async () => {
  let count = 0;
  let died = true;
  let orphaned = 0;
  for (; died; count += 1) {
    const backend = backendInMemory();
    const outcome = await dieAt(backend, count);
    ({ died } = outcome);
    backend.before = () => undefined;
    expect(outcome.states, `killed before step ${count}`).toContain((await backend.open().load("a"))?.json);

    const attachments = backend.idsIn().length;
    await backend.open().deleteExpired();
    expect(backend.idsIn().length, "sweep removes nothing that is young").toBe(attachments);
    await backend.open({ now: () => Date.now() + 86_400_001 }).deleteExpired();
    await expectNoOrphans(backend);
    if (backend.idsIn().length < attachments) orphaned += 1;
    expect(outcome.states).toContain((await backend.open().load("a"))?.json);
    await backend.open().update("a", (current) => ({ ...current?.thread, after: images[3] }));
    expect((await backend.open().load("a"))?.thread["after"]).toBe(images[3]);
  }
  // Otherwise the deaths were not where it matters.
  expect(count).toBeGreaterThan(30);
  expect(orphaned).toBeGreaterThan(10);
});

it("a process that lives leaves no orphans", async () => {
  const backend = backendInMemory();
  expect((await dieAt(backend, Infinity)).died).toBe(false);
  backend.before = () => undefined;
  await expectNoOrphans(backend);
});
