import { ThreadStoreError, type ThreadStore } from "@threadstore/core";
import type { FaultProxy, ArmedFault } from "../../engines/fault-proxy/index.ts";
import type { CaseContext } from "../../suite/conformance-case.ts";
import {
  type Outcome,
  fail,
  describeError,
  expectEqual,
  loadExisting,
  expectTrue,
  expectError,
} from "../../suite/expectations.ts";
import { graceMs, SHORT_TIMEOUT_MS, promptly } from "../../suite/time-limits.ts";
import { startStopwatch } from "../../utilities/effective-time.ts";
import { callNamed } from "./calls.ts";

export const PATIENCE_MS = 20_000;

const READS: ReadonlySet<string> = new Set(["load", "list", "listPage", "deleteExpired"]);

/** Restores the network. Connections that it has forgotten are reset, as an operating system does. */
export async function restore(proxy: FaultProxy, hole: ArmedFault): Promise<void> {
  hole.disarm();
  await proxy.cutAll();
}

/** Expects that a call failed because of an outage. Only a write may have an unknown outcome. */
export function failedByOutage(name: string, outcome: Outcome<unknown>, during: string): void {
  const codes = READS.has(name) ? ["UNAVAILABLE"] : ["UNAVAILABLE", "OUTCOME_UNKNOWN"];
  const promised = `${name} ${during} is ${codes.join(" or ")}`;
  if (outcome.state === "resolved") fail(promised, `it resolved to ${String(outcome.value)}`);
  const { error } = outcome;
  if (!ThreadStoreError.is(error) || !codes.includes(error.code))
    fail(promised, `it rejected with ${describeError(error)}`);
  expectEqual(error.retryable, error.code === "UNAVAILABLE", `${error.code} states whether it is retryable`);
}

export async function worksAgain({ open }: CaseContext, store: ThreadStore): Promise<void> {
  await store.save("afterwards", {});
  await loadExisting(await open(), "afterwards", "a store works once its network is restored");
}

export async function abortInSilence(
  context: CaseContext,
  proxy: FaultProxy,
  store: ThreadStore,
  name: string,
): Promise<void> {
  const controller = new AbortController();
  const reason = new Error(`the user left ${name}`);
  const hole = proxy.arm({ type: "blackHole", times: Infinity });
  const promised = `${name} that is aborted while the backend is silent rejects promptly with the signal's reason`;
  const calling = promptly(PATIENCE_MS, promised, () =>
    callNamed(name, store, "a", { signal: controller.signal, timeoutMs: 2 * PATIENCE_MS }),
  );
  await Promise.race([hole.struck, calling]);
  const elapsedMs = startStopwatch();
  controller.abort(reason);
  const outcome = await calling;
  const waited = Math.round(elapsedMs());
  if (outcome.state === "resolved") fail(promised, "it succeeded");
  if (outcome.error !== reason) fail(promised, `it rejected with ${describeError(outcome.error)}`);
  expectTrue(waited < graceMs(context), promised, `it took ${waited} ms`);
  await restore(proxy, hole);
}

/** Makes the call on a new store whose backend is down. */
export async function callInVain(context: CaseContext, store: ThreadStore, name: string): Promise<void> {
  const promised = `${name} ends within its timeoutMs, ${SHORT_TIMEOUT_MS} ms, while the backend refuses connections`;
  const call = (): Promise<unknown> => callNamed(name, store, "a", { timeoutMs: SHORT_TIMEOUT_MS });
  const outcome = await promptly(SHORT_TIMEOUT_MS + graceMs(context), promised, call);
  await expectError("UNAVAILABLE", `${name} while the backend refuses connections`, () => settled(outcome));
}

function settled(outcome: Outcome<unknown>): Promise<unknown> {
  return outcome.state === "resolved" ? Promise.resolve(outcome.value) : Promise.reject(outcome.error);
}
