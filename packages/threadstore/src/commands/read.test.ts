import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { fileSystemStore } from "@threadstore/file-system";
import { sqliteStore } from "@threadstore/sqlite";
import { beforeAll, describe, expect, it } from "vitest";
import { type Outcome, type RunOptions, runIn, temporaryFolder } from "../cli/cli.test-helper.ts";

const folder = temporaryFolder();
const cli = (parameters: readonly string[], options?: RunOptions): Promise<Outcome> =>
  runIn(folder(), parameters, options);

const CHAT = {
  format: "threadstore.thread",
  version: 1,
  kind: "chat",
  agent: "Assistant",
  messages: [
    { role: "user", content: "How warm is it in Berlin and Rome?" },
    {
      role: "assistant",
      content: null,
      tool_calls: [
        { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Berlin"}' } },
        { id: "call_2", type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } },
      ],
    },
    { role: "tool", tool_call_id: "call_2", content: "30 °C" },
    { role: "tool", tool_call_id: "call_1", content: "21 °C" },
    { role: "assistant", content: "21 °C and 30 °C.", refusal: null },
  ],
};

beforeAll(async () => {
  const path = join(folder(), "threads.db");
  let time = Date.parse("2026-11-01T00:00:00Z");
  const store = sqliteStore({ path, now: () => (time += 1000) });
  await store.save("old", { messages: [] }, { metadata: { owner: "ann" } });
  await store.save("weather", CHAT, { metadata: { owner: "bob", title: "\u001b]0;owned\u0007" } });
  await store.save("new", { state: "\u009b31m\u202e" }, { metadata: { owner: "ann" }, ttlMs: 1e12 });
  const acme = store.namespace("acme/eu");
  await acme.save("big", { text: "x".repeat(5000) });
  await acme.namespace("user 1").save("small", {});
  await store.close();
});

describe("ls", () => {
  it("lists the latest threads first, and the namespaces", async () => {
    const { exitCode, stdout, stderr } = await cli(["ls", "sqlite:threads.db"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("acme%2Feu/");
    expect(lines[1]).toMatch(/^Id +Updated +Size +Expires +Metadata$/u);
    expect(lines.slice(2).map((line) => line.split(" ")[0])).toEqual(["new", "weather", "old"]);
    expect(lines[3]).toContain(String.raw`owner=bob title=\u001b]0;owned\u0007`);
  });

  it("filters, and continues with the cursor that it prints", async () => {
    const filtered = await cli(["ls", "sqlite:threads.db", "--where", "owner=ann", "--prefix=o", "--json"]);
    const page = JSON.parse(filtered.stdout) as { threads: { id: string }[]; cursor: unknown };
    expect([page.threads.map(({ id }) => id), page.cursor]).toEqual([["old"], null]);
    const first = await cli(["ls", "sqlite:threads.db", "--limit", "2"]);
    const cursor = /^Next page: --cursor (\S+)$/mu.exec(first.stderr)?.[1] ?? "";
    const second = await cli(["ls", "sqlite:threads.db", "--limit", "2", "--cursor", cursor]);
    expect(second.stdout).toMatch(/^Id.*\nold .*\n$/u);
  });

  it("prints the namespaces as a tree", async () => {
    const { stdout } = await cli(["ls", "sqlite:threads.db", "--tree"]);
    expect(stdout).toMatch(
      /^sqlite:threads\.db\n3 threads, .*\n└── acme%2Feu {2}1 thread, 5\.0 KB\n {4}└── user%201 {2}1 thread, 2 B\n$/u,
    );
    const nested = await cli(["ls", "sqlite:threads.db", "-n", "acme%2Feu", "--tree", "--json"]);
    expect(JSON.parse(nested.stdout)).toMatchObject({ threads: 1, namespaces: [{ name: "user 1" }] });
  });

  it("marks corrupt threads, and exits with 1", async () => {
    const store = fileSystemStore({ folder: join(folder(), "corrupt") });
    await store.save("broken", { messages: [] });
    await store.close();
    const files = await readdir(join(folder(), "corrupt"), { recursive: true, withFileTypes: true });
    const [record] = files.filter((file) => file.isFile() && file.name.endsWith(".segment"));
    await writeFile(join(record?.parentPath ?? "", record?.name ?? ""), "{}");
    const { exitCode, stdout } = await cli(["ls", "file:corrupt"]);
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/^broken +corrupt$/mu)]);
    const shown = await cli(["show", "file:corrupt", "broken"]);
    expect([shown.exitCode, shown.stderr]).toEqual([
      3,
      expect.stringContaining("CORRUPT (file-system, broken)"),
    ]);
  });
});

