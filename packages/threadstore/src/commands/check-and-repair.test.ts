import { join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { describe, expect, it } from "vitest";
import { type Outcome, runIn, temporaryFolder } from "../cli/cli.test-helper.ts";

const folder = temporaryFolder();
const cli = (...parameters: readonly string[]): Promise<Outcome> => runIn(folder(), parameters);
const open = (name: string): ThreadStore => sqliteStore({ path: join(folder(), name) });

const own = (kind: string, members: object): object => ({
  format: "threadstore.thread",
  version: 1,
  kind,
  ...members,
});

const user = { role: "user", content: "How warm is it?" };
const functionCall = { name: "weather", arguments: "{}" };

/** A thread of each form with a call that has no result, as a killed process leaves it. */
const INTERRUPTED: Readonly<Record<string, object>> = {
  chat: own("chat", {
    agent: "Assistant",
    messages: [
      user,
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c1", type: "function", function: functionCall }],
      },
      { role: "user", content: "Hello?" },
    ],
  }),
  responses: own("responses", {
    agent: "Assistant",
    messages: [
      user,
      { type: "function_call", call_id: "c1", ...functionCall },
      { role: "user", content: "Hello?" },
    ],
  }),
  session: own("openai-agents-items", {
    items: [
      { type: "message", ...user },
      { type: "function_call", callId: "c1", ...functionCall },
      { type: "message", role: "user", content: "Hello?" },
    ],
  }),
  useChat: own("ai-sdk-ui-messages", {
    messages: [
      { id: "1", role: "user", parts: [{ type: "text", text: "How warm is it?" }] },
      {
        id: "2",
        role: "assistant",
        parts: [{ type: "tool-weather", toolCallId: "c1", state: "input-available", input: {} }],
      },
      { id: "3", role: "user", parts: [{ type: "text", text: "Hello?" }] },
    ],
  }),
  modelMessages: own("ai-sdk-model-messages", {
    messages: [
      user,
      {
        role: "assistant",
        content: [{ type: "tool-call", toolCallId: "c1", toolName: "weather", input: {} }],
      },
      { role: "user", content: "Hello?" },
    ],
  }),
  langchain: {
    messages: [
      { type: "human", data: { content: "How warm is it?" } },
      { type: "ai", data: { content: "", tool_calls: [{ id: "c1", name: "weather", args: {} }] } },
      { type: "human", data: { content: "Hello?" } },
    ],
  },
  agentFramework: {
    storeState: {
      messages: [
        { role: "user", contents: [{ $type: "text", text: "How warm is it?" }] },
        {
          role: "assistant",
          contents: [{ $type: "functionCall", callId: "c1", name: "weather", arguments: {} }],
        },
        { role: "user", contents: [{ $type: "text", text: "Hello?" }] },
      ],
    },
  },
};

describe("check and repair", () => {
  it("find and repair the faults of every form", async () => {
    const store = open("forms.db");
    for (const [id, thread] of Object.entries(INTERRUPTED)) await store.namespace("x").save(id, thread);
    await store.save("other", { state: 1 });
    await store.save("intact", own("chat", { agent: "Assistant", messages: [user] }), {
      metadata: { a: "b" },
    });
    const checked = await cli("check", "sqlite:forms.db", "--json");
    expect([checked.exitCode, checked.stderr]).toEqual([1, ""]);
    const report = JSON.parse(checked.stdout) as {
      checked: number;
      unknown: number;
      faulty: { thread: string; faults: { code: string; remedy: string }[] }[];
    };
    expect([report.checked, report.unknown]).toEqual([8, 1]);
    expect(
      Object.fromEntries(report.faulty.map(({ thread, faults }) => [thread, faults.map(({ code }) => code)])),
    ).toEqual(Object.fromEntries(Object.keys(INTERRUPTED).map((id) => [`x/${id}`, ["result-missing"]])));

    // A check changes nothing, so no text says that something was changed.
    const remedies = report.faulty.flatMap(({ faults }) => faults.map(({ remedy }) => remedy));
    expect(remedies.filter((remedy) => !/^A repair adds a result [^.]+\.$/u.test(remedy))).toEqual([]);
    const text = await cli("check", "sqlite:forms.db", "-n", "x", "chat");
    expect(text.stdout.split("\n")[1]).toBe(
      "  result-missing  $.messages[1].tool_calls[0]  The call does not have a result. A repair adds a result that says the call was interrupted.",
    );

    const dry = await cli("repair", "sqlite:forms.db");
    expect([dry.exitCode, dry.stderr]).toEqual([4, "Nothing was changed. Confirm it with --yes.\n"]);
    expect(dry.stdout).toContain("8 threads checked, 7 to repair, 0 corrupt, 1 of unknown form.");
    expect((await cli("check", "sqlite:forms.db")).exitCode).toBe(1);

    const intact = await store.load("intact");
    const repaired = await cli("repair", "sqlite:forms.db", "--yes");
    expect([repaired.exitCode, repaired.stdout]).toEqual([0, expect.stringContaining("7 repaired")]);
    const again = await cli("check", "sqlite:forms.db");
    expect([again.exitCode, again.stdout]).toEqual([
      0,
      "8 threads checked, 0 with faults, 0 corrupt, 1 of unknown form.\n",
    ]);
    expect((await store.load("intact"))?.version).toBe(intact?.version);
    expect((await cli("repair", "sqlite:forms.db", "--yes")).exitCode).toBe(0);
    await store.close();
  });

  it("drop instead of answering with `--policy drop`, in one thread only", async () => {
    const store = open("policy.db");
    await store.save("a", INTERRUPTED["chat"] ?? {});
    await store.save("b", INTERRUPTED["chat"] ?? {});
    await cli("repair", "sqlite:policy.db", "a", "--policy", "drop", "--yes");
    const messages = (await store.load("a"))?.thread["messages"];
    expect(messages).not.toContainEqual(expect.objectContaining({ tool_calls: expect.anything() }));
    expect((await store.load("b"))?.thread).toEqual(INTERRUPTED["chat"]);
    await store.close();
  });

  it("report what cannot be repaired, and never contents", async () => {
    const store = open("beyond.db");
    await store.save(
      "new",
      own("chat", { version: 99, agent: "A", messages: [{ role: "user", content: "secret" }] }),
    );
    const { exitCode, stdout } = await cli("repair", "sqlite:beyond.db", "--yes");
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/^new\n {2}THREAD_TOO_NEW {2}/u)]);
    const total = "1 thread checked, 0 repaired, 1 beyond repair, 0 corrupt, 0 of unknown form.\n";
    expect(stdout.endsWith(total)).toBe(true);
    expect(stdout).not.toContain("secret");
    await store.save("new", INTERRUPTED["chat"] ?? {}, { overwrite: true });
    for (const command of ["check", "repair"]) {
      const missing = await cli(command, "sqlite:beyond.db", "typo");
      expect([missing.exitCode, missing.stderr]).toEqual([
        2,
        "threadstore: There is no thread typo. List them with `ls`.\n",
      ]);
    }
    const wrong = await cli("check", "sqlite:beyond.db", "--provider", "nobody");
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("provider")]);
    await store.close();
  });
});
