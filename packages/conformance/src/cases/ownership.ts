import type { SaveOptions } from "@threadstore/core";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { broken, holds, loaded, same, show } from "../suite/expectations.ts";
import { summariesOf, textOf } from "./reading.ts";

export const ownership: ConformanceCase[] = section("Values", "core", [
  {
    id: "V14",
    title: "changing what was passed to save after the call changes nothing stored",
    clauses: ["V3"],
    async run({ open }) {
      const store = await open();
      const thread = { messages: [{ text: "as saved" }] };
      const metadata = { title: "as saved" };
      const expiresAt = new Date(Date.now() + 3_600_000);
      const until = expiresAt.getTime();
      const options: { -readonly [Name in keyof SaveOptions]: SaveOptions[Name] } = { metadata, expiresAt };
      const saving = store.save("a", thread, options);
      thread.messages.push({ text: "too late" });
      metadata.title = "too late";
      expiresAt.setTime(until + 1000);
      options.metadata = { title: "far too late" };
      const saved = await saving;
      thread.messages.length = 0;
      for (const stored of [saved, await loaded(store, "a", "a saved thread is loaded")]) {
        same(
          stored.json,
          '{"messages":[{"text":"as saved"}]}',
          "the thread is stored as it was when save was called",
        );
        same(
          stored.metadata,
          { title: "as saved" },
          "the metadata are stored as they were when save was called",
        );
        same(stored.expiresAt?.getTime(), until, "the expiry is stored as it was when save was called");
      }
    },
  },
  {
    id: "V15",
    title: "changing what a store handed out changes nothing stored",
    clauses: ["V3"],
    async run({ open }) {
      const store = await open();
      const saved = await store.save("a", { list: [1] }, { metadata: { title: "t" }, ttlMs: 3_600_000 });
      const [summary] = await summariesOf(store);
      const first = await loaded(store, "a", "a saved thread is loaded");
      for (const { thread } of [saved, first]) {
        const { list } = thread;
        if (!Array.isArray(list)) broken("an array is loaded as one", `it was ${show(list)}`);
        list.push(2);
        thread["added"] = true;
      }
      for (const stored of [saved, first]) stored.metadata["title"] = "changed";
      for (const date of [saved, first, summary].flatMap((each) => [
        each?.createdAt,
        each?.updatedAt,
        each?.expiresAt,
      ])) {
        date?.setTime(0);
      }
      const second = await loaded(store, "a", "a thread whose copies were changed is loaded");
      same(second.json, '{"list":[1]}', "changing a loaded thread changes nothing stored");
      same(second.thread, { list: [1] }, "two loads share no object");
      same(second.metadata, { title: "t" }, "changing loaded metadata changes nothing stored");
      holds(
        (second.expiresAt?.getTime() ?? 0) > Date.now(),
        "changing a loaded Date changes nothing stored",
        `expiresAt was ${show(second.expiresAt)}`,
      );
      holds(
        second.createdAt.getTime() > 0,
        "changing a loaded Date changes nothing stored",
        "createdAt was the changed one",
      );
      const again = await store.save("a", { list: [3] }, { previous: first });
      same(
        again.metadata,
        { title: "t" },
        "a save keeps the stored metadata, not those that the caller changed",
      );
    },
  },
  {
    id: "V16",
    title: "a store changes nothing that it is passed",
    clauses: ["V3"],
    async run({ open }) {
      const store = await open();
      const thread = { messages: [{ text: "x" }] };
      const options = { metadata: { title: "t" }, ttlMs: 60_000, overwrite: true };
      const before = JSON.stringify({ thread, options });
      const saved = await store.save("a", thread, options);
      same(
        JSON.stringify({ thread, options }),
        before,
        "save leaves the thread and the options as they were",
      );
      const frozen = Object.freeze({ previous: saved, metadata: Object.freeze({ title: "u" }) });
      await store.save("a", Object.freeze({ messages: Object.freeze([]) }), frozen);
      const listing = Object.freeze({ limit: 1, metadata: true });
      await store.listPage(listing);
      await store.load("a", Object.freeze({ cached: saved }));
      same(await textOf(store, "a"), '{"messages":[]}', "frozen threads and options are accepted");
      await store.delete("a", Object.freeze({}));
    },
  },
  {
    id: "V19",
    title: "load with a previous is the same as without",
    clauses: ["V1", "E4"],
    async run({ open }) {
      const [store, other] = [await open(), await open()];
      const first = await store.save("a", { n: 1 }, { metadata: { title: "t" } });
      const known = await store.load("a", { cached: first });
      same({ ...known }, { ...(await store.load("a")) }, "load with a current previous is the thread");
      same(known?.json, '{"n":1}', "load with a current previous has the thread's text");
      await other.save("a", { n: 2 }, { previous: first });
      same(
        (await store.load("a", { cached: first }))?.json,
        '{"n":2}',
        "load with a stale previous is the thread as it is now",
      );
      await other.delete("a");
      same(
        await store.load("a", { cached: first }),
        undefined,
        "load with a previous of a deleted thread is undefined",
      );
    },
  },
]);