describe("show", () => {
  it("prints threads that are nested deeply", async () => {
    const store = sqliteStore({ path: join(folder(), "deep.db") });
    const deep = "[".repeat(50_000) + "]".repeat(50_000);
    await store.save("messages", `{"messages":[{"role":"user","content":${deep}}]}`);
    await store.save("state", `{"state":${deep}}`);
    await store.close();
    const messages = await cli(["show", "sqlite:deep.db", "messages"]);
    expect([messages.exitCode, messages.stdout]).toEqual([0, expect.stringContaining("[nested too deeply]")]);
    const state = await cli(["show", "sqlite:deep.db", "state"]);
    expect([state.exitCode, state.stdout]).toEqual([0, expect.stringContaining(deep)]);
  });

  it("prints a conversation with results next to their calls", async () => {
    const { exitCode, stdout } = await cli(["show", "sqlite:threads.db", "weather"]);
    expect(exitCode).toBe(0);
    const conversation = stdout.slice(stdout.indexOf("\n\n") + 2);
    expect(conversation).toBe(`user
  How warm is it in Berlin and Rome?

assistant
  → weather({"city":"Berlin"})
    ← 21 °C
  → weather({"city":"Rome"})
    ← 30 °C
  21 °C and 30 °C.
`);
    expect(stdout).toContain(String.raw`metadata title  \u001b]0;owned\u0007`);
  });

  it("prints the stored text, and never a character that a terminal would interpret", async () => {
    const raw = await cli(["show", "sqlite:threads.db", "new", "--raw"]);
    expect(raw.stdout).toBe('{"state":"\u009b31m\u202e"}');
    for (const options of [["--raw"], ["--json"], []]) {
      const { stdout } = await cli(["show", "sqlite:threads.db", "new", ...options], { isTTY: true });
      const text = stripVTControlCharacters(stdout);
      expect(["\u001b", "\u009b", "\u202e"].filter((character) => text.includes(character))).toEqual([]);
      expect(stdout).toContain(String.raw`\u009b31m\u202e`);
    }
    const json = await cli(["show", "sqlite:threads.db", "new", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ id: "new", thread: { state: "\u009b31m\u202e" } });
  });

  it.each(["acme/", "/acme", "a//b", ""])("exits with 2 for the namespace %j", async (namespace) => {
    const { exitCode, stderr } = await cli(["ls", "sqlite:threads.db", "--namespace", namespace]);
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining("A level must not be empty. Omit slashes"),
    ]);
  });

  it("takes ids that begin with a hyphen after --", async () => {
    const option = await cli(["show", "sqlite:threads.db", "-id"]);
    expect([option.exitCode, option.stderr]).toEqual([
      2,
      expect.stringContaining("An id or version that begins with a hyphen follows --."),
    ]);
    const { stderr } = await cli(["show", "sqlite:threads.db", "--", "-id"]);
    expect(stderr).toContain("has no thread -id.");
    expect((await cli(["show", "sqlite:threads.db", "--typo"])).stderr).not.toContain("hyphen");
  });

  it("exits with 2 for a thread that does not exist", async () => {
    const { exitCode, stderr } = await cli(["show", "sqlite:threads.db", "none"]);
    expect([exitCode, stderr]).toEqual([
      2,
      "threadstore: sqlite:threads.db has no thread none. List them with `ls`.\n",
    ]);
  });
});

