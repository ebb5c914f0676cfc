// Runs the commands of docs/command-line.md, in order.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { sqliteStore } from "@threadstore/sqlite";
import { beforeAll, describe, expect, it } from "vitest";
import { runIn, temporaryFolder } from "./cli/cli.test-helper.ts";
import { EXIT } from "./cli/exit-codes.ts";

const DOCS = join(import.meta.dirname, "../../../docs");
const PAGE = await readFile(join(DOCS, "command-line.md"), "utf8");

/** The words of each command of the page, without comments. */
const COMMANDS = [...PAGE.matchAll(/```sh\n(.*?)```/gsu)].flatMap(([, block = ""]) =>
  block
    .split("\n")
    .filter((line) => /^(?:npx )?threadstore /u.test(line) && !line.includes(" | "))
    .map((line) => line.replace(/ +#.*/u, "").replace(/^(?:npx )?threadstore /u, "")),
);

// The configuration is not in this package, so it would not find them by their names.
const { resolve } = createRequire(import.meta.url);
const [ENCRYPTION, SQLITE] = ["@threadstore/encryption", "@threadstore/sqlite"].map(
  (name) => pathToFileURL(resolve(name)).href,
);
const folder = temporaryFolder();

beforeAll(async () => {
  const store = sqliteStore({ path: join(folder(), "threads.db") });
  await store.save("pirate", { messages: [{ role: "user", content: "Ahoy" }] });
  await store.namespace("acme").save("order", { messages: [] }, { metadata: { owner: "ann" } });
  await store.close();
  await mkdir(join(folder(), "sessions"));
  await writeFile(join(folder(), "sessions/4711.jsonl"), '{"role":"user","content":"Ahoy"}\n');
  await writeFile(
    join(folder(), "threadstore.config.mjs"),
    `import { staticKeys, withEncryption } from ${JSON.stringify(ENCRYPTION)};
     import { sqliteStore } from ${JSON.stringify(SQLITE)};
     const keys = staticKeys({ current: "a", keys: { a: "${"a".repeat(43)}=" } });
     export default () => withEncryption(sqliteStore({ path: ${JSON.stringify(join(folder(), "secret.db"))} }), { keys });`,
  );
});

describe("docs/command-line.md", () => {
  it("has commands that work", async () => {
    expect(COMMANDS.length).toBeGreaterThan(4);
    for (const command of COMMANDS) {
      const isServer = command.startsWith("serve");
      const words = [...command.split(" "), ...(isServer ? ["--no-open"] : [])];
      const signal = isServer ? AbortSignal.timeout(500) : undefined;
      const { exitCode, stderr } = await runIn(folder(), words, { ...(signal && { signal }) });
      const isDryRun = /^(?:erase|reseal)/u.test(command) && !command.includes("--yes");
      // The folder may be on a disk that is nearly full.
      const allowed = command.startsWith("doctor")
        ? [EXIT.done, EXIT.attention]
        : [isDryRun ? EXIT.dryRun : EXIT.done];
      expect(allowed, command).toContain(exitCode);
      expect(stderr, command).toBe("");
    }
  });

  it("lists every exit code", () => {
    const listed = [...PAGE.matchAll(/^\| (\d+) \| /gmu)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(EXIT));
  });

  it("lists every command", async () => {
    const { stdout } = await runIn(folder(), ["--help"]);
    const names = [...stdout.matchAll(/^ {2}([a-z]+) (?:\[options\]|<)/gmu)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((name) => !PAGE.includes(`threadstore ${name} `))).toEqual([]);
  });
});
