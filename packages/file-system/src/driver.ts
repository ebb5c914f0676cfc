import type { ThreadDriver } from "@threadstore/core";
import { readCurrent } from "./current.ts";
import { housekeeping } from "./debris.ts";
import { create } from "./create.ts";
import { diskWith } from "./disk.ts";
import { explain } from "./explain.ts";
import { layoutOf, recordFile, threadFolder } from "./layout.ts";
import { listRecords } from "./listing.ts";
import { checkOptions, type FileSystemDriverOptions } from "./options.ts";
import { readRecord } from "./record-file.ts";
import { remove } from "./remove.ts";
import { replace } from "./replace.ts";

/**
 * Keeps each record in a file of its own below `folder`, safe between processes and without locks. For whoever
 * puts something between the store and its backend; everybody else wants `fileSystemStore`.
 *
 * Throws a TypeError when the options are wrong, and touches no file before its first call.
 */
export function fileSystemDriver(options: FileSystemDriverOptions): ThreadDriver {
  const settings = checkOptions(options);
  const layout = layoutOf(settings.folder);
  const disk = diskWith(settings);
  const keepHouse = housekeeping(layout, disk);

  return {
    contract: 1,
    name: "file-system",

    // A local file is read faster than asked whether it changed: `known` would save nothing worth the branch.
    async read(key, _known, { signal }) {
      const thread = threadFolder(layout, key);
      const found = await readCurrent(thread, signal, (version) => readRecord(recordFile(thread, version)));
      return found && { version: found.version, bytes: found.content ?? new Uint8Array() };
    },

    async write(key, { bytes }, expected, { signal }) {
      signal.throwIfAborted();
      await keepHouse();
      const place = { layout, disk, signal };
      return expected === undefined ? create(place, key, bytes) : replace(place, key, bytes, expected);
    },

    async delete(key, expected, { signal }) {
      signal.throwIfAborted();
      await keepHouse();
      return remove({ layout, disk, signal }, key, expected);
    },

    list: (namespace, page, { signal }) => listRecords(layout, namespace, page, signal),

    explain: (error) => explain(error),

    async close() {
      // Every call closes what it opens.
    },
  };
}
