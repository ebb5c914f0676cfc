// Calls of all kinds in a folder. watch.test.ts runs them in a child process, because watching cannot be undone.
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { promisify } from "node:util";
import type { TraceEvent } from "../trace-event.ts";
import { DiskLog } from "./disk-log.ts";
import { watchDisk } from "./watch.ts";

const [root = "", task = ""] = process.argv.slice(2);
const log = new DiskLog();
watchDisk(log, root);
// Imported after watching started, as a store is.
const fs = await import("node:fs");
const promises = await import("node:fs/promises");
const at = (name: string): string => join(root, name);

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  async promises() {
    await promises.mkdir(at("a/b"), { recursive: true });
    await promises.writeFile(at("a/file"), "one", { flush: true });
    await promises.appendFile(at("a/file"), "-two");
    const handle = await promises.open(at("a/file"), "r+");
    await handle.write(Buffer.from("ONE"), 0, 3, 0);
    await handle.datasync();
    await handle.truncate(5);
    await handle.close();
    await promises.link(at("a/file"), at("a/link"));
    await promises.rename(at("a/link"), at("a/b/moved"));
    await promises.rm(at("a/b"), { recursive: true });
    await promises.readFile(at("a/file"));
  },

  async synchronous() {
    fs.mkdirSync(root);
    const file = fs.openSync(at("file"), "wx");
    fs.writeSync(file, "some text");
    fs.writevSync(file, [Buffer.from(" and"), Buffer.from(" more")]);
    fs.fsyncSync(file);
    fs.closeSync(file);
    fs.renameSync(at("file"), at("other"));
    fs.writeFileSync(at("file"), "whole");
    fs.copyFileSync(at("file"), at("copy"));
    fs.truncateSync(at("copy"), 2);
    fs.unlinkSync(at("other"));
    const folder = fs.openSync(root, "r");
    fs.fsyncSync(folder);
    fs.closeSync(folder);
  },

  async callbacks() {
    await promisify(fs.mkdir)(root);
    await promisify(fs.writeFile)(at("file"), "text", { flush: true });
    const file = await promisify(fs.open)(at("file"), "a");
    const { bytesWritten } = await promisify(fs.write)(file, Buffer.from("-more"));
    if (bytesWritten !== 5) throw new Error("promisify no longer supports fs.write.");
    await promisify(fs.fsync)(file);
    await promisify(fs.close)(file);
    const stream = createWriteStream(at("stream"), { flush: true });
    stream.end("streamed");
    await finished(stream);
    await promisify(fs.rename)(at("stream"), at("file"));
  },

  /** Reports the calls that failed and their error codes. */
  async failing() {
    await promises.mkdir(root);
    const failed: string[] = [];
    const attempt = async (name: string, call: () => Promise<unknown>): Promise<void> => {
      log.failAt(1);
      await call().catch(({ code }: NodeJS.ErrnoException) => failed.push(`${name} ${code}`));
      log.clearFault();
    };
    await attempt("write", () => promises.writeFile(at("file"), "text"));
    await attempt("rename", () => promises.rename(at("file"), at("other")));
    const handle = await promises.open(at("other"));
    await attempt("sync", () => handle.sync());
    await handle.close();
    await attempt("callback", () => promisify(fs.unlink)(at("other")));
    await attempt("synchronous", async () => fs.mkdirSync(at("folder")));
    await attempt("read", () => promises.readdir(root));
    log.record({ type: "failed", operation: failed.join(", "), error: "" });
  },

  async unsupported() {
    await promises.mkdir(root);
    await promises.writeFile(at("file"), "text");
    await promises.symlink(at("file"), at("link"));
  },
};

const run = tasks[task];
if (run === undefined) throw new Error(`Unknown task ${task}.`);
await run();
const events: readonly TraceEvent[] = log.events;
process.send?.(events);
process.disconnect();
