import { join } from "node:path";
import type { ThreadDriver } from "@threadstore/core";
import { create } from "./create.ts";
import { readCurrent } from "./current.ts";
import { housekeeping } from "./debris.ts";
import { diskWith } from "./disk.ts";
import { explain } from "./explain.ts";
import { layoutOf, threadFolder } from "./layout.ts";
import { listRecords } from "./listing.ts";
import { checkOptions, type FileSystemDriverOptions } from "./options.ts";
import { readRecord } from "./record-file.ts";
import { remove } from "./remove.ts";
import { replace } from "./replace.ts";
import { ownSegments } from "./segments.ts";
import { lstat } from "./system-calls.ts";

const unchanged = new Uint8Array();

/**
 * Keeps each record in files of its own below `folder`, safe between processes and without locks. For whoever
 * puts something between the store and its backend; everybody else wants `fileSystemStore`.
 *
 * Throws a TypeError when the options are wrong, and touches no file before its first call.
 */
export function fileSystemDriver(options: FileSystemDriverOptions): ThreadDriver {
  const settings = checkOptions(options);
  const layout = layoutOf(settings.folder);
  const disk = diskWith(settings);
  const keepHouse = housekeeping(layout, disk);
  const segments = ownSegments();

  return {
    contract: 1,
    name: "file-system",

    async read(key, known, { signal }) {
      const thread = threadFolder(layout, key);
      const found = await readCurrent(thread, signal, async (version, last) => {
        const folder = join(thread, version);
        if (version !== known) return readRecord(folder, last);
        // A listing during a rename may still show the old name.
        await lstat(folder);
        return unchanged;
      });
      if (found === undefined) return undefined;
      const { version, content = new Uint8Array() } = found;
      return { version, bytes: content === unchanged ? undefined : content };
    },

    async write(key, record, expected, { signal }) {
      signal.throwIfAborted();
      await keepHouse();
      const place = { layout, disk, segments, signal };
      return expected === undefined ? create(place, key, record) : replace(place, key, record, expected);
    },

    async delete(key, expected, { signal }) {
      signal.throwIfAborted();
      await keepHouse();
      return remove({ layout, disk, segments, signal }, key, expected);
    },

    list: (namespace, page, { signal }) => listRecords(layout, namespace, page, signal),

    explain: (error) => explain(error),

    async close() {
      // Every call closes what it opens.
    },
  };
}
