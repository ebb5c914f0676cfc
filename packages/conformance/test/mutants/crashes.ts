import type { FileBugName } from "../stores/files/file-bugs.ts";
import { fileHarness } from "../stores/files/file-harness.ts";
import { forgetfulHarness } from "../stores/forgetful-harness.ts";
import { sqliteHarness } from "../stores/sqlite/sqlite-harness.ts";
import type { Mutant } from "./mutant.ts";

/** A mutant of the file store, which other processes and disks that crash can find. */
function fileMutant(name: FileBugName, bug: string, killedBy: readonly string[]): Mutant {
  return { name: `files, ${name}`, bug, base: "file system", killedBy, make: () => fileHarness(name, name) };
}

export const crashMutants: readonly Mutant[] = [
  fileMutant("acknowledged before written", "acknowledges a save and writes it then", ["D1-2", "F3-9"]),
  fileMutant("in place", "writes over the old file", ["D1-3", "D2-2"]),
  fileMutant("remove, then write", "removes the old file before it writes the new one", ["D1-4", "D2-2"]),
  fileMutant("remove, then rename", "removes the old file before it renames the new one", ["D2-2"]),
  fileMutant("lock file", "locks with a file that a killed process leaves", ["D1-5"]),
  fileMutant("temporary files listed", "lists the files that killed processes left", ["D3-4"]),
  fileMutant("copies of all versions", "keeps what it wrote on the way", ["D3-4"]),
  fileMutant("reserved names", "makes an empty file first, which then belongs to nobody", ["D1-6"]),
  fileMutant("versions counted in the process", "counts versions from 1 in each process", ["D1-7"]),
  fileMutant("acknowledged at close", "acknowledges what it drops when it is closed", ["F3-9"]),
  fileMutant("setup in two steps", "does not get over half of its setup", ["D1-8"]),
  fileMutant("no sync of the file", "syncs folders only", ["D2-1", "D2-2"]),
  fileMutant("sync after the rename", "renames the file before it syncs it", ["D2-1", "D2-2"]),
  fileMutant("no sync of the folder", "syncs the file only", ["D2-1", "D2-2"]),
  fileMutant("no sync of new folders", "does not sync the name of a folder that it made", ["D2-1", "D2-2"]),
  fileMutant("sync of own folders only", "syncs no folder that a killed process may have made", ["D2-3"]),
  fileMutant("no sync of a removal", "deletes without a sync of the folder", ["D2-2"]),
  fileMutant("trust after an error", "takes what it finds after an error for durable", ["D2-3"]),
  fileMutant("sync that may fail", "takes no notice of a sync that failed", ["D2-3"]),
  {
    name: "synchronous=NORMAL",
    bug: "promises FULL and leaves better-sqlite3's default in force",
    base: "SQLite",
    killedBy: ["D2-4"],
    make: () => sqliteHarness("synchronous=NORMAL", "NORMAL"),
  },
  {
    name: "synchronous=OFF",
    bug: "promises FULL and never syncs",
    base: "SQLite",
    killedBy: ["D2-4"],
    make: () => sqliteHarness("synchronous=OFF", "OFF"),
  },
  {
    name: "snapshots",
    bug: "acknowledges what the server has in memory only",
    base: "memory",
    killedBy: ["D2-5"],
    make: () => forgetfulHarness("snapshots", 20),
  },
];
