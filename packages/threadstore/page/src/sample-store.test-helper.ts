import type { ThreadStore } from "@threadstore/core";
import { faulty, long, refund, TITLES, waiting } from "./sample-threads.test-helper.ts";

const DAY_MS = 86_400_000;

/** Fills a store with the conversations of a small company, for tests and for pictures. The latest is the last one. */
export async function fillStore(store: ThreadStore): Promise<void> {
  const europe = store.namespace("acme").namespace("europe");
  for (const name of ["americas", "asia"])
    await saveShort(store.namespace("acme").namespace(name), "hello", "Hello");
  await saveShort(store.namespace("globex"), "hello", "Hello");
  await saveShort(store.namespace("internal"), "hello", "Hello");
  for (const [index, title] of TITLES.entries()) {
    const id = `thread_${(0x7f3a91 + index * 7919).toString(36)}`;
    await europe.save(id, index % 3 === 0 ? long(4000 * (index + 1)) : short(title), {
      metadata: { title, owner: index % 2 === 0 ? "ann" : "ben", channel: "web" },
    });
  }
  await europe.save("invoice-2093", waiting(), { metadata: { title: "Pay the open invoice", owner: "ben" } });
  await europe.save("trip-rome", faulty(), { metadata: { title: "Trip to Rome", owner: "ann" } });
  await saveInSteps(europe, "order-4711", refund() as { readonly messages: readonly object[] });
}

async function saveInSteps(
  store: ThreadStore,
  id: string,
  thread: { readonly messages: readonly object[] },
): Promise<void> {
  const metadata = { title: "Refund for order 4711", owner: "ann", channel: "web", plan: "business" };
  for (const end of thread.messages.keys()) {
    const { version } = (await store.load(id)) ?? {};
    await store.save(
      id,
      { ...thread, messages: thread.messages.slice(0, end + 1) },
      { metadata, ttlMs: 90 * DAY_MS, ...(version === undefined ? {} : { previous: version }) },
    );
  }
}

function short(title: string): object {
  return {
    messages: [
      { role: "user", content: title },
      { role: "assistant", content: "Gladly. Which format do you need?" },
    ],
  };
}

async function saveShort(store: ThreadStore, id: string, title: string): Promise<void> {
  await store.save(id, short(title), { metadata: { title } });
}
