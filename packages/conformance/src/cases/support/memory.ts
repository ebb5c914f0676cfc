import type { ThreadStore } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { expectTrue, outcomeOf } from "../../suite/expectations.ts";
import { garbageCollector } from "../../utilities/garbage-collector.ts";
import { range } from "../../utilities/parallel.ts";

const CALLS_PER_KIND = 24;

/** A store may remember some calls, such as the threads that were saved last, but not all of them. */
const MAX_ALIVE = CALLS_PER_KIND / 2;

type Kind = "threads to save" | "options" | "stored threads" | "errors";

function alive(references: readonly WeakRef<object>[]): number {
  return references.filter((each) => each.deref() !== undefined).length;
}

/** Makes calls, drops their arguments and results, and counts how many of these objects remain in memory. */
export async function expectCallsForgotten({ open }: CaseContext): Promise<void> {
  const collect = garbageCollector();
  if (collect === undefined) return;
  const store = await open();
  const objects = await makeCalls(store);
  const hasForgotten = (): boolean => [...objects.values()].every((each) => alive(each) <= MAX_ALIVE);
  // Objects stay in memory until the job that used them ends, and some go only after others.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    for (const _ of range(3)) await new Promise((resolve) => setImmediate(resolve));
    collect();
    if (hasForgotten()) return;
  }
  for (const [kind, references] of objects) {
    const count = alive(references);
    expectTrue(
      count <= MAX_ALIVE,
      `a store forgets the ${kind} of calls that have ended`,
      `${count} of ${references.length} remain in memory`,
    );
  }
}

async function makeCalls(store: ThreadStore): Promise<Map<Kind, WeakRef<object>[]>> {
  const objects = new Map<Kind, WeakRef<object>[]>();
  function track<T>(kind: Kind, value: T): T {
    const references = objects.get(kind) ?? [];
    objects.set(kind, references);
    if (typeof value === "object" && value !== null) references.push(new WeakRef(value));
    return value;
  }
  for (const n of range(CALLS_PER_KIND)) {
    const options = track("options", { overwrite: true, metadata: { title: `${n}` } });
    track("stored threads", await store.save("a", track("threads to save", { n }), options));
    track("stored threads", await store.load("a", track("options", { timeoutMs: 30_000 })));
    const failed = await outcomeOf(() => store.save("a", track("threads to save", { n }), {}));
    if (failed.state === "rejected") track("errors", failed.error);
  }
  return objects;
}
