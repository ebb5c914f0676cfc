import type { ThreadStore } from "@threadstore/core";
import type { FaultProxy, InsteadOf } from "../../engines/fault-proxy/index.ts";
import {
  type RefusalKind,
  type Refusal,
  protocolOf,
  refusalsOf,
} from "../../engines/fault-proxy/refusals.ts";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { outcomeOf, expectTrue } from "../../suite/expectations.ts";
import { type Change, type AllowedCodes, atEachRequest, expectTruthful } from "./changes.ts";

/** A store that reaches its backend through a proxy, and the errors with which the proxy can respond. */
export interface RefusalFixture {
  readonly context: CaseContext;
  readonly proxy: FaultProxy;
  readonly store: ThreadStore;
  readonly refusals: (...kinds: RefusalKind[]) => Refusal[];
}

export async function openRefusalFixture(
  context: CaseContext,
  insteadOf?: InsteadOf,
): Promise<RefusalFixture> {
  const proxy = await context.startProxy();
  const store = await context.openThrough(proxy);
  const protocol = await protocolOf(proxy, () => store.save("warm", {}, { overwrite: true }));
  const refusals = (...kinds: RefusalKind[]): Refusal[] =>
    kinds.flatMap((kind) => refusalsOf(protocol, kind, insteadOf));
  return { context, proxy, store, refusals };
}

interface ChangesRefused {
  readonly refusals: readonly Refusal[];
  readonly changes: readonly Change[];
  readonly allowed: AllowedCodes;
}

/** Lets each request of each change fail once with each error, and compares the outcome with the stored thread. */
export async function refuseEach(
  { context, proxy, store }: RefusalFixture,
  { refusals, changes, allowed }: ChangesRefused,
): Promise<void> {
  const { settings, open } = context;
  const other = await open();
  let rejected = 0;
  const pairs = refusals.flatMap((refusal) => changes.map((change) => ({ refusal, change })));
  for (const [index, { refusal, change }] of pairs.entries()) {
    // A third of the pairs includes every error and every change.
    if (settings.effort === "quick" && index % 3 !== 0) continue;
    const [view, direct] = [store, other].map((each) => each.namespace(`refusal-${index}`));
    if (view === undefined || direct === undefined) continue;
    await atEachRequest(proxy, view, change, async (attempt) => {
      const armed = proxy.arm({ ...refusal.fault, nth: attempt.nth });
      const outcome = await outcomeOf(() => change.make(view, attempt.id, attempt.storedBefore));
      armed.disarm();
      expectTruthful(
        change,
        attempt,
        outcome,
        await direct.load(attempt.id),
        `request is answered with ${refusal.name}`,
        allowed,
      );
      rejected += outcome.state === "rejected" ? 1 : 0;
    });
  }
  expectTrue(
    rejected > 0 || refusals.length === 0,
    "some change fails if a response is replaced by an error",
    "none failed",
  );
}