describe("stats", () => {
  it("counts and measures the threads of all namespaces", async () => {
    const { exitCode, stdout } = await cli(["stats", "sqlite:threads.db"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^threads +5 threads in 3 namespaces$/mu);
    expect(stdout).toMatch(/^with an expiry +1$/mu);
    expect(stdout).toMatch(/^biggest +5\.0 KB {2}acme%2Feu\/big$/mu);
    expect(stdout).toMatch(/^oldest +2026-11-01 00:00:0\dZ {2}old$/mu);
    const json = await cli(["stats", "sqlite:threads.db", "-n", "acme%2Feu", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ threads: 2, namespaces: 2, corrupt: 0 });
  });
});

describe("stores", () => {
  it("opens those of a configuration, which can be decorated", async () => {
    const config = `import { memoryStore } from "@threadstore/core";
      const store = memoryStore();
      await store.save("configured", {});
      const broken = () => { throw new TypeError("THREADS_KEY is not set."); };
      export default { main: () => store, other: memoryStore(), broken, url: () => "sqlite:threads.db" };`;
    // In this package, so that core is found.
    const place = join(import.meta.dirname, `../../dist/config-test-${process.pid}`);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, "threadstore.config.mjs"), config);
    const { stdout } = await runIn(place, ["ls", "config:main"]);
    expect(stdout).toMatch(/^configured /mu);
    const other = await runIn(place, ["ls", "config:other"]);
    expect([other.exitCode, other.stdout, other.stderr]).toEqual([0, "", "No threads.\n"]);
    const missing = await runIn(place, ["ls", "config:none"]);
    const names = "Name one of `config:main`, `config:other`, `config:broken`, `config:url`.";
    expect([missing.exitCode, missing.stderr]).toEqual([
      2,
      expect.stringContaining(`does not export a store named none. ${names}`),
    ]);
    const unnamed = await runIn(place, ["ls", "config"]);
    expect([unnamed.exitCode, unnamed.stderr]).toEqual([
      2,
      expect.stringContaining(`does not export a store by default. ${names}`),
    ]);
    const text = await runIn(place, ["ls", "config:url"]);
    expect([text.exitCode, text.stderr]).toEqual([
      2,
      expect.stringContaining("is not a store, and does not return one. Export a store"),
    ]);
    const broken = await runIn(place, ["ls", "config:broken"]);
    expect([broken.exitCode, broken.stderr]).toEqual([
      2,
      expect.stringMatching(
        /threadstore\.config\.mjs cannot create the store\. THREADS_KEY is not set\.\n$/u,
      ),
    ]);
    await rm(place, { recursive: true });
  });

  it("rejects a configuration for a URL, which is opened without it", async () => {
    const { exitCode, stderr } = await cli(["ls", "sqlite:threads.db", "--config", "threadstore.config.js"]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("Write `config` instead of the URL")]);
  });

  it.each([
    ["threads.db", "must be a URL"],
    ["config", "Create one, or name a file with `--config`"],
    ["mysql://host", "Use one of sqlite, file, redis"],
    ["sqlite:typo.db", "Correct the path"],
    ["sqlite:threads.db#color=red", "has no option `color`"],
    ["sqlite:threads.db#timeoutMs=soon", "must be a whole number"],
    ["sqlite:threads.db#synchronous=never", '`synchronous` must be "full" or "normal".'],
    ["s3://", "Write it like s3://bucket/prefix"],
    ["azure://account", "Write it like azure://account/container"],
  ])("rejects %s with exit code 2 and a remedy", async (url, message) => {
    const { exitCode, stderr } = await cli(["ls", url]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it.each([
    ["ls", "redis://user:hunter2@127.0.0.1:1/0#timeoutMs=50"],
    ["ls", "redis://user:hunter2 @[bad"],
    ["redis://user:hunter2@127.0.0.1/"],
    ["ls", "postgres://user:hunter2@127.0.0.1:1/db?password=hunter2&sslkey=hunter2#timeoutMs=50"],
    ["ls", "--limit", "redis://user:hunter2@host", "sqlite:threads.db"],
    ["show", "sqlite:threads.db", "redis://user:hunter2@host"],
  ])("never prints the password of %j", async (...parameters) => {
    const { exitCode, stdout, stderr } = await cli(parameters);
    expect(exitCode).toBeGreaterThan(1);
    expect(stdout + stderr).not.toContain("hunter2");
  });
});
