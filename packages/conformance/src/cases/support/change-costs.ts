import type { ThreadStore } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { expectTrue } from "../../suite/expectations.ts";

const CHANGES: readonly (readonly [name: string, (store: ThreadStore, id: string) => Promise<unknown>])[] = [
  ["an append", (store, id) => store.append(id, [{ role: "user", content: "Hello" }])],
  ["an append with a key", (store, id) => store.append(id, [1], { key: "delivery" })],
  ["a touch", (store, id) => store.touch(id, { metadata: { title: "A long conversation" } })],
];

/** The longest thread that every store accepts, less what the changes add. */
const LONG = 300_000;
/** Longer than the end of a record that a store may have to read. */
const SHORT = 40_000;

/**
 * What the length of a thread may add to the traffic of a change, in times the difference of the lengths. In place: the
 * end of a record that is stored in chunks may be a part of a chunk. Otherwise, one read and one write, and one more
 * read to compare the version.
 */
const ALLOWED = { inPlace: 0.25, rewriting: 3.25 };

/** Expects that what a new client transfers to change a thread does not depend on the length of the thread. */
export async function expectFlatChanges(context: CaseContext): Promise<void> {
  const { rewritesRecords } = context;
  const writer = await context.open();
  await writer.save("short", { messages: ["x".repeat(SHORT)] });
  await writer.save("long", { messages: ["x".repeat(LONG)] });
  for (const [name, change] of CHANGES) {
    const short = await bytesOf(context, (store) => change(store, "short"));
    const long = await bytesOf(context, (store) => change(store, "long"));
    const limit = short + (LONG - SHORT) * ALLOWED[rewritesRecords ? "rewriting" : "inPlace"];
    const expectation = rewritesRecords
      ? `${name} reads a record of 300 KB at most twice, and writes it once`
      : `${name} transfers no more for a thread of 300 KB than for one of 40 KB (or the harness's network has \`rewritesRecords\`)`;
    expectTrue(long <= limit, expectation, `${short} bytes became ${long}`);
  }
}

/** The bytes that a client which knows nothing of the thread transfers in both directions. */
async function bytesOf(
  { startProxy, openThrough }: CaseContext,
  change: (store: ThreadStore) => Promise<unknown>,
): Promise<number> {
  const proxy = await startProxy();
  const store = await openThrough(proxy);
  // Whatever a client does only once does not count.
  await store.listPage();
  const { bytesUp, bytesDown } = proxy;
  await change(store);
  return proxy.bytesUp + proxy.bytesDown - bytesUp - bytesDown;
}
