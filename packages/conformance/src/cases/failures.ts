import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { type ThreadStore, ThreadStoreError, THREAD_STORE_ERROR_CODES } from "@threadstore/core";
import { terminateWriters } from "../engines/crash/terminate-writers.ts";
import {
  section,
  FAULTY_NETWORK,
  DURABLE,
  HYGIENE,
  type ConformanceCase,
} from "../suite/conformance-case.ts";
import {
  outcomeOf,
  fail,
  describeError,
  expectTrue,
  expectError,
  show,
  expectEqual,
  expectRejection,
  loadExisting,
} from "../suite/expectations.ts";
import { graceMs, SHORT_TIMEOUT_MS, promptly } from "../suite/time-limits.ts";
import { startStopwatch } from "../utilities/effective-time.ts";
import { range } from "../utilities/parallel.ts";
import { warningsDuring } from "../utilities/process-warnings.ts";
import { reachableText } from "../utilities/reachable-text.ts";
import { retryableCalls, expectRetryAfterHonored, MAX_ATTEMPTS } from "./support/busy-backends.ts";
import { everyCall, callNamed } from "./support/calls.ts";
import {
  create,
  replace,
  removeAtVersion,
  atEachRequest,
  hasEffect,
  expectTruthful,
  requestsOf,
} from "./support/changes.ts";
import { cutEach, dropIdle } from "./support/connections.ts";
import { abortBetweenRequests } from "./support/late-responses.ts";
import { abortOnSilentNetwork, openAndCloseStores, failRepeatedly } from "./support/leaks.ts";
import { expectCallsForgotten } from "./support/memory.ts";
import { abortWhileSilent, expectRecovery, expectOutage, restore, PATIENCE_MS } from "./support/outages.ts";
import { expectUnchanged, idsOf, textOf, pollFor } from "./support/reading.ts";
import { saveToFullBackend } from "./support/refusals.ts";
import { openRefusalFixture } from "./support/refused-changes.ts";
import { failWithoutSecrets } from "./support/secrets.ts";

const BIG_THREAD = { text: "x".repeat(200_000) };

/** Returns calls with an argument that throws when it is read. */
function unreadableCalls(
  store: ThreadStore,
  thrown: unknown,
): (readonly [argument: string, call: () => Promise<unknown>])[] {
  const throws = (): never => {
    throw thrown;
  };
  const withGetter = (name: string) => Object.defineProperty({}, name, { get: throws, enumerable: true });
  const options = withGetter("timeoutMs");
  const text = withGetter("text");
  const proxy = new Proxy({}, { get: throws, has: throws, ownKeys: throws, getPrototypeOf: throws }) as never;
  return [
    ["an option of save", () => store.save("a", {}, options)],
    ["an option of append", () => store.append("a", [1], options)],
    ["an option of touch", () => store.touch("a", options)],
    ["an option of load", () => store.load("a", options)],
    ["an option of delete", () => store.delete("a", options)],
    ["an option of update", () => store.update("a", () => ({}), options)],
    ["an option of listPage", () => store.listPage(options)],
    ["an option of deleteExpired", () => store.deleteExpired(options)],
    ["an option of namespaces", () => store.namespaces(options)],
    ["an option of erase", () => store.erase(options)],
    ["the object with the options", () => store.load("a", proxy)],
    ["a member of a thread", () => store.save("a", { messages: [text] })],
    ["a thread", () => store.save("a", proxy)],
    ["an element", () => store.append("a", [text], { create: { messages: [] } })],
    ["a thread to create", () => store.append("a", [1], { create: proxy })],
    ["metadata", () => store.save("a", {}, { metadata: text })],
    ["a filter", () => store.listPage({ where: text })],
    ["a version", () => store.delete("a", { previous: proxy })],
  ];
}

/** Returns every call with invalid arguments, as a program without types may pass them. */
function wrongCalls(store: ThreadStore): (readonly [name: string, call: () => unknown])[] {
  const nothing = undefined as never;
  const wrong = { signal: "no", timeoutMs: "soon", limit: "all", cursor: 5, previous: 5 } as never;
  return [
    ["save", () => store.save(nothing, nothing, wrong)],
    ["append", () => store.append(nothing, nothing, wrong)],
    ["touch", () => store.touch(nothing, wrong)],
    ["load", () => store.load(nothing, wrong)],
    ["delete", () => store.delete(nothing, wrong)],
    ["listPage", () => store.listPage(wrong)],
    ["update", () => store.update(nothing, nothing, wrong)],
    ["deleteExpired", () => store.deleteExpired(wrong)],
    ["namespaces", () => store.namespaces(wrong)],
    ["erase", () => store.erase(wrong)],
    ["list", () => store.list(wrong)[Symbol.asyncIterator]().next()],
  ];
}

