import { expectTrue, expectError, show } from "../../suite/expectations.ts";
import { type Clients, idOf, type Target } from "./command.ts";
import type { Model } from "./model.ts";
import type { ResolvedPrevious } from "./previous.ts";

/** Compares the thread with the model, through another client if there is one. */
export async function checkThread(model: Model, clients: Clients, to: Target): Promise<void> {
  const { client, namespace } = to;
  const id = idOf(model, to);
  const stored = await clients.view(client + 1, namespace).load(id);
  model.checkReturned(namespace, id, stored, "a load after the call returns");
}

/**
 * Expects a conflict. `mayBeInvalid` says whether a store may also reject an argument. By default, it may if the thread
 * never had the version.
 */
export async function expectConflict(
  model: Model,
  to: Target,
  previous: ResolvedPrevious,
  call: () => Promise<unknown>,
  mayBeInvalid: boolean = previous.isForeign,
): Promise<void> {
  const id = idOf(model, to);
  const codes = mayBeInvalid ? (["CONFLICT", "INVALID_ARGUMENT"] as const) : (["CONFLICT"] as const);
  const { code, currentVersion } = await expectError(
    codes,
    "a call whose `previous` is not the current version",
    call,
  );
  const current = model.live(to.namespace, id)?.version;
  expectTrue(
    code !== "CONFLICT" || currentVersion === undefined || currentVersion === current,
    "`currentVersion` of a CONFLICT error is the current version or undefined",
    `it was ${show(currentVersion)}, but the current version is ${show(current)}`,
  );
}
