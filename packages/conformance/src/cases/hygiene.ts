import { getEventListeners } from "node:events";
import { complaintsDuring } from "../complaints.ts";
import { type ConformanceCase, section } from "../conformance-case.ts";
import { outcomeOf, same } from "../expectations.ts";
import { range } from "../parallel.ts";
import { everyCall } from "./calls.ts";

export const hygiene: ConformanceCase[] = section("Hygiene", "hygiene", [
  {
    id: "A05",
    title: "no call leaves a listener on its signal",
    clauses: ["F6", "F2"],
    async run({ open }) {
      const store = await open();
      const controller = new AbortController();
      const { signal } = controller;
      for (const id of ["a", "b"]) {
        for (const [name, call] of everyCall(store, id, { signal })) {
          await outcomeOf(call);
          same(getEventListeners(signal, "abort").length, 0, `${name} leaves no listener on its signal`);
        }
      }
      const calls = everyCall(store, "c", { signal }).map(([, call]) => outcomeOf(call));
      controller.abort(new Error("the user left"));
      await Promise.all(calls);
      same(getEventListeners(signal, "abort").length, 0, "an aborted call leaves no listener on its signal");
    },
  },
  {
    id: "A06",
    title: "one signal serves many calls, 8 at a time, without a warning",
    clauses: ["F6"],
    async run({ open, settings }) {
      const store = await open();
      const rounds = { quick: 8, full: 25 }[settings.effort];
      const { signal } = new AbortController();
      const complaints = await complaintsDuring(async () => {
        for (const n of range(rounds)) {
          await Promise.all(
            range(8).map((m) => store.save(`thread-${m}`, { n }, { signal, overwrite: true })),
          );
        }
      });
      same(complaints, [], `${8 * rounds} calls with one signal cause no warning`);
      same(
        getEventListeners(signal, "abort").length,
        0,
        `${8 * rounds} calls leave no listener on their signal`,
      );
    },
  },
  {
    id: "E14",
    title: "no failing call leaves an unhandled rejection or a warning",
    clauses: ["F6"],
    async run({ open, close, settings }) {
      const store = await open();
      const saved = await store.save("a", { n: 0 });
      await store.save("a", { n: 1 }, { previous: saved });
      const complaints = await complaintsDuring(async () => {
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
      same(complaints, [], "many failing calls leave no unhandled rejection and no warning");
    },
  },
]);
