import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { holds, loaded, refuses, same, show } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import { stoppedClock } from "../utilities/stopped-clock.ts";
import { textOf, unchanged } from "./reading.ts";

/** Versions that something lenient takes for this one: cut, padded, as a number, in other letters. */
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

export const versionRules: ConformanceCase[] = section("Versions", "core", [
  {
    id: "C13",
    title: "a version that is nearly the current one does not match",
    clauses: ["C1", "C2"],
    async run({ open }) {
      const store = await open();
      const { version } = await store.save("a", { n: 1 });
      for (const previous of nearly(version)) {
        const call = `a save with ${show(previous)} while the version is ${show(version)}`;
        await refuses(["CONFLICT", "INVALID_ARGUMENT"], call, () => store.save("a", { n: 2 }, { previous }));
        await refuses(["CONFLICT", "INVALID_ARGUMENT"], call, () => store.delete("a", { previous }));
      }
      await unchanged(store, "a", version, '{"n":1}');
    },
  },
  {
    id: "C14",
    title: "a conflict names its thread, and the current version truly if at all",
    clauses: ["C3", "F1"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const first = await store.save("a", { n: 1 });
      const { version } = await other.save("a", { n: 2 }, { previous: first });
      const conflicts = [
        await refuses("CONFLICT", "a save without previous", () => store.save("a", {})),
        await refuses("CONFLICT", "a stale save", () => store.save("a", {}, { previous: first })),
        await refuses("CONFLICT", "a stale delete", () => store.delete("a", { previous: first })),
      ];
      for (const error of conflicts) {
        same(error.id, "a", "a conflict carries the id of its thread");
        same(error.retryable, false, "a conflict is not retryable as it is");
        const isTrue = error.currentVersion === undefined || error.currentVersion === version;
        holds(
          isTrue,
          "a conflict tells the current version or none",
          `it told ${show(error.currentVersion)}, and ${show(version)} is current`,
        );
      }
      await other.delete("a");
      const gone = await refuses("CONFLICT", "a save over a deleted thread", () =>
        store.save("a", {}, { previous: version }),
      );
      same(gone.currentVersion, undefined, "a conflict over a thread that is gone tells no current version");
    },
  },
  {
    id: "C17",
    title: "many saves in a row all have versions of their own, and conflicts between them leave nothing",
    clauses: ["C1", "C3"],
    timeoutMs: 60_000,
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
          await refuses("CONFLICT", "a stale save", () => store.save("a", { n: -1 }, { previous: first }));
      }
      versions.add(previous.version);
      same(versions.size, count + 1, "every save yields a version of its own");
      await unchanged(store, "a", previous.version, `{"n":${count}}`);
    },
  },
  {
    id: "C18",
    title: "versions differ though the clock stands still or goes back",
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
        await refuses("CONFLICT", "a save with the version before", () =>
          store.save("a", { n: 1 }, { previous: before }),
        );
        holds(
          stored.updatedAt >= before.updatedAt,
          "updatedAt never goes back",
          `it went from ${show(before.updatedAt)} to ${show(stored.updatedAt)}`,
        );
      }
      same(
        new Set(versions).size,
        versions.length,
        "every save yields a version of its own, whatever the clock says",
      );
      same(stored.createdAt, createdAt, "createdAt stays, whatever the clock says");
    },
  },
  {
    id: "C19",
    title: "a version holds for another client and for one opened later, and never returns there",
    clauses: ["C1", "C2", "E4"],
    async run({ open, close }) {
      const seen = new Set<string>();
      let previous: string | undefined;
      for (const client of range(4)) {
        const store = await open();
        const count = seen.size;
        for (const n of range(3)) {
          previous = (await store.save("a", { client, n }, { previous })).version;
          seen.add(previous);
        }
        same(seen.size, count + 3, "a client opened later yields no version that was there before");
        await close(store);
      }
      const store = await open();
      const stored = await loaded(store, "a", "a thread outlives the clients that saved it");
      same(stored.version, previous, "a version outlives the client that it was handed to");
    },
  },
  {
    id: "C20",
    title: "a version is printable ASCII without quotes",
    clauses: ["C1"],
    async run({ open }) {
      const store = await open();
      for (const id of ["a", "\u00e9 \u{1f9f5}", '"', "a b"]) {
        const { version } = await store.save(id, { id });
        holds(
          /^[\u0021\u0023-\u007e]+$/u.test(version),
          "a version can be an ETag between quotes",
          `for ${show(id)} it was ${show(version)}`,
        );
      }
    },
  },
  {
    id: "C21",
    title: "overwrite creates what is not there and replaces what is",
    clauses: ["C2"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const first = await store.save("a", { n: 1 }, { overwrite: true });
      same(await textOf(other, "a"), '{"n":1}', "overwrite creates a thread that is not there");
      await other.save("a", { n: 2 }, { previous: first });
      const third = await store.save("a", { n: 3 }, { overwrite: true });
      await unchanged(other, "a", third.version, '{"n":3}');
      await refuses("CONFLICT", "the version that was overwritten", () =>
        other.save("a", { n: 4 }, { previous: first }),
      );
    },
  },
  {
    id: "C22",
    title: "a refused save leaves the version good for the next",
    clauses: ["C2", "V2", "V5"],
    async run({ open }) {
      const store = await open({ maxThreadBytes: 100 });
      const previous = await store.save("a", { n: 1 });
      await refuses("TOO_LARGE", "a long thread", () =>
        store.save("a", { text: "x".repeat(100) }, { previous }),
      );
      await refuses("INVALID_ARGUMENT", "NaN", () => store.save("a", { n: Number.NaN }, { previous }));
      await refuses("CONFLICT", "a creation", () => store.save("a", { n: 2 }));
      await store.save("a", { n: 3 }, { previous });
      same(await textOf(store, "a"), '{"n":3}', "a save after refused ones goes through");
    },
  },
]);