/** Lets so many iterations of the event loop pass. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const LOOP_MS = 50;

/** Calls of a loop after its time is up. Where this process was paused until then, they are the first to yield. */
const LAST_CALLS = 100;

/** Aborts from a timer of the process, as a user interface or server does. */
function abortedAfter(ms: number): AbortController {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  return controller;
}

function bigThread(n: number): object {
  return { n, text: "x".repeat(300_000), end: n };
}

/** Returns the errors of calls that fail for all reasons that do not involve the backend. */
async function errorsOf(store: ThreadStore, secret: string): Promise<unknown[]> {
  const saved = await store.save("a", { secret, n: 1 }, { metadata: { secret } });
  await store.save("a", { secret, n: 2 }, { previous: saved });
  const cycle: { secret: string; up?: object } = { secret };
  cycle.up = cycle;
  const calls: (() => Promise<unknown>)[] = [
    () => store.save("a", { secret }),
    () => store.save("a", { secret }, { previous: saved }),
    () => store.delete("a", { previous: saved }),
    () => store.save("b", cycle),
    () => store.save("b", `{"a":"${secret}"`),
    () => store.save("b", secret),
    () => store.save("b", `"${secret}"`),
    () => store.save("b", { messages: [{ secret: Number.NaN, text: secret }] }),
    () => store.save("b", { text: secret.repeat(200) }),
    () => store.save("b", { people: { [secret]: undefined } }),
    () => store.save("b", {}, { metadata: { secret: { secret } as never } }),
    () => store.save("b", {}, { metadata: { [secret]: 5 as never } }),
    () => store.save("b", {}, { metadata: { secret: secret.repeat(20_000) } }),
    () => store.load(""),
  ];
  const outcomes = await Promise.all(calls.map((call) => outcomeOf(call)));
  return outcomes.map((outcome) => (outcome.state === "rejected" ? outcome.error : "resolved"));
}

