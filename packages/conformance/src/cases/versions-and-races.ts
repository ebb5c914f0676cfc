import type { Previous, StoredThread, UpdateChange } from "@threadstore/core";
import { shortThreads } from "../engines/random/arbitraries.ts";
import { faultyProperty } from "../engines/random/faulty/faulty-property.ts";
import { longThreads } from "../engines/random/long-threads.ts";
import { section, CONCURRENT, FAULTY_NETWORK, type ConformanceCase } from "../suite/conformance-case.ts";
import {
  expectEqual,
  expectTrue,
  show,
  loadExisting,
  expectError,
  expectMissing,
  outcomeOf,
  fail,
  expectRejection,
} from "../suite/expectations.ts";
import { itemAt, range, inParallel } from "../utilities/parallel.ts";
import { stoppedClock } from "../utilities/stopped-clock.ts";
import {
  create,
  replace,
  overwrite,
  remove,
  removeAtVersion,
  requestsOf,
  type AllowedCodes,
} from "./support/changes.ts";
import { SLOW_NETWORK } from "./support/connections.ts";
import { ROUNDS, STEPS_PER_CLIENT, countUp, countUpInProcesses, incremented } from "./support/counting.ts";
import { changeAfterLostResponses, expectOwnResponses, respondLate } from "./support/late-responses.ts";
import { runRounds, linearizableDespiteResets } from "./support/linearizability.ts";
import { strikeEach, RESPONSE_LOST, firstSave } from "./support/lost-responses.ts";
import { overtakeEach, overwriteThread, deleteThread } from "./support/overtaken-changes.ts";
import { onlyWinner, raceForEachKind } from "./support/races.ts";
import { FAULTY_CALLS_MS } from "./support/random-calls.ts";
import { expectUnchanged, textOf, idsOf } from "./support/reading.ts";
import { ALL_CHANGES } from "./support/refusals.ts";
import { openRefusalFixture, refuseEach } from "./support/refused-changes.ts";
import { type Writer, writeWhileWatched } from "./support/visibility.ts";

/** Returns versions that a lenient comparison confuses with this one: cut, padded, numeric or in another case. */
function nearly(version: string): string[] {
  const candidates = [
    version.slice(0, -1),
    version.slice(1),
    `${version}0`,
    `0${version}`,
    `+${version}`,
    `${version}.0`,
    version.toUpperCase(),
    version.toLowerCase(),
    `${version}${version}`,
    "%",
    `${version.slice(0, -1)}_`,
  ];
  return candidates.filter((candidate) => candidate !== version && candidate !== "");
}

