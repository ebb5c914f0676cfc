import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { type HistoryStore, withHistory } from "@threadstore/history";
import { BROWSER_TIMEOUT_MS } from "@threadstore/services/browser-timeout";
import { sqliteStore } from "@threadstore/sqlite";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";

const FOLDER = join(import.meta.dirname, "..");
const COMMAND = join(FOLDER, "../bin/threadstore.js");

/** The commands `threadstore serve`, read-only and with `--write`, for one database. */
export interface Viewers {
  /** The same store, as another process of an application opens it. */
  readonly store: HistoryStore;
  readonly database: string;
  /** The addresses with their tokens. */
  readonly readOnly: string;
  readonly writable: string;
  readonly stop: () => Promise<void>;
}

/** Builds the page and serves a new SQLite database. */
export async function startViewers(fill: (store: HistoryStore) => Promise<void>): Promise<Viewers> {
  await promisify(execFile)(process.execPath, [join(FOLDER, "build.ts")]);
  const folder = await mkdtemp(join(tmpdir(), "threadstore-viewer-"));
  const database = join(folder, "threads.db");
  const store = withHistory(sqliteStore({ path: database, synchronous: "normal", now: distinctTimes() }));
  await fill(store);
  const started = await Promise.all([serve(database, []), serve(database, ["--write"])]);
  const [readOnly, writable] = started;
  const stop = async () => {
    for (const { child } of started) {
      child.kill("SIGINT");
      await once(child, "exit");
    }
    await store.close();
    await rm(folder, { recursive: true });
  };
  return { store, database, readOnly: readOnly.url, writable: writable.url, stop };
}

/** A clock that never returns a time twice, so that the order of a list is the order of the saves. */
function distinctTimes(): () => number {
  let latest = 0;
  return () => {
    latest = Math.max(Date.now(), latest + 1);
    return latest;
  };
}

async function serve(
  database: string,
  options: readonly string[],
): Promise<{ child: ChildProcess; url: string }> {
  const config = join(import.meta.dirname, "store.config.ts");
  const parameters = [COMMAND, "serve", "config:production", "--config", config, "--json", ...options];
  const child = spawn(process.execPath, parameters, {
    cwd: FOLDER,
    env: { ...process.env, VIEWER_DATABASE: database },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface(child.stdout)) {
    const { url } = JSON.parse(line) as { url: string };
    return { child, url };
  }
  throw new Error("`threadstore serve` ended without an address.");
}

/** A tab of a browser that is signed in, and everything about it that must not happen. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Messages of the console, uncaught errors, dialogs, and requests to other origins. */
  readonly problems: string[];
  /** Opens an address such as `?thread=a`. */
  readonly open: (query: string) => Promise<void>;
}

/** Opens the viewer in a tab with its own cookies. */
export async function openTab(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(BROWSER_TIMEOUT_MS);
  const { origin } = new URL(url);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    // A rejected request is part of some tests, and the browser reports it, too.
    if (!/^Failed to load resource: .* status of (?:401|403|404|412|500|503)/u.test(message.text())) {
      problems.push(`${message.type()}: ${message.text()}`);
    }
  });
  page.on("pageerror", ({ message }) => problems.push(message));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const address = request.url();
    if (!/^(?:data|blob):/u.test(address) && new URL(address).origin !== origin) problems.push(address);
  });
  await page.goto(url);
  const open = async (query: string) => {
    await page.goto(`${origin}/${query}`);
    await page.locator(".app").waitFor();
  };
  return { page, context, problems, open };
}
