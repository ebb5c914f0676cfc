import { inspect } from "node:util";
import type { ThreadStore } from "@threadstore/core";
import type { Fault, FaultProxy } from "../../engines/fault-proxy/index.ts";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { expectTrue, outcomeOf } from "../../suite/expectations.ts";
import { SHORT_TIMEOUT_MS } from "../../suite/time-limits.ts";
import { reachableText } from "../../utilities/reachable-text.ts";
import { openRefusalFixture } from "./refused-changes.ts";

const CANARY = "c4n4ry-0f-th3-c4s3";

/** Returns calls that send or receive content of threads. */
function callsWithContent(store: ThreadStore): (readonly [name: string, call: () => Promise<unknown>])[] {
  // A call whose requests all fail need not end earlier.
  const limited = { timeoutMs: SHORT_TIMEOUT_MS };
  const thread = { text: CANARY };
  const metadata = { title: CANARY };
  return [
    ["save", () => store.save("new", thread, { ...limited, metadata })],
    ["save with overwrite", () => store.save("a", thread, { ...limited, metadata, overwrite: true })],
    ["load", () => store.load("a", limited)],
    ["delete", () => store.delete("a", limited)],
    ["update", () => store.update("a", () => thread, { ...limited, metadata })],
    ["listPage", () => store.listPage({ ...limited, metadata: true })],
  ];
}

/** Lets every request fail in several ways, and searches everything that the errors lead to. */
export async function failWithoutSecrets(context: CaseContext): Promise<void> {
  const { proxy, refusals } = await openRefusalFixture(context);
  const refused = (["denied", "failing", "full", "unexpected"] as const).flatMap((kind) =>
    context.settings.effort === "full" ? refusals(kind) : refusals(kind).slice(0, 1),
  );
  // A call that is not retried fails at once.
  const store = await context.openThrough(proxy, { maxRetries: 0 });
  await store.save("a", { text: CANARY }, { metadata: { title: CANARY } });
  const faults: readonly (readonly [string, Fault])[] = [
    ["requests are cut", { type: "cutRequest", afterBytes: 30 }],
    ["responses are lost", { type: "discardResponse" }],
    ["responses are cut", { type: "cutResponse", afterBytes: 20 }],
    ...refused.map(({ name, fault }) => [`responses are ${name}`, fault] as const),
  ];
  for (const [during, fault] of faults) {
    const armed = proxy.arm({ ...fault, times: Infinity });
    await expectNoSecrets(context, store, `while all ${during}`);
    armed.disarm();
  }
  await refuseConnections(proxy, () =>
    expectNoSecrets(context, store, "while the backend refuses connections"),
  );
}

async function refuseConnections(proxy: FaultProxy, work: () => Promise<void>): Promise<void> {
  proxy.refuse();
  await proxy.cutAll();
  await work();
  await proxy.accept();
}

async function expectNoSecrets(
  { secrets }: Pick<CaseContext, "secrets">,
  store: ThreadStore,
  during: string,
): Promise<void> {
  const outcomes = await Promise.all(
    callsWithContent(store).map(async ([name, call]) => [name, await outcomeOf(call)] as const),
  );
  const failed = outcomes.flatMap(([name, outcome]) =>
    outcome.state === "rejected" ? [{ name, error: outcome.error }] : [],
  );
  expectTrue(failed.length > 0, `calls fail ${during}`, "none failed");
  for (const { name, error } of failed) {
    const text = `${inspect(error, { depth: 10, showHidden: true })} ${reachableText(error)}`;
    expectTrue(
      !text.includes(CANARY),
      `the error of ${name} ${during} does not lead to content of a thread`,
      `it does: ${pathTo(error, CANARY)}`,
    );
    const index = secrets.findIndex((secret) => text.includes(secret));
    // The failure must not contain the secret, either.
    expectTrue(
      index === -1,
      `the error of ${name} ${during} does not lead to a secret of the harness`,
      `it leads to the one with the index ${index}: ${pathTo(error, secrets[index] ?? "")}`,
    );
  }
}

/** Returns the names of the properties that lead to the text. */
function pathTo(root: unknown, text: string): string {
  const visited = new Set<unknown>();
  const pending: { readonly value: unknown; readonly path: string }[] = [{ value: root, path: "error" }];
  for (const { value, path } of pending) {
    if (typeof value === "string" && value.includes(text)) return path;
    if (typeof value !== "object" || value === null || visited.has(value)) continue;
    visited.add(value);
    for (const name of Reflect.ownKeys(value))
      pending.push({ value: memberOf(value, name), path: `${path}.${String(name)}` });
  }
  return "some of its members";
}

function memberOf(value: object, name: PropertyKey): unknown {
  try {
    return Reflect.get(value, name);
  } catch {
    // A getter may throw.
    return undefined;
  }
}
