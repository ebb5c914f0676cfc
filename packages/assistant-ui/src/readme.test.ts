import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { createPage } from "./page.test-helper.ts";
import { ThreadApiError } from "./thread-api-error.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [serverCode = "", pageCode = ""] = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, code]) => code,
);

const program = `
  import { handler } from "./server.ts";
  import { threads } from "./page.ts";
  let user = "ann";
  globalThis.fetch = (path, init) => {
    const headers = { ...init.headers, ...(user && { "x-user": user }) };
    return handler(new Request(new URL(path, "http://localhost"), { ...init, headers }));
  };
  const body = JSON.stringify({ elements: [{ id: "a", parent_id: null, format: "f", content: {} }] });
  const headers = { "content-type": "application/json" };
  await fetch("/threads/x/elements", { method: "POST", headers, body });
  await threads.rename("x", "Pirates");
  for (const { remoteId, title } of (await threads.list()).threads) console.log(remoteId, title);
  user = undefined;
  await threads.list().catch(({ code }) => console.log(code));
`;

test("the adapter of the page uses the handler of the server", async () => {
  // Inside this package, so that the packages' names resolve.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  const cwd = mkdtempSync(join(tmpdir(), "threadstore-assistant-ui-"));
  onTestFinished(() => [folder, cwd].forEach((each) => rmSync(each, { recursive: true })));
  writeFileSync(join(folder, "server.ts"), serverCode);
  writeFileSync(join(folder, "page.ts"), pageCode);
  writeFileSync(join(folder, "program.ts"), program);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(folder, "program.ts")], {
    cwd,
  });
  expect(stdout).toBe("x Pirates\nSIGNED_OUT\n");
  expect(stderr).toContain("You are signed out. Sign in again.");
});

test("the documented thread can be read", async () => {
  const [, json = ""] = /^```json\n(.*?)^```$/ms.exec(readme) ?? [];
  const page = createPage();
  await page.store.save("x", json);
  expect(await page.open("x").history.load()).toEqual({ messages: [] });
  await page.store.save("x", json.replace("deleted", "ignored"), { overwrite: true });
  await expect(page.open("x").history.load()).rejects.toMatchObject({ path: "$.messages[1].parent_id" });
});

test("the tables list exactly the existing codes and options", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(rows).toEqual(ThreadApiError.codes);
});

test("the adapter is tested with the version that is installed", async () => {
  const installed = await import("@assistant-ui/react");
  expect(installed.useAui).toBeTypeOf("function");
});
