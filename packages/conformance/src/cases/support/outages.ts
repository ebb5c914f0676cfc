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
import { graceMs, promptly } from "../../suite/time-limits.ts";
import { startStopwatch } from "../../utilities/effective-time.ts";
import { callNamed } from "./calls.ts";

export const PATIENCE_MS = 20_000;

const READS: ReadonlySet<string> = new Set(["load", "list", "listPage", "deleteExpired", "namespaces"]);

/** Restores the network. Connections that it has forgotten are reset, as an operating system does. */
export async function restore(proxy: FaultProxy, blackHole: ArmedFault): Promise<void> {
  blackHole.disarm();
  await proxy.cutAll();
}

/** Expects that a call failed because of an outage. Only a write may have an unknown outcome. */
export function expectOutage(name: string, outcome: Outcome<unknown>, during: string): void {
  const codes = READS.has(name) ? ["UNAVAILABLE"] : ["UNAVAILABLE", "OUTCOME_UNKNOWN"];
  const expectation = `${name} ${during} is ${codes.join(" or ")}`;
  if (outcome.state === "resolved") fail(expectation, `it resolved to ${String(outcome.value)}`);
  const { error } = outcome;
  if (!ThreadStoreError.is(error) || !codes.includes(error.code))
    fail(expectation, `it rejected with ${describeError(error)}`);
  expectEqual(error.retryable, error.code === "UNAVAILABLE", `${error.code} states whether it is retryable`);
}

export async function expectRecovery({ open }: CaseContext, store: ThreadStore): Promise<void> {
  await store.save("afterwards", {});
  await loadExisting(await open(), "afterwards", "a store works once its network is restored");
}

export async function abortWhileSilent(
  context: CaseContext,
  proxy: FaultProxy,
  store: ThreadStore,
  name: string,
): Promise<void> {
  const controller = new AbortController();
  const reason = new Error(`the user left ${name}`);
  const blackHole = proxy.arm({ type: "blackHole", times: Infinity });
  const expectation = `${name} that is aborted while the backend is silent rejects promptly with the signal's reason`;
  const calling = promptly(PATIENCE_MS, expectation, () =>
    callNamed(name, store, "a", { signal: controller.signal, timeoutMs: 2 * PATIENCE_MS }),
  );
  await Promise.race([blackHole.struck, calling]);
  const elapsedMs = startStopwatch();
  controller.abort(reason);
  const outcome = await calling;
  const waited = Math.round(elapsedMs());
  if (outcome.state === "resolved") fail(expectation, "it succeeded");
  if (outcome.error !== reason) fail(expectation, `it rejected with ${describeError(outcome.error)}`);
  expectTrue(waited < graceMs(context), expectation, `it took ${waited} ms`);
  await restore(proxy, blackHole);
}

/**
 * Makes the call on a new store whose backend is down. The call must fail because its retries are used up: if the deadline
 * passes while it connects, as on a busy machine, the outcome of a write is unknown.
 */
export async function callWhileDown(context: CaseContext, store: ThreadStore, name: string): Promise<void> {
  const expectation = `${name} ends within its timeoutMs, ${PATIENCE_MS} ms, while the backend refuses connections`;
  const call = (): Promise<unknown> => callNamed(name, store, "a", { timeoutMs: PATIENCE_MS });
  const outcome = await promptly(PATIENCE_MS + graceMs(context), expectation, call);
  await expectError("UNAVAILABLE", `${name} while the backend refuses connections`, () => promiseOf(outcome));
}

function promiseOf(outcome: Outcome<unknown>): Promise<unknown> {
  return outcome.state === "resolved" ? Promise.resolve(outcome.value) : Promise.reject(outcome.error);
}
