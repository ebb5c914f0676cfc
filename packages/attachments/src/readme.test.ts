import { execFile } from "node:child_process";
import { tracingChannel } from "node:diagnostics_channel";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { CallDiagnostics } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { expect, test } from "vitest";
import { memoryBackend, base64 } from "./backend.test-helper.ts";
import { attachmentName } from "./format/names.ts";
import { encodeStoredText } from "./format/stored-text.ts";
import { resolveOptions } from "./options.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [example = "", cleanup = ""] = [...readme.matchAll(/```ts\n(.*?)```/gsu)].map(([, code]) => code ?? "");

test("the README's examples run on the built package and resume", async () => {
  // Within this package, so that its own name resolves.
  const programs = mkdtempSync(join(root, "dist", "readme-"));
  using folder = temporaryFolder();
  const run = async (code: string): Promise<string> => {
    const file = join(programs, "example.ts");
    writeFileSync(file, code);
    return (await promisify(execFile)(process.execPath, [file], { cwd: folder.path })).stdout;
  };
  try {
    expect(await run(example)).toMatch(/^1 message\(s\), 1000\d\d\d bytes\n$/u);
    expect(await run(example)).toMatch(/^2 message\(s\), 1000\d\d\d bytes\n$/u);
    expect(await run(cleanup)).toBe("");
    await using inner = sqliteStore({ path: join(folder.path, "threads.db") });
    expect((await inner.load("support-4711"))?.size).toBeLessThan(400);
    expect((await inner.namespace(".attachments").listPage()).threads.length).toBe(1);
  } finally {
    rmSync(programs, { recursive: true });
  }
});

test("the README documents the defaults", () => {
  const { maxThreadBytes, orphanAgeMs, isAttachment } = resolveOptions({});
  const documented = (option: string): number => {
    const [, value = ""] = new RegExp(`\\| \`${option}\` \\| ([\\d,]+) \\|`, "u").exec(readme) ?? [];
    return Number(value.replaceAll(",", ""));
  };
  expect([documented("maxThreadBytes"), documented("orphanAgeMs")]).toEqual([maxThreadBytes, orphanAgeMs]);
  expect(
    ["A".repeat(documented("limitBytes")), "A".repeat(documented("limitBytes") + 4)].map(isAttachment),
  ).toEqual([false, true]);
});

test("the README shows what is stored", () => {
  const [, sample = ""] = /```json\n(.*)\n```/u.exec(readme) ?? [];
  const json = JSON.stringify({ url: `data:image/png;base64,${"A".repeat(1_000_000)}` });
  const nameOf = (text: string): string => attachmentName("J3s_9-xYh2vQm0aZ4kLw1A", text);
  const { text } = encodeStoredText(json, json.length, nameOf);
  expect(text.replace(/[0-9a-f]{64}/u, "8f43…")).toBe(sample);
});

test("calls are traced as the README documents", async () => {
  const ended: string[] = [];
  const end = (message: unknown): void => {
    const { store, namespace, bytes, outcome } = message as CallDiagnostics;
    ended.push(`${store} ${namespace} ${(bytes ?? 0) > 20_000 ? "long" : "short"} ${outcome}`);
  };
  tracingChannel("threadstore:save").asyncEnd.subscribe(end);
  try {
    await memoryBackend().open().save("a", { image: base64() });
  } finally {
    tracingChannel("threadstore:save").asyncEnd.unsubscribe(end);
  }
  expect(ended).toEqual(["memory .attachments long ok", "memory  short ok", "attachments  long ok"]);
});
