import { randomBytes } from "node:crypto";
import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { type Diagnosis, diagnoseError } from "./diagnosis.ts";

const WRITERS = 8;
const SAMPLES = 5;
/** The threads of an examination that is killed expire. */
const TTL_MS = 3_600_000;
const SLOW_MS = 1000;

/** Examines any store with threads in a new namespace, which are deleted afterwards. */
export async function examineStore(store: ThreadStore, signal: AbortSignal): Promise<Diagnosis[]> {
  const view = store.namespace(`threadstore-doctor-${randomBytes(6).toString("hex")}`);
  const context: Examination = { view, signal };
  const diagnoses = [await examine("permissions", () => checkPermissions(context))];
  // All other checks would fail for the same reason.
  if (diagnoses.some(({ result }) => result === "failed")) return diagnoses;
  try {
    diagnoses.push(
      await examine("conditional creates", () => checkCreates(context)),
      await examine("conditional saves", () => checkSaves(context)),
      await examine("conditional deletes", () => checkDeletes(context)),
      await examine("reads after writes", () => checkReads(context)),
      await examine("latency of saves", () => measure(context, (index) => save(context, `save-${index}`))),
      await examine("latency of loads", () => measure(context, () => view.load("save-0", { signal }))),
    );
  } finally {
    // Also after Ctrl+C, which has aborted the signal.
    await view.erase().catch(() => undefined);
  }
  return diagnoses;
}

interface Examination {
  readonly view: ThreadStore;
  readonly signal: AbortSignal;
}

type Outcome = Omit<Diagnosis, "check">;

async function examine(check: string, run: () => Promise<Outcome>): Promise<Diagnosis> {
  try {
    return { check, ...(await run()) };
  } catch (error) {
    if (!ThreadStoreError.is(error)) throw error;
    return diagnoseError(check, error);
  }
}

function save({ view, signal }: Examination, id: string, previous?: string): ReturnType<ThreadStore["save"]> {
  return view.save(id, { nonce: randomBytes(8).toString("hex") }, { previous, ttlMs: TTL_MS, signal });
}

async function checkPermissions(context: Examination): Promise<Outcome> {
  const { view, signal } = context;
  await view.load("permissions", { signal });
  await save(context, "permissions");
  await view.listPage({ signal });
  await view.delete("permissions", { signal });
  return { result: "ok", detail: "loads, saves, lists and deletes" };
}

/** Runs writes that exclude one another. Resolves with how many succeeded. */
async function successes(writes: readonly Promise<unknown>[]): Promise<number> {
  const settled = await Promise.allSettled(writes);
  for (const outcome of settled) {
    if (outcome.status === "rejected" && !ThreadStoreError.is(outcome.reason, "CONFLICT"))
      throw outcome.reason;
  }
  return settled.filter(({ status }) => status === "fulfilled").length;
}

const UNSAFE =
  "Do not use this backend: concurrent requests would lose turns. Use a version or a provider that enforces conditions.";

function verdict(succeeded: number): Outcome {
  if (succeeded === 1) return { result: "ok", detail: `1 of ${WRITERS} concurrent writers succeeded` };
  return {
    result: "failed",
    detail: `${succeeded} of ${WRITERS} concurrent writers succeeded`,
    remedy: UNSAFE,
  };
}

async function checkCreates(context: Examination): Promise<Outcome> {
  return verdict(await successes(Array.from({ length: WRITERS }, () => save(context, "create"))));
}

async function checkSaves(context: Examination): Promise<Outcome> {
  const { version } = await save(context, "replace");
  return verdict(await successes(Array.from({ length: WRITERS }, () => save(context, "replace", version))));
}

async function checkDeletes(context: Examination): Promise<Outcome> {
  const { view, signal } = context;
  const first = await save(context, "delete");
  await save(context, "delete", first.version);
  const deleted = await successes([view.delete("delete", { previous: first, signal })]);
  const remaining = await view.load("delete", { signal });
  if (deleted === 0 && remaining !== undefined) {
    return { result: "ok", detail: "a delete of an old version is rejected" };
  }
  return { result: "failed", detail: "a delete of an old version deleted a newer one", remedy: UNSAFE };
}

async function checkReads(context: Examination): Promise<Outcome> {
  const { view, signal } = context;
  const saved = await save(context, "read");
  const loaded = await view.load("read", { signal });
  const listed = (await view.listPage({ prefix: "read", signal })).threads[0];
  if (loaded?.version === saved.version && listed?.version === saved.version) {
    return { result: "ok", detail: "loads and listings show the last save" };
  }
  return {
    result: "failed",
    detail: "a load or listing shows an earlier state",
    remedy: "Read from the primary: replicas and caches in between must not answer.",
  };
}

async function measure({ signal }: Examination, call: (index: number) => Promise<unknown>): Promise<Outcome> {
  const times: number[] = [];
  for (let index = 0; index < SAMPLES; index += 1) {
    signal.throwIfAborted();
    const start = performance.now();
    await call(index);
    times.push(performance.now() - start);
  }
  const sorted = times.toSorted((left, right) => left - right);
  const median = sorted[Math.floor(SAMPLES / 2)] ?? 0;
  const detail = `${median.toFixed(1)} ms (median of ${SAMPLES}, at most ${(sorted.at(-1) ?? 0).toFixed(1)} ms)`;
  if (median <= SLOW_MS) return { result: "ok", detail };
  return { result: "warning", detail, remedy: "Run near the backend, or find out what makes it slow." };
}
