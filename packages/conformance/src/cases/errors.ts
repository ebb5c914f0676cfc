import { inspect } from "node:util";
import { ThreadStoreError, threadStoreErrorCodes, type ThreadStore } from "@threadstore/core";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { holds, outcomeOf, refuses, same, show } from "../suite/expectations.ts";

/** The errors of calls that fail for every reason that needs no broken backend. */
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
    () => store.save("b", {}, { metadata: { secret: { secret } as never } }),
    () => store.save("b", {}, { metadata: { secret: secret.repeat(2000) } }),
    () => store.load(""),
  ];
  const outcomes = await Promise.all(calls.map((call) => outcomeOf(call)));
  return outcomes.map((outcome) => (outcome.state === "rejected" ? outcome.error : "resolved"));
}

export const errors: ConformanceCase[] = section("Errors", "core", [
  {
    id: "E01",
    title: "every error is a ThreadStoreError with a code of the closed set, and can be logged and cloned",
    clauses: ["F1", "F5"],
    async run({ open }) {
      const store = await open({ maxThreadBytes: 1000 });
      for (const error of await errorsOf(store, "s3cr3t")) {
        holds(ThreadStoreError.is(error), "every error is a ThreadStoreError", `one was ${inspect(error)}`);
        holds(
          error instanceof Error && error.name === "ThreadStoreError",
          "an error is an Error of that name",
          `it was ${show(error)}`,
        );
        holds(
          threadStoreErrorCodes.includes(error.code),
          "the code is of the closed set",
          `it was ${show(error.code)}`,
        );
        same(typeof error.retryable, "boolean", "an error says whether trying again can help");
        holds(error.message.length > 10, "the message is a sentence", `it was ${show(error.message)}`);
        const logged = JSON.parse(JSON.stringify(error)) as Record<string, unknown>;
        same(
          [logged["code"], logged["message"]],
          [error.code, error.message],
          "an error as JSON has its code and message",
        );
        same(structuredClone(error).message, error.message, "an error can be cloned");
      }
    },
  },
  {
    id: "E02",
    title: "no error quotes a thread or its metadata",
    clauses: ["F1"],
    async run({ open }) {
      const store = await open({ maxThreadBytes: 1000 });
      const secret = "c4n4ry-0f-th3-c4s3";
      for (const error of await errorsOf(store, secret)) {
        const text = `${inspect(error, { depth: 10, showHidden: true })} ${JSON.stringify(error)}`;
        holds(
          !text.includes("c4n4ry"),
          "an error never has the content of a thread in it",
          `one did: ${String(error)}`,
        );
      }
    },
  },
  {
    id: "E03",
    title: "wrong call options are INVALID_ARGUMENT",
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
      ];
      for (const options of wrong) {
        const given = options as never;
        const calls: (() => Promise<unknown>)[] = [
          () => store.save("a", {}, given),
          () => store.load("a", given),
          () => store.delete("a", given),
          () => store.listPage(given),
          () => store.deleteExpired(given),
        ];
        for (const call of calls) await refuses("INVALID_ARGUMENT", `options ${show(options)}`, call);
      }
      same(await store.load("a"), undefined, "a refused save creates nothing");
    },
  },
]);
