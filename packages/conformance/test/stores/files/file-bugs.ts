import { randomUUID } from "node:crypto";
import { appendFile, mkdir, open, rename, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import {
  type FileSteps,
  hasCode,
  lockedError,
  syncFolder,
  unlessMissing,
  writeTemporary,
} from "./file-steps.ts";

type FileBug = (good: FileSteps) => Partial<FileSteps>;

export type FileBugName =
  | "overwritten in place"
  | "added in place"
  | "remove, then write"
  | "remove, then rename"
  | "lock file"
  | "acknowledged before written"
  | "temporary files listed"
  | "copies of all versions"
  | "reserved names"
  | "versions counted in the process"
  | "acknowledged at close"
  | "setup in two steps"
  | "no sync of the file"
  | "sync after the rename"
  | "no sync of the folder"
  | "no sync of new folders"
  | "sync of own folders only"
  | "no sync of a removal"
  | "trust after error"
  | "ignored sync failure";

function lockFile(file: string): string {
  return join(dirname(file), `.tmp-lock-${basename(file)}`);
}

/** Creates the folder and syncs the entries of the folders that were missing, but not those of existing folders. */
async function makeAndSync(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  await syncFolder(dirname(first));
  if (first !== folder) await syncFolder(dirname(folder));
}

/** The steps that each broken store replaces. */
export const FILE_BUGS: Readonly<Record<FileBugName, FileBug>> = {
  // In two parts, so that a kill between them does not need much luck.
  "overwritten in place": () => ({
    async put(file, content) {
      const half = content.length >> 1;
      await writeFile(file, content.subarray(0, half), { flush: true });
      await appendFile(file, content.subarray(half), { flush: true });
    },
  }),

  // As if a record could be cut off at any byte.
  "added in place": (good) => ({
    async put(file, content) {
      const stored = await good.read(file);
      if (stored === undefined || content.length < stored.length) return good.put(file, content);
      const half = (stored.length + content.length) >> 1;
      await writeFile(file, content.subarray(0, half), { flush: true });
      await appendFile(file, content.subarray(half), { flush: true });
    },
  }),

  "remove, then write": (good) => ({
    async put(file, content) {
      await unlessMissing(unlink(file));
      await syncFolder(dirname(file));
      await good.put(file, content);
    },
  }),

  "remove, then rename": () => ({
    async put(file, content) {
      const temporaryFile = await writeTemporary(file, content, true);
      await unlessMissing(unlink(file));
      await rename(temporaryFile, file);
      await syncFolder(dirname(file));
    },
  }),

  "lock file": (good) => ({
    prepare: async () => undefined,
    async lock(file, work) {
      await good.makeFolder(dirname(file));
      const handle = await open(lockFile(file), "wx").catch((error: unknown) => {
        throw hasCode(error, "EEXIST") ? lockedError(error) : error;
      });
      await handle.close();
      try {
        return await work();
      } finally {
        await unlink(lockFile(file));
      }
    },
  }),

  "acknowledged before written": (good) => ({
    put: async (file, content) => void wait(10).then(() => good.put(file, content)),
  }),

  "temporary files listed": () => ({
    async put(file, content) {
      const temporaryFile = `${file}-${randomUUID()}.json`;
      await writeFile(temporaryFile, content, { flush: true });
      await wait(5);
      await rename(temporaryFile, file);
      await syncFolder(dirname(file));
    },
  }),

  "copies of all versions": (good) => ({
    async put(file, content) {
      for (let copy = 0; copy < 3; copy += 1) {
        await writeFile(join(dirname(file), `.tmp-${copy}-${randomUUID()}`), content);
      }
      await good.put(file, content);
    },
    prepare: async () => undefined,
  }),

  "reserved names": (good) => ({
    async read(file) {
      const content = await good.read(file);
      return content?.length === 0 ? undefined : content;
    },
    async put(file, content) {
      if ((await good.read(file)) === undefined) await (await open(file, "wx")).close();
      else if ((await good.read(file))?.length === 0) throw lockedError();
      await good.put(file, content);
    },
  }),

  "versions counted in the process": () => {
    let count = 0;
    return {
      newVersion: () => {
        count += 1;
        return `v${count}`;
      },
    };
  },

  "acknowledged at close": (good) => {
    let isClosing = false;
    return {
      async put(file, content) {
        await wait(5);
        if (!isClosing) await good.put(file, content);
      },
      beginClose() {
        isClosing = true;
      },
    };
  },

  "setup in two steps": (good) => ({
    async prepare(root) {
      const marker = join(root, ".tmp-format");
      const markerContent = await good.read(marker);
      if (markerContent?.length === 0) throw lockedError();
      if (markerContent !== undefined) return;
      await good.makeFolder(root);
      await writeFile(marker, "");
      await wait(30);
      await writeFile(marker, "1");
    },
  }),

  "no sync of the file": () => ({
    async put(file, content) {
      await rename(await writeTemporary(file, content, false), file);
      await syncFolder(dirname(file));
    },
  }),

  "sync after the rename": () => ({
    async put(file, content) {
      await rename(await writeTemporary(file, content, false), file);
      await syncFolder(file);
      await syncFolder(dirname(file));
    },
  }),

  "no sync of the folder": () => ({
    put: async (file, content) => rename(await writeTemporary(file, content, true), file),
  }),

  "no sync of new folders": (good) => ({
    prepare: (root) => good.makeFolder(root),
    makeFolder: async (folder) => void (await mkdir(folder, { recursive: true })),
  }),

  "sync of own folders only": () => ({ prepare: makeAndSync, makeFolder: makeAndSync }),

  "no sync of a removal": () => ({ remove: unlink }),

  "trust after error": () => ({
    async put(file, content) {
      await rename(await writeTemporary(file, content, true), file);
      await syncFolder(dirname(file));
    },
  }),

  "ignored sync failure": () => ({
    async put(file, content) {
      await rename(await writeTemporary(file, content, true), file);
      await syncFolder(dirname(file)).catch(() => undefined);
    },
  }),
};
