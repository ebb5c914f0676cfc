import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import type { Terminal } from "../output/terminal.ts";
import { redactor } from "../stores/secrets.ts";
import { temporaryFolder } from "./cli.test-helper.ts";
import { createSession } from "./session.ts";

const folder = temporaryFolder();

it("tells locations apart whose paths look like user names, so that commands do not continue one another", async () => {
  const urls = ["ann@site", "bob@site"].map((name) => pathToFileURL(join(folder(), name)).href);
  const output = { write: () => undefined };
  const { signal } = new AbortController();
  const terminal: Terminal = { stdout: output, stderr: output, folder: folder(), env: {}, signal };
  const session = createSession(terminal, redactor(urls, {}));
  const locations = await Promise.all(urls.map((url) => session.create(url, {})));
  expect(new Set(locations.map(({ identity }) => identity)).size).toBe(2);
  await session.close();
});

it("removes passwords from messages, but not the letters of words", () => {
  const redact = redactor(["postgres://ann:p@host/db", "redis://bob:hunter2@host"], {
    TOKEN: "geheim-1",
    KEY: "1",
  });
  expect(redact("postgres://ann:p@host did not respond: hunter2, geheim-1, 1")).toBe(
    "postgres://***@host did not respond: ***, ***, 1",
  );
});