export const failures: ConformanceCase[] = section("Failures", [
  {
    id: "F1-1",
    title: "invalid arguments reject and never throw synchronously",
    clauses: ["F1"],
    async run({ open }) {
      const store = await open();
      for (const [name, call] of wrongCalls(store)) {
        let result: unknown;
        try {
          result = call();
        } catch (error) {
          fail(`${name} returns a promise that rejects`, `it threw ${describeError(error)}`);
        }
        expectTrue(result instanceof Promise, `${name} returns a promise`, `it returned a ${typeof result}`);
        await expectError(
          "INVALID_ARGUMENT",
          `${name} with invalid arguments`,
          () => result as Promise<unknown>,
        );
      }
    },
  },
  {
    id: "F1-2",
    title: "every error is a ThreadStoreError with a code of the closed set, and can be logged and cloned",
    clauses: ["F1", "F5"],
    async run({ open }) {
      const store = await open({ maxThreadBytes: 1000 });
      for (const error of await errorsOf(store, "s3cr3t")) {
        expectTrue(
          ThreadStoreError.is(error),
          "every error is a ThreadStoreError",
          `one was ${inspect(error)}`,
        );
        expectTrue(
          error instanceof Error && error.name === "ThreadStoreError",
          "an error is an Error named ThreadStoreError",
          `it was ${show(error)}`,
        );
        expectTrue(
          THREAD_STORE_ERROR_CODES.includes(error.code),
          "the code is in the closed set",
          `it was ${show(error.code)}`,
        );
        expectEqual(typeof error.retryable, "boolean", "an error states whether it is retryable");
        expectTrue(error.message.length > 10, "the message is a sentence", `it was ${show(error.message)}`);
        const logged = JSON.parse(JSON.stringify(error)) as Record<string, unknown>;
        expectEqual(
          [logged["code"], logged["message"]],
          [error.code, error.message],
          "an error as JSON has its code and message",
        );
        expectEqual(structuredClone(error).message, error.message, "an error can be cloned");
      }
    },
  },
  {
    id: "F1-3",
    title: "no error quotes a thread or its metadata",
    clauses: ["F1"],
    async run({ open }) {
      const store = await open({ maxThreadBytes: 1000 });
      const secret = "c4n4ry-0f-th3-c4s3";
      for (const error of await errorsOf(store, secret)) {
        const text = `${inspect(error, { depth: 10, showHidden: true })} ${reachableText(error)}`;
        expectTrue(
          !text.includes("c4n4ry"),
          "an error never contains content of a thread",
          `one did: ${String(error)}`,
        );
      }
    },
  },
  {
    id: "F1-4",
    title: "invalid call options are INVALID_ARGUMENT",
    clauses: ["F1"],
    async run({ open }) {
      const store = await open();
      const wrong: unknown[] = [
        null,
        "options",
        5,
        { timeoutMs: -1 },
        { timeoutMs: Number.NaN },
        { timeoutMs: "5" },
        { signal: "no" },
        { timeoutMS: 5 },
        { ttl: 5 },
      ];
      for (const options of wrong) {
        const invalid = options as never;
        const calls: (() => Promise<unknown>)[] = [
          () => store.save("a", {}, invalid),
          () => store.load("a", invalid),
          () => store.delete("a", invalid),
          () => store.listPage(invalid),
          () => store.deleteExpired(invalid),
          () => store.namespaces(invalid),
          () => store.erase(invalid),
        ];
        for (const call of calls)
          await expectError("INVALID_ARGUMENT", `a call with options ${show(options)}`, call);
      }
      expectEqual(await store.load("a"), undefined, "a rejected save creates nothing");
    },
  },
  {
    id: "F1-5",
    title: "a save while the backend is full is STORAGE_FULL, and the thread is unchanged",
    ...FAULTY_NETWORK,
    clauses: ["F1", "C3"],
    async run(context) {
      const fixture = await openRefusalFixture(context);
      for (const refusal of fixture.refusals("full")) await saveToFullBackend(fixture, refusal);
    },
  },
  {
    id: "F1-6",
    title: "no error of a failing backend leads to content of a thread or to secrets",
    ...FAULTY_NETWORK,
    clauses: ["F1"],
    run: failWithoutSecrets,
  },
  {
    id: "F1-7",
    title: "an argument that throws when it is read is INVALID_ARGUMENT, with what it threw as the cause",
    clauses: ["F1"],
    async run({ open }) {
      const store = await open();
      const thrown = new Error("thrown by a getter");
      for (const [name, call] of unreadableCalls(store, thrown)) {
        const error = await expectError("INVALID_ARGUMENT", `${name} that throws when it is read`, call);
        expectTrue(error.cause === thrown, `the cause of ${name} is what was thrown`, show(error.cause));
      }
      expectEqual(await store.load("a"), undefined, "a rejected call creates nothing");
    },
  },
  {
    id: "F2-1",
    title: "a call with an aborted signal rejects with its reason and does nothing",
    clauses: ["F2"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      const reason = new Error("the user left");
      const signal = AbortSignal.abort(reason);
      for (const id of ["a", "nothing"]) {
        for (const [name, call] of everyCall(store, id, { signal })) {
          await expectRejection(reason, `${name} with an aborted signal rejects with its reason`, call);
        }
      }
      await expectUnchanged(store, "a", version, '{"n":1}');
      expectEqual(await idsOf(store), ["a"], "a call with an aborted signal does nothing");
    },
  },
  {
    id: "F2-2",
    title: "the signal's reason is passed on unchanged, whatever it is",
    clauses: ["F2"],
    async run({ open }) {
      const store = await open();
      for (const reason of ["a string", 0, null, { custom: true }, new RangeError("x")]) {
        const signal = AbortSignal.abort(reason);
        await expectRejection(reason, `load rejects with the reason ${show(reason)}`, () =>
          store.load("a", { signal }),
        );
      }
      const signal = AbortSignal.abort();
      const { reason } = signal;
      await expectRejection(reason, "load rejects with the platform's own reason", () =>
        store.load("a", { signal }),
      );
    },
  },
  {
    id: "F2-3",
    title: "a save aborted in flight is applied completely or not at all, and the store keeps working",
    clauses: ["F2", "D1"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      await store.save("a", bigThread(0));
      const reason = new Error("the user left");
      for (const n of range(24)) {
        const controller = new AbortController();
        const saving = outcomeOf(() =>
          store.save("a", bigThread(n + 1), { overwrite: true, signal: controller.signal }),
        );
        await turns(n % 12);
        controller.abort(reason);
        const outcome = await saving;
        if (outcome.state === "rejected" && outcome.error !== reason) {
          fail(
            "an aborted save rejects with the signal's reason",
            `it rejected with ${describeError(outcome.error)}`,
          );
        }
        const stored = await loadExisting(other, "a", "a thread exists after a save of it was aborted");
        const { thread } = stored;
        expectEqual(thread["n"], thread["end"], "a thread is complete after a save of it was aborted");
        if (outcome.state === "resolved")
          expectEqual(stored.version, outcome.value.version, "a save that resolved is stored");
      }
      await store.save("b", { n: 1 });
      expectEqual(await textOf(other, "b"), '{"n":1}', "a store works after aborted saves");
      const { n } = (await store.update("a", () => ({ n: "last" })))?.thread ?? {};
      expectEqual(n, "last", "the thread can be saved after aborted saves");
    },
  },
  {
    id: "F2-4",
    title: "aborting after the call has no effect",
    clauses: ["F2"],
    async run({ open }) {
      const store = await open();
      const controller = new AbortController();
      const { signal } = controller;
      const saved = await store.save("a", { n: 1 }, { signal });
      const loaded = await loadExisting(store, "a", "a saved thread can be loaded");
      await store.load("a", { signal });
      const page = await store.listPage({ signal });
      controller.abort(new Error("too late"));
      await turns(3);
      await expectUnchanged(store, "a", saved.version, '{"n":1}');
      expectEqual(loaded.thread, { n: 1 }, "a loaded thread can be used after its signal is aborted");
      expectEqual(page.threads.length, 1, "a page can be used after its signal is aborted");
    },
  },
  {
    id: "F2-5",
    title: "a listing stops when its signal is aborted",
    clauses: ["F2"],
    async run({ open }) {
      const store = await open();
      for (const n of range(6)) await store.save(`thread-${n}`, {});
      const controller = new AbortController();
      const reason = new Error("the user left");
      const listed: string[] = [];
      const read = async (): Promise<void> => {
        for await (const { id } of store.list({ limit: 2, signal: controller.signal })) {
          listed.push(id);
          if (listed.length === 2) controller.abort(reason);
        }
      };
      await expectRejection(reason, "a listing rejects with the signal's reason", read);
      expectTrue(
        listed.length <= 2,
        "an aborted listing reads no further page",
        `it continued to ${show(listed)}`,
      );
    },
  },
  {
    id: "F2-6",
    title: "a call aborted while the backend is silent rejects promptly with the signal's reason",
    ...FAULTY_NETWORK,
    clauses: ["F2"],
    async run(context) {
      const proxy = await context.startProxy();
      const store = await context.openThrough(proxy);
      await store.save("a", { n: 1 });
      for (const [name] of everyCall(store, "a")) await abortWhileSilent(context, proxy, store, name);
      expectEqual(
        (await loadExisting(store, "a", "the thread can be loaded")).thread,
        { n: 1 },
        "calls that never reached the backend have no effect",
      );
      await expectRecovery(context, store);
    },
  },
  {
    id: "F2-7",
    title: "a change that is aborted between its requests does not change the thread later",
    ...FAULTY_NETWORK,
    clauses: ["F2", "C6"],
    run: abortBetweenRequests,
  },
  {
    id: "F3-1",
    title: "close can be called repeatedly and concurrently",
    clauses: ["F3"],
    async run({ open }) {
      const store = await open();
      await store.save("a", { n: 1 });
      const outcomes = await Promise.allSettled([store.close(), store.close(), store.close()]);
      const again = await outcomeOf(() => store.close());
      const states = [...outcomes.map(({ status }) => status), again.state];
      expectEqual(states, ["fulfilled", "fulfilled", "fulfilled", "resolved"], "close resolves every time");
    },
  },
  {
    id: "F3-2",
    title: "after close every call rejects with CLOSED",
    clauses: ["F3"],
    async run({ open, close }) {
      const store = await open();
      const view = store.namespace("x");
      await store.save("a", { n: 1 });
      await close(store);
      for (const [name, call] of [...everyCall(store, "a"), ...everyCall(view, "a")]) {
        const error = await expectError("CLOSED", `${name} after close`, call);
        expectEqual(error.retryable, false, "CLOSED is not retryable");
      }
    },
  },
  {
    id: "F3-3",
    title: "close waits for calls in flight, which succeed",
    clauses: ["F3", "E4"],
    async run({ open, close }) {
      const store = await open();
      const outcomes: string[] = [];
      const saving = range(8).map(async (n) => {
        const outcome = await outcomeOf(() => store.save(`thread-${n}`, BIG_THREAD));
        outcomes.push(outcome.state);
      });
      await close(store);
      expectEqual(outcomes, Array(8).fill("resolved"), "saves in flight have succeeded when close resolves");
      await Promise.all(saving);
      const later = await open();
      expectEqual((await idsOf(later)).length, 8, "threads saved while closing are stored");
    },
  },
  {
    id: "F3-4",
    title: "await using closes the store",
    clauses: ["F3"],
    async run({ open }) {
      const store = await open();
      {
        await using disposed = store;
        await disposed.save("a", { n: 1 });
      }
      await expectError("CLOSED", "a call after the block", () => store.load("a"));
    },
  },
  {
    id: "F3-5",
    title: "closing a client leaves the others open",
    clauses: ["F3"],
    async run({ open, close }) {
      const [one, two] = [await open(), await open()];
      await one.save("a", { n: 1 });
      await close(one);
      expectEqual(await textOf(two, "a"), '{"n":1}', "a client works after another one was closed");
      await two.save("b", { n: 2 });
      expectEqual(await idsOf(await open()), ["a", "b"], "a client opened later finds all threads");
    },
  },
  {
    id: "F3-6",
    title: "closing a view closes only that view",
    clauses: ["F3"],
    async run({ open }) {
      const store = await open();
      const [view, twin, inner] = [
        store.namespace("x"),
        store.namespace("x"),
        store.namespace("x").namespace("y"),
      ];
      const below = view.namespace("y");
      await view.save("a", { n: 1 });
      await view.close();
      await view.close();
      for (const [name, call] of everyCall(view, "a"))
        await expectError("CLOSED", `${name} on a closed view`, call);
      await expectError("CLOSED", "a call on a view of a closed view", () => below.load("a"));
      expectEqual(await textOf(twin, "a"), '{"n":1}', "another view of the namespace stays open");
      await inner.save("b", { n: 2 });
      await store.save("c", { n: 3 });
      expectEqual(await textOf(store, "c"), '{"n":3}', "the store stays open when a view is closed");
    },
  },
  {
    id: "F3-7",
    title: "closed stores leave no connections behind",
    ...FAULTY_NETWORK,
    clauses: ["F3", "F6"],
    async run(context) {
      const { startProxy, openThrough, close, keepsConnections, signal } = context;
      const proxy = await startProxy();
      const useStore = async (): Promise<number> => {
        const store = await openThrough(proxy);
        await Promise.all(range(4).map((n) => store.load(`thread-${n}`)));
        const connections = proxy.openConnections;
        await close(store);
        return connections;
      };
      // If the library keeps connections, the next store uses them too, so their number does not grow.
      const allowed = keepsConnections ? await useStore() : 0;
      for (const _ of range(10)) await useStore();
      await pollFor(graceMs(context), signal, () => Promise.resolve(proxy.openConnections <= allowed));
      const remaining = proxy.openConnections;
      expectTrue(
        remaining <= allowed,
        "closed stores leave no connections behind",
        `${remaining} are still open after a while`,
      );
    },
  },
  {
    id: "F3-8",
    title: "a store closed while its backend is silent leaves no connections behind",
    ...FAULTY_NETWORK,
    clauses: ["F3", "F6"],
    async run(context) {
      const { startProxy, openThrough, close, keepsConnections, signal } = context;
      const proxy = await startProxy();
      const store = await openThrough(proxy);
      await store.load("warm");
      const allowed = keepsConnections ? proxy.openConnections : 0;
      proxy.arm({ type: "blackHole", times: Infinity });
      const loading = outcomeOf(() => store.load("a", { timeoutMs: 300 }));
      await promptly(2 * graceMs(context), "close ends although the backend is silent", () => close(store));
      await loading;
      await pollFor(graceMs(context), signal, () => Promise.resolve(proxy.openConnections <= allowed));
      const remaining = proxy.openConnections;
      expectTrue(
        remaining <= allowed,
        "a closed store leaves no connections behind",
        `${remaining} are still open after a while`,
      );
    },
  },
  {
    id: "F3-9",
    title: "a process that closes its store on SIGTERM during saves has lost none of them and exits",
    ...DURABLE,
    clauses: ["F3", "D1"],
    capabilities: ["childProcess"],
    run: terminateWriters,
  },
  {
    id: "F3-10",
    title: "a process whose store is closed exits by itself",
    ...HYGIENE,
    clauses: ["F3", "F6"],
    capabilities: ["childProcess"],
    async run({ openInChildProcess }) {
      const childProcess = await openInChildProcess();
      const { version } = await childProcess.save("a", { n: 1 }, {});
      await outcomeOf(() => childProcess.save("a", { n: 2 }, {}));
      await childProcess.load("nothing");
      await childProcess.delete("a", { previous: version });
      const outcome = await outcomeOf(() => childProcess.end());
      if (outcome.state === "rejected")
        fail("a process whose store is closed exits by itself", describeError(outcome.error));
    },
  },
  {
    id: "F4-1",
    title: "every call ends within timeoutMs while the backend is silent, and the store works afterwards",
    ...FAULTY_NETWORK,
    clauses: ["F4", "F5", "E1"],
    async run(context) {
      const proxy = await context.startProxy();
      const store = await context.openThrough(proxy);
      await store.save("a", { n: 1 });
      const blackHole = proxy.arm({ type: "blackHole", times: Infinity });
      const limit = SHORT_TIMEOUT_MS + graceMs(context);
      const calling = everyCall(store, "a", { timeoutMs: SHORT_TIMEOUT_MS }).map(async ([name, call]) => {
        const expectation = `${name} ends within its timeoutMs, ${SHORT_TIMEOUT_MS} ms, while the backend is silent`;
        expectOutage(name, await promptly(limit, expectation, call), "while the backend is silent");
      });
      await Promise.all(calling);
      await restore(proxy, blackHole);
      expectEqual(
        (await loadExisting(store, "a", "the thread can be loaded")).thread,
        { n: 1 },
        "calls that never reached the backend have no effect",
      );
      await expectRecovery(context, store);
    },
  },
  {
    id: "F4-2",
    title: "a write that is applied but gets no response in time is OUTCOME_UNKNOWN",
    ...FAULTY_NETWORK,
    clauses: ["F4", "C6"],
    async run(context) {
      const proxy = await context.startProxy();
      const [store, other] = [await context.openThrough(proxy), await context.open()];
      const shortMs = { quick: SHORT_TIMEOUT_MS, full: 2 * SHORT_TIMEOUT_MS }[context.settings.effort];
      let timesApplied = 0;
      for (const [timeoutMs, isWarm] of [
        [shortMs, false],
        [6 * shortMs, true],
      ] as const) {
        // On a busy machine, the time can be up before a new client has sent the request that applies the write.
        if (timesApplied > 0) break;
        for (const each of [create, replace, removeAtVersion]) {
          const change = { ...each, name: `${each.name} within ${timeoutMs} ms` };
          await atEachRequest(proxy, store, change, async (attempt) => {
            const { id, nth, storedBefore } = attempt;
            const impatient = await context.openThrough(proxy, { timeoutMs });
            await impatient.load("warm", { timeoutMs: PATIENCE_MS });
            if (isWarm) await impatient.save("warm", {}, { overwrite: true, timeoutMs: PATIENCE_MS });
            const held = proxy.arm({ type: "holdResponse", nth });
            const outcome = await promptly(timeoutMs + graceMs(context), `${change.name} ends in time`, () =>
              change.make(impatient, id, storedBefore),
            );
            const stored = await other.load(id);
            if (held.strikes > 0 && hasEffect(change, stored)) timesApplied += 1;
            held.disarm();
            held.cut();
            expectTruthful(change, attempt, outcome, stored, "request got no response in time");
          });
        }
      }
      expectTrue(timesApplied > 0, "one of the requests of a write applies it", "none did");
    },
  },
  {
    id: "F5-1",
    title: "a load or listing whose response is cut is retried and never returns a partial result",
    ...FAULTY_NETWORK,
    clauses: ["F5", "E1", "E2"],
    async run({ startProxy, openThrough, open }) {
      const proxy = await startProxy();
      const [store, other] = [await openThrough(proxy), await open()];
      const { json } = await other.save("thread-0", { text: "x".repeat(200_000), end: true });
      for (const n of range(10)) await other.save(`thread-${n + 1}`, { n });
      const ids = await idsOf(store);
      expectEqual(ids.length, 11, "a listing contains every thread");
      const load = async (): Promise<unknown> => (await store.load("thread-0"))?.json;
      await cutEach({ proxy, name: "a load", read: load, expected: json });
      await cutEach({ proxy, name: "a listing", read: () => idsOf(store), expected: ids });
    },
  },
  {
    id: "F5-2",
    title: "a call whose connection was dropped while idle succeeds",
    ...FAULTY_NETWORK,
    clauses: ["F5"],
    async run(context) {
      await dropIdle(context, false);
      await dropIdle(context, true);
    },
  },
  {
    id: "F5-3",
    title:
      "a call to a backend that is briefly busy is retried, not before the time it asks for, and succeeds",
    ...FAULTY_NETWORK,
    clauses: ["F5"],
    async run(context) {
      const fixture = await openRefusalFixture(context);
      for (const { name, fault } of fixture.refusals("busy", "failing")) {
        const saved = await fixture.store.save("a", { n: 1 });
        for (const [call, make, expected] of retryableCalls(fixture, saved)) {
          const armed = fixture.proxy.arm(fault);
          const expectation = `${call} whose first request is answered with ${name} succeeds`;
          const outcome = await outcomeOf(make);
          armed.disarm();
          if (outcome.state === "rejected")
            fail(expectation, `it rejected with ${describeError(outcome.error)}`);
          expectEqual(outcome.value, expected, expectation);
          expectTrue(armed.strikes === 1, `${call} sends a request`, "it sent none");
        }
      }
      await expectRetryAfterHonored(fixture);
    },
  },
  {
    id: "F5-4",
    title:
      "a call to a backend that stays busy is UNAVAILABLE in time and is retried a limited number of times",
    ...FAULTY_NETWORK,
    clauses: ["F5", "E1", "F4"],
    async run(context) {
      const fixture = await openRefusalFixture(context);
      const { proxy, store } = fixture;
      await store.save("a", { n: 1 });
      const refusals = fixture.refusals("busy", "failing");
      for (const [index, [call]] of everyCall(store, "a").entries()) {
        const refusal = refusals[index % refusals.length];
        if (refusal === undefined) continue;
        const make = (): Promise<unknown> => callNamed(call, store, "a", { timeoutMs: SHORT_TIMEOUT_MS });
        const requests = await requestsOf(proxy, () => outcomeOf(make));
        await store.save("a", { n: 1 }, { overwrite: true });
        const armed = proxy.arm({ ...refusal.fault, times: Infinity });
        const expectation = `${call} ends within its timeoutMs, ${SHORT_TIMEOUT_MS} ms, when all responses are ${refusal.name}`;
        const outcome = await promptly(SHORT_TIMEOUT_MS + graceMs(context), expectation, make);
        armed.disarm();
        expectOutage(call, outcome, `when all responses are ${refusal.name}`);
        const most = requests * MAX_ATTEMPTS;
        const rarely = `${call} backs off from a busy backend: at most ${most} requests in half a second`;
        expectTrue(armed.strikes <= most, rarely, `it sent ${armed.strikes} requests`);
      }
      await store.save("a", { n: 2 }, { overwrite: true });
      expectEqual((await store.load("a"))?.thread, { n: 2 }, "the store works once its backend does");
    },
  },
  {
    id: "F6-1",
    title: "no call leaves a listener on its signal",
    ...HYGIENE,
    clauses: ["F6", "F2"],
    async run({ open }) {
      const store = await open();
      const controller = new AbortController();
      const { signal } = controller;
      for (const id of ["a", "b"]) {
        for (const [name, call] of everyCall(store, id, { signal })) {
          await outcomeOf(call);
          expectEqual(
            getEventListeners(signal, "abort").length,
            0,
            `${name} leaves no listener on its signal`,
          );
        }
      }
      const calls = everyCall(store, "c", { signal }).map(([, call]) => outcomeOf(call));
      controller.abort(new Error("the user left"));
      await Promise.all(calls);
      expectEqual(
        getEventListeners(signal, "abort").length,
        0,
        "an aborted call leaves no listener on its signal",
      );
    },
  },
  {
    id: "F6-2",
    title: "one signal can be used for many calls, 8 at a time, without a warning",
    ...HYGIENE,
    clauses: ["F6"],
    async run({ open, settings }) {
      const store = await open();
      const rounds = { quick: 8, full: 25 }[settings.effort];
      const { signal } = new AbortController();
      const warnings = await warningsDuring(async () => {
        for (const n of range(rounds)) {
          await Promise.all(
            range(8).map((m) => store.save(`thread-${m}`, { n }, { signal, overwrite: true })),
          );
        }
      });
      expectEqual(warnings, [], `${8 * rounds} calls with one signal cause no warnings`);
      expectEqual(
        getEventListeners(signal, "abort").length,
        0,
        `${8 * rounds} calls leave no listeners on their signal`,
      );
    },
  },
  {
    id: "F6-3",
    title: "failing calls leave no unhandled rejections or warnings",
    ...HYGIENE,
    clauses: ["F6"],
    async run({ open, close, settings }) {
      const store = await open();
      const saved = await store.save("a", { n: 0 });
      await store.save("a", { n: 1 }, { previous: saved });
      const warnings = await warningsDuring(async () => {
        for (const n of range({ quick: 12, full: 50 }[settings.effort])) {
          const controller = new AbortController();
          const { signal } = controller;
          const calls = [
            () => store.save("a", {}, { signal }),
            () => store.save("a", {}, { previous: saved, signal }),
            () => store.delete("a", { previous: saved, signal }),
            () => store.save("", {}, { signal }),
            () => store.save(`big-${n}`, { text: "x".repeat(10_000) }, { signal }),
            () => store.load("a", { signal }),
            () => store.update("a", () => Promise.reject(new Error("no")), { signal }),
          ].map((call) => outcomeOf<unknown>(call));
          if (n % 2 === 0) controller.abort(new Error("the user left"));
          await Promise.all(calls);
        }
        await close(store);
        await Promise.all(everyCall(store, "a").map(([, call]) => outcomeOf(call)));
      });
      expectEqual(warnings, [], "many failing calls leave no unhandled rejections and no warnings");
    },
  },
  {
    id: "F6-4",
    title: "opening and closing stores leaves no timers, sockets or files open",
    ...HYGIENE,
    clauses: ["F6", "F3"],
    run: openAndCloseStores,
  },
  {
    id: "F6-5",
    title: "hundreds of calls that fail or find nothing use up nothing that later calls need",
    ...HYGIENE,
    clauses: ["F6"],
    run: failRepeatedly,
  },
  {
    id: "F6-6",
    title: "a store does not keep the arguments and results of calls in memory",
    ...HYGIENE,
    clauses: ["F6"],
    run: expectCallsForgotten,
  },
  {
    id: "F6-7",
    title: "aborted calls leave no connections to a silent backend",
    ...FAULTY_NETWORK,
    clauses: ["F6", "F2"],
    run: abortOnSilentNetwork,
  },
  {
    id: "F7-1",
    title: "calls in a loop let timers fire, so that a signal can end the loop",
    clauses: ["F7", "F2"],
    async run({ open, timeoutFactor }) {
      const store = await open();
      await store.save("a", { n: 1 });
      const patienceMs = LOOP_MS + graceMs({ timeoutFactor });
      for (const [name, call] of everyCall(store, "a")) {
        const { signal } = abortedAfter(LOOP_MS);
        const elapsedMs = startStopwatch();
        let lastCalls = 0;
        while (!signal.aborted && lastCalls < LAST_CALLS) {
          await outcomeOf(call);
          if (elapsedMs() >= patienceMs) lastCalls += 1;
        }
        expectTrue(signal.aborted, `a timer fires while ${name} is called in a loop`, "it did not");
      }
    },
  },
]);
