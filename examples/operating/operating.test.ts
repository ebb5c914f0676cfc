// Runs the commands of docs/operating.md, in order, and compares what they print.
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { staticKeys, withEncryption } from "@threadstore/encryption";
import { withHistory } from "@threadstore/history";
import { describeWithService } from "@threadstore/services/vitest";
import { sqliteStore } from "@threadstore/sqlite";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/operating.md"), "utf8");
const README = readFileSync(join(ROOT, "packages/threadstore/README.md"), "utf8");
const BIN = join(ROOT, "packages/threadstore/bin/threadstore.js");
// In this package, so that the configuration finds the packages.
const FOLDER = join(ROOT, `examples/dist/operating-${process.pid}`);
const KEYS = { KEY_2026: `${"a".repeat(43)}=`, KEY_2027: `${"c".repeat(43)}=` };

interface Step {
  readonly command: string;
  readonly output: string;
}

/** The commands of the page, each with what it prints. */
const STEPS: readonly Step[] = [...PAGE.matchAll(/^( *)```console\n(.*?)```/gmsu)].flatMap(
  ([, indent = "", block = ""]) =>
    block
      .split("\n")
      .map((line) => line.slice(indent.length))
      .join("\n")
      .split(/^\$ /mu)
      .slice(1)
      .map((step) => {
        const [command = "", ...lines] = step.split("\n");
        return { command, output: lines.join("\n") };
      }),
);

const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z/gu;

/** Replaces times, and what depends on the widths of columns. */
function comparable(output: string): string {
  return output.replaceAll(TIME, "TIME").replaceAll(/ +/gu, " ").trim();
}

/** Saves what the page describes: with the old key, and with a call that was interrupted. */
async function fill(): Promise<void> {
  const keys = staticKeys({ current: "2026", keys: { "2026": KEYS.KEY_2026 } });
  const database = sqliteStore({ path: join(FOLDER, "threads.db") });
  await using store = withHistory(withEncryption(database, { keys }));
  const call = { id: "c1", type: "function", function: { name: "weather", arguments: "{}" } };
  const trip = [
    { role: "user", content: "How warm is it in Rome?" },
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "user", content: "Hello?" },
  ];
  const head = { format: "threadstore.thread", version: 1, kind: "chat", agent: "Assistant" };
  const order = [
    { role: "user", content: "Where is my order?" },
    { role: "assistant", content: "It arrives on Monday. ".repeat(200) },
  ];
  const [acme, globex] = [store.namespace("acme"), store.namespace("globex")];
  const [ann, bob] = [{ owner: "ann" }, { owner: "bob" }];
  await acme.save("trip", { ...head, messages: trip }, { metadata: ann });
  await acme.save("order", { messages: order }, { metadata: bob });
  const hotel = [{ role: "user", content: "A room for two, please." }];
  await globex.save("hotel", { messages: hotel }, { metadata: ann });
  await globex.save("draft", { messages: [] }, { metadata: bob, ttlMs: 1 });
}

it("has the outputs that the README of the command shows", () => {
  const [, sample = ""] = /```console\n(.*?)```/su.exec(README) ?? [];
  expect(sample).toContain("$ threadstore stats");
  expect(PAGE).toContain(sample);
});

await describeWithService("postgres", "docs/operating.md", ({ url }) => {
  const schema = `operating_${process.pid}`;
  const location = new URL(url);
  location.searchParams.set("options", `-c search_path=${schema}`);
  const client = new pg.Client({ connectionString: url });

  beforeAll(async () => {
    await client.connect();
    await client.query(`CREATE SCHEMA ${schema}`);
    mkdirSync(FOLDER, { recursive: true });
    for (const name of ["threadstore.config.ts", "set-phase.ts"]) {
      copyFileSync(join(import.meta.dirname, name), join(FOLDER, name));
    }
    await fill();
  });
  afterAll(async () => {
    await client.query(`DROP SCHEMA ${schema} CASCADE`);
    await client.end();
    rmSync(FOLDER, { recursive: true });
  });

  it("has commands that print what it says", { timeout: 180_000 }, async () => {
    expect(STEPS.length).toBeGreaterThan(15);
    let changedSince = "";
    for (const { command, output } of STEPS) {
      const executed = command
        .replace(/^threadstore/u, `${process.execPath} ${BIN}`)
        .replace(/^node/u, process.execPath)
        .replace(/ && sleep 6$/u, "")
        .replace(/(?<=--changed-since )\S+/u, changedSince);
      const env = { ...process.env, ...KEYS, DATABASE_URL: location.href };
      const { stdout, stderr } = await promisify(execFile)("/bin/sh", ["-c", `${executed}; true`], {
        cwd: FOLDER,
        env,
      });
      expect([command, stderr, comparable(stdout)]).toEqual([command, "", comparable(output)]);
      changedSince = /--changed-since (\S+)/u.exec(stdout)?.[1] ?? changedSince;
    }
  });
});
