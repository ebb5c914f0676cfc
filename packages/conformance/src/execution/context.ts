import { randomBytes } from "node:crypto";
import type { ThreadStore } from "@threadstore/core";
import type { CaseContext } from "../conformance-case.ts";
import type { Harness } from "../harness.ts";

/** A case's context, and how to clear up after it. */
export interface OwnedContext extends CaseContext {
  /** Closes what is still open and destroys the places, whatever of it fails; then throws the failures. */
  end(): Promise<void>;
}

export function contextFor(
  harness: Harness,
  caseId: string,
  { signal, random }: Pick<CaseContext, "signal" | "random">,
): OwnedContext {
  const open = new Set<ThreadStore>();
  const place = `${caseId.toLowerCase()}-${randomBytes(6).toString("hex")}`;
  const elsewhere = `${place}-b`;
  const places = new Set<string>();

  async function openAt(at: string, options: Parameters<CaseContext["open"]>[0]): Promise<ThreadStore> {
    places.add(at);
    const store = await harness.open(at, options ?? {});
    open.add(store);
    return store;
  }

  return {
    signal,
    random,
    timeoutFactor: harness.timeoutFactor ?? 1,
    open: (options) => openAt(place, options),
    openElsewhere: (options) => openAt(elsewhere, options),
    async close(store) {
      open.delete(store);
      await store.close();
    },
    rewrite: async (id, change) => power(harness, "rewrite")(place, id, change),
    entries: async () => power(harness, "entries")(place),
    async end() {
      const closed = await Promise.allSettled([...open].map((store) => store.close()));
      const destroyed = await Promise.allSettled([...places].map((each) => harness.destroy(each)));
      const reasons = [...closed, ...destroyed].flatMap((each) =>
        each.status === "rejected" ? [each.reason] : [],
      );
      if (reasons.length > 0)
        throw new AggregateError(reasons, `Clearing up failed: ${reasons.map(String).join("; ")}`);
    },
  };
}

function power<Name extends "rewrite" | "entries">(harness: Harness, name: Name): NonNullable<Harness[Name]> {
  const method: Harness[Name] = harness[name];
  if (method === undefined)
    throw new TypeError(`The case uses the power ${name}, which its "powers" do not name.`);
  return method.bind(harness) as NonNullable<Harness[Name]>;
}
