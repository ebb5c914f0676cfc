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
import { type Change, type Excuses, atEachRequest, honest } from "./changes.ts";

/** A store that reaches its backend through a proxy, and the errors with which the proxy can respond. */
export interface Stage {
  readonly context: CaseContext;
  readonly proxy: FaultProxy;
  readonly store: ThreadStore;
  readonly refusals: (...kinds: RefusalKind[]) => Refusal[];
}

export async function onStage(context: CaseContext, insteadOf?: InsteadOf): Promise<Stage> {
  const proxy = await context.startProxy();
  const store = await context.openThrough(proxy);
  const protocol = await protocolOf(proxy, () => store.save("warm", {}, { overwrite: true }));
  const refusals = (...kinds: RefusalKind[]): Refusal[] =>
    kinds.flatMap((kind) => refusalsOf(protocol, kind, insteadOf));
  return { context, proxy, store, refusals };
}

interface ChangesRefused {
  readonly answers: readonly Refusal[];
  readonly changes: readonly Change[];
  readonly excuses: Excuses;
}

/**
 * Answers each request of each change with each error in turn, once, and compares the outcome with what is stored.
 */
export async function refuseEach(
  { context, proxy, store }: Stage,
  { answers, changes, excuses }: ChangesRefused,
): Promise<void> {
  const { settings, open } = context;
  const other = await open();
  let rejected = 0;
  const pairs = answers.flatMap((refusal) => changes.map((change) => ({ refusal, change })));
  for (const [index, { refusal, change }] of pairs.entries()) {
    // A third of the pairs includes every error and every change.
    if (settings.effort === "quick" && index % 3 !== 0) continue;
    const [view, direct] = [store, other].map((each) => each.namespace(`refusal-${index}`));
    if (view === undefined || direct === undefined) continue;
    await atEachRequest(proxy, view, change, async (attempt) => {
      const armed = proxy.arm({ ...refusal.fault, nth: attempt.nth });
      const outcome = await outcomeOf(() => change.make(view, attempt.id, attempt.seen));
      armed.disarm();
      honest(
        change,
        attempt,
        outcome,
        await direct.load(attempt.id),
        `request is answered with ${refusal.name}`,
        excuses,
      );
      rejected += outcome.state === "rejected" ? 1 : 0;
    });
  }
  expectTrue(
    rejected > 0 || answers.length === 0,
    "some change fails if a response is replaced by an error",
    "none failed",
  );
}
