import type { ThreadStore } from "@threadstore/core";
import { deferred } from "@threadstore/core/documents";
import { expect } from "vitest";
import { loadConversation } from "./conversation.ts";
import { readOptions } from "./options.ts";
import { echo, finish, reopen, say, Tab } from "./page.test-helper.ts";
import { stopRun } from "./run-stream.ts";

/** A check that runs on every store. */
export interface Check {
  readonly name: string;
  readonly run: (store: ThreadStore) => Promise<void>;
}

export const CHECKS: readonly Check[] = [
  {
    name: "conversations continue in another process, and are listed with their titles",
    run: async (store) => {
      await new Tab(store).ask("Hello,\n world");
      const second = await reopen(store);
      expect(second.texts).toEqual(["Hello,\n world", "re: Hello,\n world"]);
      await second.ask("two");
      const third = await reopen(store);
      expect(third.texts).toEqual(["Hello,\n world", "re: Hello,\n world", "two", "re: two"]);
      expect(third.messages).toEqual(second.messages);
      const { threads } = await store.listPage({ metadata: true });
      expect(threads).toMatchObject([{ id: "t", metadata: { title: "Hello, world" } }]);
      expect([...second.errors, ...third.errors]).toEqual([]);
    },
  },
  {
    name: "a page that opens a thread during a run in another process receives the whole answer",
    run: async (store) => {
      const tab = new Tab(store);
      const [half, go] = [deferred<void>(), deferred<void>()];
      const asking = tab.ask("Hello", async (emit, _signal, input) => {
        emit({ type: "TEXT_MESSAGE_START", messageId: "a", role: "assistant" });
        emit({ type: "TEXT_MESSAGE_CONTENT", messageId: "a", delta: "one " });
        half.resolve();
        await go.promise;
        emit({ type: "TEXT_MESSAGE_CONTENT", messageId: "a", delta: "two" });
        emit({ type: "TEXT_MESSAGE_END", messageId: "a" });
        finish(emit, input);
      });
      await half.promise;
      const other = new Tab(store);
      expect(await other.runner.isRunning({ threadId: "t" })).toBe(true);
      const connecting = other.connectAgent();
      await expect.poll(() => other.texts, { interval: 5 }).toEqual(["Hello", "one "]);
      go.resolve();
      await Promise.all([asking, connecting]);
      expect(other.texts).toEqual(["Hello", "one two"]);
      expect(await other.runner.isRunning({ threadId: "t" })).toBe(false);
      expect((await reopen(store)).texts).toEqual(["Hello", "one two"]);
    },
  },
  {
    name: "of runs of a thread at the same time, one follows the other",
    run: async (store) => {
      const tabs = [1, 2, 3].map(() => new Tab(store));
      let running = 0;
      await Promise.all(
        tabs.map(async (tab, index) =>
          tab.ask(`q${index}`, async (emit, signal, input) => {
            running += 1;
            expect(running).toBe(1);
            await Promise.resolve(echo(emit, signal, input));
            running -= 1;
          }),
        ),
      );
      const texts = (await reopen(store)).texts.map(String);
      expect(texts.toSorted()).toEqual(["q0", "q1", "q2", "re: q0", "re: q1", "re: q2"]);
      for (const index of [0, 2, 4]) expect(texts[index + 1]).toBe(`re: ${texts[index]}`);
      expect(tabs.flatMap(({ errors }) => errors)).toEqual([]);
    },
  },
  {
    name: "a run is stopped from another process, and the stored part remains",
    run: async (store) => {
      const tab = new Tab(store);
      const aborted = deferred<void>();
      const asking = tab.ask("Hello", async (emit, signal) => {
        emit({ type: "TOOL_CALL_START", toolCallId: "c", toolCallName: "search" });
        emit({ type: "TEXT_MESSAGE_START", messageId: "a", role: "assistant" });
        emit({ type: "TEXT_MESSAGE_CONTENT", messageId: "a", delta: "begin" });
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        aborted.resolve();
        say(emit, "late", "late");
      });
      const other = new Tab(store);
      await expect.poll(() => other.runner.isRunning({ threadId: "t" }), { interval: 5 }).toBe(true);
      const connecting = other.connectAgent();
      await expect.poll(() => other.texts, { interval: 5 }).toContain("begin");
      // As another process does, which does not have the agent.
      const run = (await loadConversation(store, "t"))?.open?.run ?? "";
      expect(await stopRun(readOptions({ store }).streams, run)).toBe(true);
      await Promise.all([asking, connecting, aborted.promise]);
      const third = await reopen(store);
      for (const each of [tab, other, third]) {
        expect(each.messages.find(({ id }) => id === "a")).toMatchObject({ content: "begin" });
        expect(each.messages.find(({ role }) => role === "tool")).toMatchObject({ toolCallId: "c" });
        expect(each.texts).not.toContain("late");
      }
      expect(await other.runner.stop({ threadId: "t" })).toBe(false);
      await third.ask("again");
      expect((await reopen(store)).texts.slice(-2)).toEqual(["again", "re: again"]);
    },
  },
];
