import { closeSync, fdatasyncSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { renameSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileSystemStore } from "@threadstore/file-system";
import type { Backend } from "../clients/client.ts";
import { type DeltaClient, deltaByHand } from "../clients/delta-by-hand.ts";
import { ours } from "../clients/thread-store.ts";
import { type WholeText, wholeRewrite } from "../clients/whole-rewrite.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Returns the folder of a location. */
export type FilesEndpoint = (location: string) => string;

export const fileSystem: Backend = {
  name: "file-system",
  async start() {
    const { folder, remove } = temporaryFolder();
    const endpoint: FilesEndpoint = (location) => join(folder, location);
    return {
      endpoint,
      subjects: [
        ...ours((location) => fileSystemStore({ folder: endpoint(location) })),
        {
          name: "raw, whole",
          role: "raw",
          open: async (location) => wholeRewrite(wholeFiles(endpoint(location))),
        },
        {
          name: "delta by hand",
          role: "delta",
          open: async (location) => deltaByHand(logs(endpoint(location))),
        },
      ],
      stop: async () => remove(),
    };
  },
};

/** Writes a temporary file, syncs it, renames it over the old one and syncs the folder: the safe way to use `fs`. */
function wholeFiles(folder: string): WholeText {
  mkdirSync(folder, { recursive: true });
  const seen = new Map<string, number>();
  const fileOf = (id: string): string => join(folder, `${id}.json`);
  const write = (id: string, text: string): void => {
    const temporary = join(folder, `${id}.tmp`);
    const file = openSync(temporary, "w");
    writeSync(file, text);
    fsyncSync(file);
    closeSync(file);
    renameSync(temporary, fileOf(id));
    syncFolder(folder);
    seen.set(id, statSync(fileOf(id)).mtimeMs);
  };
  return {
    write: async (id, text) => write(id, text),
    // A file system has no compare-and-set. This client checks first, which is not safe.
    async writeIfUnchanged(id, text) {
      const expected = seen.get(id);
      if (expected !== undefined && statSync(fileOf(id)).mtimeMs !== expected) {
        throw new Error("Another client wrote first.");
      }
      write(id, text);
    },
    async read(id) {
      const text = readFileSync(fileOf(id), "utf8");
      seen.set(id, statSync(fileOf(id)).mtimeMs);
      return text;
    },
    async readIfChanged(id) {
      return statSync(fileOf(id)).mtimeMs === seen.get(id) ? undefined : readFileSync(fileOf(id), "utf8");
    },
    async listPage(limit, cursor = "") {
      const names = readdirSync(folder).toSorted();
      const start = names.findIndex((name) => name > cursor);
      const page = names.slice(start, start + limit);
      for (const name of page) statSync(join(folder, name));
      return { count: page.length, cursor: start + limit < names.length ? page.at(-1) : undefined };
    },
    close: async () => undefined,
  };
}

/** Appends to a file and syncs it. The name of its folder is the version and marks the end. */
function logs(folder: string): DeltaClient {
  mkdirSync(folder, { recursive: true });
  return {
    async patch(id, { from, bytes, expected, version }) {
      const thread = join(folder, id);
      if (expected === undefined) mkdirSync(join(thread, version), { recursive: true });
      const file = openSync(join(thread, expected ?? version, "log"), "a");
      const frame = Buffer.concat([bytes, Buffer.from(`\n${from} ${bytes.length} ${expected ?? ""}\n`)]);
      writeSync(file, frame);
      fdatasyncSync(file);
      closeSync(file);
      if (expected !== undefined) renameSync(join(thread, expected), join(thread, version));
      syncFolder(thread);
      return undefined;
    },
    async read(id) {
      const [version = ""] = readdirSync(join(folder, id));
      return joined(readFileSync(join(folder, id, version, "log")));
    },
    close: async () => undefined,
  };
}

function joined(log: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(log.length);
  let length = 0;
  let at = 0;
  while (at < log.length) {
    const end = log.indexOf("\n", at);
    const [from = 0, size = 0] = log
      .toString("latin1", end + 1, log.indexOf("\n", end + 1))
      .split(" ")
      .map(Number);
    log.copy(whole, from, at, at + size);
    length = from + size;
    at = log.indexOf("\n", end + 1) + 1;
  }
  return whole.subarray(0, length);
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  fsyncSync(handle);
  closeSync(handle);
}