export const versionsAndRaces: ConformanceCase[] = section("Versions and races", [
  {
    id: "C1-1",
    title: "every save yields a new version, even for identical content",
    clauses: ["C1"],
    async run({ open }) {
      const store = await open();
      const versions = new Set<unknown>();
      let previous: string | undefined;
      for (const n of range(10)) {
        const { version } = await store.save("a", { same: true }, { previous });
        expectTrue(
          typeof version === "string" && version !== "",
          "a version is a non-empty string",
          `it was ${show(version)}`,
        );
        expectTrue(
          !versions.has(version),
          "each save yields a new version",
          `save ${n + 1} yielded ${show(version)} again`,
        );
        versions.add(version);
        previous = version;
      }
      const { version } = await store.save("a", { same: true }, { overwrite: true });
      expectTrue(
        !versions.has(version),
        "a save with overwrite yields a new version",
        `it yielded ${show(version)} again`,
      );
    },
  },
  {
    id: "C1-2",
    title: "save and load return the same version",
    clauses: ["C1", "C2"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", { n: 1 });
      const loaded = await loadExisting(store, "a", "a saved thread can be loaded");
      expectEqual(loaded.version, first.version, "load returns the version of the save");
      expectEqual(
        (await loadExisting(store, "a", "a saved thread can be loaded again")).version,
        loaded.version,
        "load does not change the version",
      );
      const second = await store.save("a", { n: 2 }, { previous: loaded });
      const again = await loadExisting(store, "a", "a saved thread can be loaded");
      expectEqual(again.version, second.version, "load returns the version of the latest save");
      expectEqual({ ...again }, { ...second }, "save returns the same as load");
    },
  },
  {
    id: "C1-3",
    title: "versions do not recur after a thread is deleted and created again",
    clauses: ["C1"],
    async run({ open }) {
      const store = await open();
      const ever = new Set<string>();
      const earlierLives: Previous[] = [];
      for (const life of range(4)) {
        const first = await store.save("a", { same: true });
        const second = await store.save("a", { same: true }, { previous: first });
        for (const { version } of [first, second]) {
          expectTrue(
            !ever.has(version),
            "no version recurs after a thread is deleted and created again",
            `thread ${life + 1} with this id yielded ${show(version)} again`,
          );
          ever.add(version);
        }
        // A store may compare each of these forms itself or leave it to the backend.
        const { threads } = await store.listPage();
        earlierLives.push(first, second, second.version, { version: second.version }, ...threads);
        await store.delete("a");
      }
      const { version } = await store.save("a", { same: true });
      for (const previous of earlierLives) {
        const form = `${typeof previous === "string" ? "a version" : "an object"} from before the thread was deleted`;
        await expectError("CONFLICT", `a save at ${form}`, () => store.save("a", { n: 2 }, { previous }));
        await expectError("CONFLICT", `a delete at ${form}`, () => store.delete("a", { previous }));
      }
      await expectUnchanged(store, "a", version, '{"same":true}');
    },
  },
  {
    id: "C1-4",
    title: "a version does not match when the content has changed back",
    clauses: ["C1", "C2"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", { content: "A" });
      const second = await store.save("a", { content: "B" }, { previous: first });
      const third = await store.save("a", { content: "A" }, { previous: second });
      await expectError("CONFLICT", "a save at the first version after the content changed back", () =>
        store.save("a", { content: "C" }, { previous: first }),
      );
      await expectUnchanged(store, "a", third.version, '{"content":"A"}');
    },
  },
  {
    id: "C1-5",
    title: "a version that resembles the current one does not match",
    clauses: ["C1", "C2"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      for (const previous of nearly(version)) {
        const call = `a call with ${show(previous)} while the version is ${show(version)}`;
        await expectError(["CONFLICT", "INVALID_ARGUMENT"], call, () =>
          store.save("a", { n: 2 }, { previous }),
        );
        await expectError(["CONFLICT", "INVALID_ARGUMENT"], call, () => store.delete("a", { previous }));
      }
      await expectUnchanged(store, "a", version, '{"n":1}');
    },
  },
  {
    id: "C1-6",
    title: "many consecutive saves have distinct versions, and conflicts in between write nothing",
    clauses: ["C1", "C3"],
    async run({ open, settings }) {
      const store = await open();
      const count = { quick: 60, full: 200 }[settings.effort];
      const versions = new Set<string>();
      let previous = await store.save("a", { n: 0 });
      const first = previous;
      for (const n of range(count)) {
        versions.add(previous.version);
        previous = await store.save("a", { n: n + 1 }, { previous });
        if (n % 4 === 0)
          await expectError("CONFLICT", "a save at a stale version", () =>
            store.save("a", { n: -1 }, { previous: first }),
          );
      }
      versions.add(previous.version);
      expectEqual(versions.size, count + 1, "every save yields a distinct version");
      await expectUnchanged(store, "a", previous.version, `{"n":${count}}`);
    },
  },
  {
    id: "C1-7",
    title: "versions are distinct even if the clock stands still or goes back",
    clauses: ["C1", "T2"],
    async run({ open }) {
      const clock = stoppedClock();
      const store = await open({ now: clock.now });
      const versions: string[] = [];
      let stored = await store.save("a", { n: 0 });
      const { createdAt } = stored;
      for (const step of [0, 0, 0, 0, -3_600_000, 0, 0, 1, -1]) {
        clock.advance(step);
        const before = stored;
        stored = await store.save("a", { same: true }, { previous: before });
        versions.push(stored.version);
        await expectError("CONFLICT", "a save at the previous version", () =>
          store.save("a", { n: 1 }, { previous: before }),
        );
        expectTrue(
          stored.updatedAt >= before.updatedAt,
          "updatedAt never goes back",
          `it went from ${show(before.updatedAt)} to ${show(stored.updatedAt)}`,
        );
      }
      expectEqual(
        new Set(versions).size,
        versions.length,
        "every save yields a distinct version, whatever the clock shows",
      );
      expectEqual(stored.createdAt, createdAt, "createdAt does not change, whatever the clock shows");
    },
  },
  {
    id: "C1-8",
    title: "a version is valid for other clients, including ones opened later, and never recurs there",
    clauses: ["C1", "C2", "E4"],
    async run({ open, close }) {
      const versions = new Set<string>();
      let previous: string | undefined;
      for (const client of range(4)) {
        const store = await open();
        const count = versions.size;
        for (const n of range(3)) {
          previous = (await store.save("a", { client, n }, { previous })).version;
          versions.add(previous);
        }
        expectEqual(versions.size, count + 3, "a client opened later yields only new versions");
        await close(store);
      }
      const store = await open();
      const stored = await loadExisting(store, "a", "a thread outlives the clients that saved it");
      expectEqual(stored.version, previous, "a version outlives the client that it was returned to");
    },
  },
  {
    id: "C1-9",
    title: "a version is printable ASCII without quotes",
    clauses: ["C1"],
    async run({ open }) {
      const store = await open();
      for (const id of ["a", "\u00e9 \u{1f9f5}", '"', "a b"]) {
        const { version } = await store.save(id, { id });
        expectTrue(
          /^[\u0021\u0023-\u007e]+$/u.test(version),
          "a version can be used as an ETag between quotes",
          `for ${show(id)} it was ${show(version)}`,
        );
      }
    },
  },
  {
    id: "C1-10",
    title: "the thread, version, size and metadata of a load belong to the same save",
    ...CONCURRENT,
    clauses: ["C1", "E4"],
    async run(context) {
      const steps = { quick: 8, full: 60 }[context.settings.effort];
      const saves = new Map<string, string>();
      const loads = new Map<string, string>();
      const first = await (await context.open()).save("a", { n: 0, text: "" }, { metadata: { n: "0" } });
      saves.set(first.version, first.json);
      const writer: Writer = (store) => async (n) => {
        const options = { overwrite: true, metadata: { n: String(n + 1) } };
        const saved = await store.save("a", { n: n + 1, text: "x".repeat(n) }, options);
        saves.set(saved.version, saved.json);
      };
      await writeWhileWatched(context, steps, writer, () => ({ version, json, size, thread, metadata }) => {
        const before = loads.get(version) ?? json;
        expectEqual(json, before, "a version always belongs to the same thread content");
        expectEqual(size, json.length, "the size is that of the thread");
        expectEqual(
          metadata["n"],
          `${Number(thread["n"])}`,
          "the metadata is what was saved with the thread",
        );
        loads.set(version, json);
      });
      for (const [version, json] of loads)
        expectEqual(json, saves.get(version), "a loaded version has the thread saved with it");
    },
  },
  {
    id: "C2-1",
    title: "a deleted thread can be created again",
    clauses: ["C2", "E3"],
    async run({ open }) {
      const store = await open();
      await store.save("a", { life: 1 }, { metadata: { title: "first" } });
      await store.delete("a");
      const again = await store.save("a", { life: 2 });
      const stored = await loadExisting(store, "a", "a thread that was created again can be loaded");
      expectEqual(stored.thread, { life: 2 }, "a thread that was created again has the new content");
      expectEqual(
        stored.metadata,
        {},
        "a thread that was created again has none of the deleted thread's metadata",
      );
      expectEqual(
        stored.version,
        again.version,
        "a thread that was created again has the version of its last save",
      );
    },
  },
  {
    id: "C2-2",
    title: "a save without previous creates a thread",
    clauses: ["C2"],
    async run({ open }) {
      const store = await open();
      const saved = await store.save("a", { n: 1 });
      expectEqual(saved.thread, { n: 1 }, "a save without previous creates a thread that does not exist");
      await store.save("b", { n: 1 }, { previous: undefined, overwrite: undefined });
      expectEqual(await textOf(store, "b"), '{"n":1}', "options that are undefined count as omitted");
      await store.save("c", { n: 1 }, { previous: await store.load("c") });
      expectEqual(
        await textOf(store, "c"),
        '{"n":1}',
        "the undefined that load returned is accepted as previous",
      );
    },
  },
  {
    id: "C2-3",
    title: "a save without previous over a live thread is CONFLICT and writes nothing",
    clauses: ["C2", "C3"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      await expectError("CONFLICT", "a save without previous over a live thread", () =>
        store.save("a", { n: 2 }),
      );
      await expectError("CONFLICT", "a save with overwrite: false over a live thread", () =>
        store.save("a", { n: 2 }, { overwrite: false }),
      );
      await expectUnchanged(store, "a", version, '{"n":1}');
    },
  },
  {
    id: "C2-4",
    title: "a save at the current version replaces it, in every form of previous",
    clauses: ["C2"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", { n: 1 });
      const second = await store.save("a", { n: 2 }, { previous: first });
      const third = await store.save("a", { n: 3 }, { previous: second.version });
      const fourth = await store.save("a", { n: 4 }, { previous: { version: third.version } });
      const loaded = await loadExisting(store, "a", "a replaced thread can be loaded");
      expectEqual(loaded.version, fourth.version, "the latest save is stored");
      const copy = structuredClone({ ...loaded });
      await store.save("a", { n: 5 }, { previous: copy });
      expectEqual(await textOf(store, "a"), '{"n":5}', "a copy of a loaded thread is accepted as previous");
    },
  },
  {
    id: "C2-5",
    title: "a save at a stale version is CONFLICT and writes nothing",
    clauses: ["C2", "C3"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", { n: 1 });
      const second = await store.save("a", { n: 2 }, { previous: first });
      for (const previous of [first, first.version]) {
        await expectError("CONFLICT", "a save at a stale version", () =>
          store.save("a", { n: 3 }, { previous }),
        );
      }
      await expectUnchanged(store, "a", second.version, '{"n":2}');
      await store.save("a", { n: 3 }, { previous: second });
      expectEqual(await textOf(store, "a"), '{"n":3}', "the current version is still valid after a conflict");
    },
  },
  {
    id: "C2-6",
    title: "a previous that is not a version never matches",
    clauses: ["C2", "C3"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      const garbage = [
        "",
        "*",
        '"',
        "0",
        "null",
        "undefined",
        'W/"x"',
        `"${version}"`,
        `W/"${version}"`,
        `${version} `,
      ];
      const strings = [...garbage, ` ${version}`, `${version},*`, "é", "\u0000", "x".repeat(10_000)];
      const others = [
        null,
        0,
        false,
        true,
        Number.NaN,
        {},
        { version: undefined },
        { version: null },
        [],
        [version],
      ];
      for (const previous of [...strings, ...others]) {
        for (const id of ["a", "nothing"]) {
          await expectError(
            ["CONFLICT", "INVALID_ARGUMENT"],
            `a save with previous: ${show(previous)} for ${show(id)}`,
            () => store.save(id, { n: 2 }, { previous: previous as never }),
          );
        }
        await expectError(["CONFLICT", "INVALID_ARGUMENT"], `a delete with previous: ${show(previous)}`, () =>
          store.delete("a", { previous: previous as never }),
        );
      }
      await expectUnchanged(store, "a", version, '{"n":1}');
      expectEqual(await idsOf(store), ["a"], "a save with an invalid previous creates nothing");
    },
  },
  {
    id: "C2-7",
    title: "a save with previous for a deleted thread is CONFLICT and creates nothing",
    clauses: ["C2", "C3"],
    async run({ open }) {
      const store = await open();
      const saved = await store.save("a", { n: 1 });
      await store.delete("a");
      for (const previous of [saved, saved.version]) {
        await expectError("CONFLICT", "a save with previous for a deleted thread", () =>
          store.save("a", { n: 2 }, { previous }),
        );
      }
      const { version } = saved;
      await expectError("CONFLICT", "a save with previous for an id that was never saved", () =>
        store.save("never", { n: 2 }, { previous: version }),
      );
      await expectMissing(store, "a", "a conflicting save does not bring the thread back");
      expectEqual(await idsOf(store), [], "a conflicting save creates nothing");
    },
  },
  {
    id: "C2-8",
    title: "a version does not match another thread",
    clauses: ["C2", "N2"],
    async run({ open }) {
      const store = await open();
      const a = await store.save("a", { same: true });
      await store.save("b", { same: true });
      const a2 = await store.save("a", { same: true }, { previous: a });
      const b = await store.save("b", { same: true }, { overwrite: true });
      // Versions are unique within a thread. Two threads may have the same version, and then only the id
      // distinguishes them.
      for (const previous of b.version === a2.version ? [a2] : [a2, a2.version]) {
        await expectError(["CONFLICT", "INVALID_ARGUMENT"], "a save at another thread's version", () =>
          store.save("b", { stolen: true }, { previous }),
        );
        await expectError(["CONFLICT", "INVALID_ARGUMENT"], "a delete at another thread's version", () =>
          store.delete("b", { previous }),
        );
      }
      await expectUnchanged(store, "b", b.version, '{"same":true}');
    },
  },
  {
    id: "C2-9",
    title: "a delete at the current version deletes the thread",
    clauses: ["C2", "E3"],
    async run({ open }) {
      const store = await open();
      const saved = await store.save("a", { n: 1 });
      expectEqual(
        await store.delete("a", { previous: saved }),
        true,
        "deleting with what save returned as previous returns true",
      );
      await expectMissing(store, "a", "the thread is gone");
      const { version } = await store.save("a", { n: 2 });
      expectEqual(
        await store.delete("a", { previous: version }),
        true,
        "deleting at the current version returns true",
      );
      await expectMissing(store, "a", "the thread is gone");
    },
  },
  {
    id: "C2-10",
    title: "a delete at another version or of a deleted thread is CONFLICT",
    clauses: ["C2", "C3"],
    async run({ open }) {
      const store = await open();
      const first = await store.save("a", { n: 1 });
      const second = await store.save("a", { n: 2 }, { previous: first });
      await expectError("CONFLICT", "a delete at a stale version", () =>
        store.delete("a", { previous: first }),
      );
      await expectUnchanged(store, "a", second.version, '{"n":2}');
      await store.delete("a");
      await expectError("CONFLICT", "a delete with previous for a deleted thread", () =>
        store.delete("a", { previous: second }),
      );
      await expectError("CONFLICT", "a delete with previous for an id that was never saved", () =>
        store.delete("b", { previous: second.version }),
      );
    },
  },
  {
    id: "C2-11",
    title: "overwrite creates missing threads and replaces existing ones",
    clauses: ["C2"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const first = await store.save("a", { n: 1 }, { overwrite: true });
      expectEqual(await textOf(other, "a"), '{"n":1}', "overwrite creates a missing thread");
      await other.save("a", { n: 2 }, { previous: first });
      const third = await store.save("a", { n: 3 }, { overwrite: true });
      await expectUnchanged(other, "a", third.version, '{"n":3}');
      await expectError("CONFLICT", "a save at the version that was overwritten", () =>
        other.save("a", { n: 4 }, { previous: first }),
      );
    },
  },
  {
    id: "C2-12",
    title: "a rejected save leaves the version valid for the next one",
    clauses: ["C2", "V2", "V5"],
    async run({ open }) {
      const store = await open({ maxThreadBytes: 100 });
      const previous = await store.save("a", { n: 1 });
      await expectError("TOO_LARGE", "a save of a long thread", () =>
        store.save("a", { text: "x".repeat(100) }, { previous }),
      );
      await expectError("INVALID_ARGUMENT", "NaN", () => store.save("a", { n: Number.NaN }, { previous }));
      await expectError("CONFLICT", "a creation", () => store.save("a", { n: 2 }));
      await store.save("a", { n: 3 }, { previous });
      expectEqual(await textOf(store, "a"), '{"n":3}', "a valid save succeeds after rejected ones");
    },
  },
  {
    id: "C3-1",
    title: "a conflict has the id of its thread and, if any, the current version",
    clauses: ["C3", "F1"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const first = await store.save("a", { n: 1 });
      const { version } = await other.save("a", { n: 2 }, { previous: first });
      const conflicts = [
        await expectError("CONFLICT", "a save without previous", () => store.save("a", {})),
        await expectError("CONFLICT", "a save at a stale version", () =>
          store.save("a", {}, { previous: first }),
        ),
        await expectError("CONFLICT", "a delete at a stale version", () =>
          store.delete("a", { previous: first }),
        ),
      ];
      for (const error of conflicts) {
        expectEqual(error.id, "a", "a conflict has the id of its thread");
        expectEqual(error.retryable, false, "a conflict is not retryable");
        const isTrue = error.currentVersion === undefined || error.currentVersion === version;
        expectTrue(
          isTrue,
          "a conflict has the current version or none",
          `it had ${show(error.currentVersion)}, and ${show(version)} is current`,
        );
      }
      await other.delete("a");
      const conflict = await expectError("CONFLICT", "a save over a deleted thread", () =>
        store.save("a", {}, { previous: version }),
      );
      expectEqual(
        conflict.currentVersion,
        undefined,
        "a conflict over a deleted thread has no current version",
      );
    },
  },
  {
    id: "C4-1",
    title: "16 concurrent creations of one thread have exactly one winner",
    ...CONCURRENT,
    clauses: ["C4", "C2"],
    async run({ open, settings }) {
      const clients = await Promise.all(range(4).map(() => open()));
      for (const round of range(ROUNDS[settings.effort])) {
        const id = `thread-${round}`;
        const creating = range(16).map((n) => outcomeOf(() => itemAt(clients, n).save(id, { n })));
        const winner = onlyWinner(
          await Promise.all(creating),
          "of 16 creations of one thread exactly one succeeds",
        );
        for (const client of clients) {
          const stored = await loadExisting(client, id, "the winner's thread can be loaded");
          expectEqual(stored.json, winner.json, "every client loads the winner's thread");
          expectEqual(stored.version, winner.version, "every client loads the winner's version");
        }
      }
    },
  },
  {
    id: "C4-2",
    title: "16 concurrent saves from one version have exactly one winner",
    ...CONCURRENT,
    clauses: ["C4", "C3"],
    async run({ open, settings }) {
      const clients = await Promise.all(range(4).map(() => open()));
      const [first] = clients;
      let previous = await first?.save("a", { start: true });
      for (const round of range(ROUNDS[settings.effort])) {
        const base = previous;
        const saving = range(16).map((n) =>
          outcomeOf(() => itemAt(clients, n).save("a", { round, n }, { previous: base })),
        );
        const winner = onlyWinner(
          await Promise.all(saving),
          "of 16 saves from one version exactly one succeeds",
        );
        for (const client of clients) {
          const stored = await loadExisting(client, "a", "the thread can be loaded");
          expectEqual(
            [stored.json, stored.version],
            [winner.json, winner.version],
            "every client loads the winner's thread",
          );
        }
        previous = winner;
      }
    },
  },
  {
    id: "C4-3",
    title: "8 workers on one client count up without losing an increment",
    ...CONCURRENT,
    clauses: ["C4"],
    async run({ open, signal, settings }) {
      const store = await open();
      const times = STEPS_PER_CLIENT[settings.effort];
      await countUp(Array(8).fill(store), times, signal);
      const { thread } = await loadExisting(store, "counter", "the counter can be loaded");
      expectEqual(thread, { n: 8 * times }, `the counter is ${8 * times} after ${8 * times} increments`);
    },
  },
  {
    id: "C4-4",
    title: "8 clients count up without losing an increment",
    ...CONCURRENT,
    clauses: ["C4"],
    async run({ open, signal, settings }) {
      const clients = await Promise.all(range(8).map(() => open()));
      const times = STEPS_PER_CLIENT[settings.effort];
      await countUp(clients, times, signal);
      const { thread } = await loadExisting(await open(), "counter", "the counter can be loaded");
      expectEqual(
        thread,
        { n: 8 * times },
        `the counter is ${8 * times} after ${8 * times} increments by 8 clients`,
      );
    },
  },
  {
    id: "C4-5",
    title: "a save and a delete at one version have exactly one winner, which determines what is stored",
    ...CONCURRENT,
    clauses: ["C4", "C2"],
    async run({ open, settings }) {
      const [one, two] = [await open(), await open()];
      for (const round of range(ROUNDS[settings.effort])) {
        const previous = await one.save("a", { round });
        const save = () => one.save("a", { round, saved: true }, { previous });
        const removal = () => two.delete("a", { previous });
        const calls: (() => Promise<unknown>)[] = round % 2 === 0 ? [save, removal] : [removal, save];
        const winner = onlyWinner(
          await Promise.all(calls.map((call) => outcomeOf(call))),
          "of a save and a delete at one version exactly one succeeds",
        );
        const stored = await two.load("a");
        if (winner === true) expectEqual(stored, undefined, "if the delete wins, the thread is gone");
        else expectEqual(stored?.thread, { round, saved: true }, "if the save wins, its thread is stored");
        await one.delete("a");
      }
    },
  },
  {
    id: "C4-6",
    title: "hundreds of concurrently saved threads are all stored",
    ...CONCURRENT,
    clauses: ["C4", "E4", "L1"],
    async run({ open, settings }) {
      const [store, other] = [await open(), await open()];
      const count = { quick: 100, full: 300 }[settings.effort];
      const ids = range(count).map((n) => `thread-${n}`);
      await inParallel(
        ids.entries(),
        count,
        async ([n, id]) => void (await (n % 2 === 0 ? store : other).save(id, { n })),
      );
      await inParallel(ids.entries(), 50, async ([n, id]) => {
        expectEqual(
          (await store.load(id))?.thread,
          { n },
          `each of ${count} concurrently saved threads can be loaded`,
        );
      });
      expectEqual(
        (await idsOf(other)).length,
        count,
        `each of ${count} concurrently saved threads is listed`,
      );
      await inParallel(ids, count, async (id) => {
        if (!(await other.delete(id)))
          fail(`each of ${count} concurrent deletes returns true`, `delete("${id}") returned false`);
      });
      expectEqual(await idsOf(store), [], `${count} concurrent deletes leave nothing`);
    },
  },
  {
    id: "C4-7",
    title: "4 processes count up without losing an increment",
    ...CONCURRENT,
    clauses: ["C4"],
    capabilities: ["childProcess"],
    run: countUpInProcesses,
  },
  {
    id: "C4-8",
    title: "on a slow network, concurrent saves from one version have exactly one winner",
    ...FAULTY_NETWORK,
    clauses: ["C4"],
    async run({ startProxy, openThrough, signal, settings }) {
      const proxy = await startProxy();
      const { rounds, times, ...delay } = SLOW_NETWORK[settings.effort];
      const clients = await Promise.all(range(4).map(() => openThrough(proxy)));
      await Promise.all(clients.map((client) => client.load("warm")));
      proxy.arm({ type: "delay", ...delay, times: Infinity });
      let previous: StoredThread | undefined;
      for (const round of range(rounds)) {
        const saving = clients.flatMap((client, n) =>
          range(2).map((m) => outcomeOf(() => client.save("a", { round, n, m }, { previous }))),
        );
        previous = onlyWinner(await Promise.all(saving), "of 8 saves from one version exactly one succeeds");
        const stored = await loadExisting(itemAt(clients, round), "a", "the winner's thread can be loaded");
        expectEqual(stored.version, previous.version, "every client loads the winner's thread");
      }
      await countUp(clients, times, signal);
      const { thread } = await loadExisting(itemAt(clients, 0), "counter", "the counter can be loaded");
      const count = 4 * times;
      expectEqual(
        thread,
        { n: count },
        `the counter is ${count} after ${count} increments by 4 clients on a slow network`,
      );
    },
  },
  {
    id: "C4-9",
    title:
      "races for long threads, in nested namespaces and for threads with an expiry have exactly one winner",
    ...CONCURRENT,
    clauses: ["C4", "C2", "C3"],
    run: raceForEachKind,
  },
  {
    id: "C5-1",
    title: "the calls of 6 clients on 3 threads are linearizable",
    ...CONCURRENT,
    clauses: ["C5", "C4", "E4"],
    async run({ open, ...context }) {
      await runRounds(await Promise.all(range(6).map(() => open())), context);
    },
  },
  {
    id: "C5-2",
    title: "the calls of clients in 4 processes on 3 threads are linearizable",
    ...CONCURRENT,
    clauses: ["C5", "C4", "E4"],
    capabilities: ["childProcess"],
    async run({ openInChildProcess, ...context }) {
      await runRounds(await Promise.all(range(4).map(() => openInChildProcess())), context);
    },
  },
  {
    id: "C5-3",
    title: "calls are linearizable, and no save is lost, while every tenth request is reset",
    ...FAULTY_NETWORK,
    clauses: ["C5", "C6", "E4", "F5"],
    run: linearizableDespiteResets,
  },
  {
    id: "C6-1",
    title: "a creation whose response is lost succeeds once or is OUTCOME_UNKNOWN, never CONFLICT",
    ...FAULTY_NETWORK,
    clauses: ["C6"],
    run: (context) => strikeEach(context, [create], { type: "discardResponse" }, RESPONSE_LOST),
  },
  {
    id: "C6-2",
    title: "a replacement whose response is lost succeeds or is OUTCOME_UNKNOWN, never CONFLICT",
    ...FAULTY_NETWORK,
    clauses: ["C6"],
    run: (context) => strikeEach(context, [replace, overwrite], { type: "discardResponse" }, RESPONSE_LOST),
  },
  {
    id: "C6-3",
    title: "a delete whose response is lost succeeds or is OUTCOME_UNKNOWN, never CONFLICT or false",
    ...FAULTY_NETWORK,
    clauses: ["C6", "E3"],
    run: (context) =>
      strikeEach(context, [remove, removeAtVersion], { type: "discardResponse" }, RESPONSE_LOST),
  },
  {
    id: "C6-4",
    title: "a write whose request is lost is reported correctly and not applied later",
    ...FAULTY_NETWORK,
    clauses: ["C6", "F5"],
    run: (context) =>
      strikeEach(
        context,
        [create, replace, overwrite, remove, removeAtVersion],
        { type: "cutRequest", afterBytes: 30 },
        "request was lost",
      ),
  },
  {
    id: "C6-5",
    title:
      "if any response to a client's first call is lost, its result is correct and the client keeps working",
    ...FAULTY_NETWORK,
    clauses: ["C6", "F5"],
    async run(context) {
      const proxy = await context.startProxy();
      const store = await context.openThrough(proxy);
      const count = await requestsOf(proxy, () => store.save("counted", {}));
      for (const n of range(Math.min(count, 16))) await firstSave(context, proxy, n + 1);
      await expectMissing(store, "nothing", "nothing exists that was not saved");
    },
  },
  {
    id: "C6-6",
    title: "a save whose response is lost neither overwrites another client's later save nor is a CONFLICT",
    ...FAULTY_NETWORK,
    clauses: ["C6"],
    async run(context) {
      for (const change of [replace, overwrite]) await overtakeEach(context, change, overwriteThread);
    },
  },
  {
    id: "C6-7",
    title: "a creation whose response is lost does not recreate what another client deleted since",
    ...FAULTY_NETWORK,
    clauses: ["C6"],
    run: (context) => overtakeEach(context, create, deleteThread),
  },
  {
    id: "C6-8",
    title: "a delete whose response is lost does not delete what another client created since",
    ...FAULTY_NETWORK,
    clauses: ["C6"],
    run: (context) => overtakeEach(context, removeAtVersion, overwriteThread),
  },
  {
    id: "C6-9",
    title:
      "a write that is applied but answered with an error succeeds or is OUTCOME_UNKNOWN, never CONFLICT",
    ...FAULTY_NETWORK,
    clauses: ["C6", "F5"],
    async run(context) {
      const fixture = await openRefusalFixture(context, "response");
      const refusals = fixture.refusals("gateway");
      const allowed: AllowedCodes = { unknown: ["BACKEND_ERROR"] };
      await refuseEach(fixture, { refusals, changes: ALL_CHANGES, allowed });
    },
  },
  {
    id: "C6-11",
    title: "a response that arrives late is not taken for the response to the next call",
    ...FAULTY_NETWORK,
    clauses: ["C6", "F2", "E1"],
    run: expectOwnResponses,
  },
  {
    id: "C6-12",
    title: "a change whose response arrives late, but in time, succeeds or has an unknown outcome",
    ...FAULTY_NETWORK,
    clauses: ["C6", "F4"],
    run: respondLate,
  },
  {
    id: "C6-13",
    title: "a change whose response was lost does not affect later changes of the thread by the same client",
    ...FAULTY_NETWORK,
    clauses: ["C6", "C2", "C3"],
    run: changeAfterLostResponses,
  },
  {
    id: "C6-10",
    title:
      "random calls by three clients on a faulty network have results that some order of events explains",
    ...FAULTY_NETWORK,
    clauses: ["C6", "C2", "C3", "E1", "E3", "E4", "F2", "F5", "M1", "V1"],
    timeoutMs: FAULTY_CALLS_MS,
    run: (context) =>
      faultyProperty(context, { threads: shortThreads, quickRuns: 12, timeoutMs: FAULTY_CALLS_MS }),
  },
  {
    id: "C6-14",
    title:
      "random calls with long threads on a faulty network have results that some order of events explains",
    ...FAULTY_NETWORK,
    clauses: ["C6", "C2", "C3", "E3", "E4", "F2", "F5", "V1"],
    timeoutMs: FAULTY_CALLS_MS,
    run: (context) =>
      faultyProperty(context, { threads: longThreads, quickRuns: 16, timeoutMs: FAULTY_CALLS_MS }),
  },
  {
    id: "C7-1",
    title: "update creates missing threads and changes existing ones",
    clauses: ["C7"],
    async run({ open }) {
      const store = await open();
      expectEqual(
        (await store.update("a", incremented))?.thread,
        { n: 1 },
        "update creates a thread if the callback receives undefined",
      );
      const changed = await store.update("a", async (current) => incremented(current));
      expectEqual(changed?.thread, { n: 2 }, "update accepts an asynchronous callback");
      await expectUnchanged(store, "a", changed?.version ?? "", '{"n":2}');
      const text = ' {"n" : 3.0} ';
      await store.update("a", () => text);
      expectEqual(await textOf(store, "a"), text, "update stores text byte for byte");
    },
  },
  {
    id: "C7-2",
    title: "an update whose callback returns null leaves the thread unchanged",
    clauses: ["C7"],
    async run({ open }) {
      const store = await open();
      expectEqual(
        await store.update("a", () => null),
        undefined,
        "an update that leaves a missing thread resolves to undefined",
      );
      await expectMissing(store, "a", "an update that leaves a missing thread creates nothing");
      const { version } = await store.save("a", { n: 1 });
      const result = await store.update("a", async () => null);
      expectEqual(result?.version, version, "an update that leaves a thread resolves to it");
      await expectUnchanged(store, "a", version, '{"n":1}');
    },
  },
  {
    id: "C7-3",
    title: "update starts over from the current state when another writer was faster",
    clauses: ["C7", "C4"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      await store.save("a", { n: 1 });
      const received: unknown[] = [];
      const done = await store.update("a", async (current) => {
        received.push(current?.json);
        if (received.length === 1) await other.save("a", { n: 10 }, { overwrite: true });
        if (received.length === 2) await other.delete("a");
        if (received.length === 3) await other.save("a", { n: 20 });
        return incremented(current);
      });
      const expected = ['{"n":1}', '{"n":10}', undefined, '{"n":20}'];
      expectEqual(
        received,
        expected,
        "the callback runs again with what another writer left: a save, nothing, a new thread",
      );
      expectEqual(done?.thread, { n: 21 }, "update saves what the last callback returned");
      expectEqual(await textOf(other, "a"), '{"n":21}', "update does not lose the other writer's save");
    },
  },
  {
    id: "C7-4",
    title: "update fails with CONFLICT after maxAttempts",
    clauses: ["C7"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      await store.save("a", { n: 0 });
      let runs = 0;
      const change = async (): Promise<UpdateChange> => {
        runs += 1;
        await other.update("a", incremented);
        return { ours: true };
      };
      await expectError("CONFLICT", "an update that loses every time", () =>
        store.update("a", change, { maxAttempts: 3 }),
      );
      expectEqual(runs, 3, "the callback runs maxAttempts times");
      expectEqual(await textOf(store, "a"), '{"n":3}', "an update that fails writes nothing");
      await expectError("CONFLICT", "an update with one attempt", () =>
        store.update("a", change, { maxAttempts: 1 }),
      );
      expectEqual(runs, 4, "with maxAttempts: 1 the callback runs once");
    },
  },
  {
    id: "C7-5",
    title: "an error of the callback is passed on unchanged, and nothing is written",
    clauses: ["C7"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      const reason = new Error("no change today");
      let runs = 0;
      const fails = (): never => {
        runs += 1;
        throw reason;
      };
      await expectRejection(reason, "update rejects with what its callback threw", () =>
        store.update("a", fails),
      );
      await expectRejection(reason, "update rejects with what its callback rejected with", () =>
        store.update("a", () => Promise.reject(reason)),
      );
      expectEqual(runs, 1, "a callback that fails does not run again");
      await expectUnchanged(store, "a", version, '{"n":1}');
    },
  },
  {
    id: "C7-6",
    title: "an update to something that cannot be saved is rejected at once",
    clauses: ["C7", "V2"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      let runs = 0;
      for (const wrong of [{ n: Number.NaN }, "[]", undefined, 5]) {
        const change = (): UpdateChange => {
          runs += 1;
          return wrong as UpdateChange;
        };
        await expectError("INVALID_ARGUMENT", "an update to something that is not a thread", () =>
          store.update("a", change),
        );
      }
      expectEqual(runs, 4, "the callback runs again only after a conflict");
      await expectUnchanged(store, "a", version, '{"n":1}');
    },
  },
  {
    id: "C7-7",
    title: "update sets metadata, and keeps what it does not set",
    clauses: ["C7", "M1"],
    async run({ open }) {
      const store = await open();
      await store.update("a", incremented, { metadata: { title: "T" } });
      expectEqual(
        (await store.update("a", incremented))?.metadata,
        { title: "T" },
        "update without metadata keeps it",
      );
      expectEqual(
        (await store.update("a", incremented, { metadata: {} }))?.metadata,
        {},
        "update with metadata replaces it",
      );
    },
  },
  {
    id: "C7-8",
    title: "invalid arguments of update are INVALID_ARGUMENT",
    clauses: ["C7", "F1"],
    async run({ open }) {
      const store = await open();
      for (const change of [undefined, null, {}, { n: 1 }, '{"n":1}']) {
        await expectError("INVALID_ARGUMENT", "an update without a function", () =>
          store.update("a", change as never),
        );
      }
      await expectError("INVALID_ARGUMENT", "an update whose callback returns nothing", () =>
        store.update("a", (() => undefined) as never),
      );
      for (const maxAttempts of [0, -1, 1.5, Number.NaN, "3"]) {
        const options = { maxAttempts: maxAttempts as number };
        await expectError("INVALID_ARGUMENT", `an update with maxAttempts: ${maxAttempts}`, () =>
          store.update("a", incremented, options),
        );
      }
      expectEqual(await idsOf(store), [], "a rejected update creates nothing");
    },
  },
  {
    id: "C7-9",
    title: "update stops when its signal is aborted",
    clauses: ["C7", "F2"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      await store.save("a", { n: 0 });
      const controller = new AbortController();
      const reason = new Error("the user left");
      let runs = 0;
      const change = async (): Promise<UpdateChange> => {
        runs += 1;
        await other.update("a", incremented);
        if (runs === 2) controller.abort(reason);
        return { ours: true };
      };
      const call = () => store.update("a", change, { signal: controller.signal });
      await expectRejection(reason, "an aborted update rejects with the signal's reason", call);
      expectTrue(runs === 2, "an aborted update does not run its callback again", `it ran ${runs} times`);
      expectEqual(
        (await loadExisting(other, "a", "the thread can be loaded")).thread,
        { n: 2 },
        "an aborted update writes nothing more",
      );
    },
  },
  {
    id: "C7-10",
    title: "update by 8 clients loses no increment",
    ...CONCURRENT,
    clauses: ["C7", "C4"],
    async run({ open }) {
      const clients = await Promise.all(range(8).map(() => open()));
      await inParallel(clients, 8, async (store) => {
        for (let n = 0; n < 5; n += 1) await store.update("counter", incremented);
      });
      const { thread } = await loadExisting(await open(), "counter", "the counter can be loaded");
      expectEqual(
        thread,
        { n: 40 },
        `the counter is 40 after 40 updates by 8 clients, not ${show(thread["n"])}`,
      );
    },
  },
]);
