import type { FileBugName } from "../stores/files/file-bugs.ts";
import { fileHarness } from "../stores/files/file-harness.ts";
import { forgetfulHarness } from "../stores/forgetful-harness.ts";
import { sqliteHarness } from "../stores/sqlite/sqlite-harness.ts";
import type { Mutant } from "./mutant.ts";

/** A mutant of the file store, which child processes and crashing disks can reveal. */
function fileMutant(name: FileBugName, bug: string, killedBy: readonly string[]): Mutant {
  return { name: `files, ${name}`, bug, base: "file system", killedBy, make: () => fileHarness(name, name) };
}

export const crashMutants: readonly Mutant[] = [
  fileMutant("acknowledged before written", "acknowledges a save before writing it", ["D1-2", "F3-9"]),
  fileMutant("overwritten in place", "writes over the old file", ["D1-3", "D2-2"]),
  fileMutant("added in place", "writes over the old file if the new one is longer", ["D1-9", "D2-2"]),
  fileMutant("remove, then write", "deletes the old file before writing the new one", ["D1-4", "D2-2"]),
  fileMutant("remove, then rename", "deletes the old file before renaming the new one", ["D2-2"]),
  fileMutant("lock file", "locks with a file that a killed process leaves behind", ["D1-5"]),
  fileMutant("temporary files listed", "lists the files that killed processes leave behind", ["D3-4"]),
  fileMutant("copies of all versions", "keeps every intermediate file", ["D3-4"]),
  fileMutant("reserved names", "first creates an empty file, which a killed process leaves behind", ["D1-6"]),
  fileMutant("versions counted in the process", "counts versions from 1 in each process", ["D1-7"]),
  fileMutant("acknowledged at close", "acknowledges saves that it drops when it is closed", ["F3-9"]),
  fileMutant("setup in two steps", "cannot recover from a half-finished setup", ["D1-8"]),
  fileMutant("no sync of the file", "syncs folders only", ["D2-1", "D2-2"]),
  fileMutant("sync after the rename", "renames the file before syncing it", ["D2-1", "D2-2"]),
  fileMutant("no sync of the folder", "syncs the file only", ["D2-1", "D2-2"]),
  fileMutant("no sync of new folders", "does not sync the name of a folder that it created", [
    "D2-1",
    "D2-2",
  ]),
  fileMutant("sync of own folders only", "does not sync folders that a killed process may have created", [
    "D2-3",
  ]),
  fileMutant("no sync of a removal", "deletes without syncing the folder", ["D2-2"]),
  fileMutant("trust after error", "treats everything that it reads after an error as durable", ["D2-3"]),
  fileMutant("ignored sync failure", "ignores a sync that failed", ["D2-3"]),
  {
    name: "synchronous=NORMAL",
    bug: "promises FULL but uses better-sqlite3's default",
    base: "SQLite",
    killedBy: ["D2-4"],
    make: () => sqliteHarness("synchronous=NORMAL", "NORMAL"),
  },
  {
    name: "synchronous=OFF",
    bug: "promises FULL but never syncs",
    base: "SQLite",
    killedBy: ["D2-4"],
    make: () => sqliteHarness("synchronous=OFF", "OFF"),
  },
  {
    name: "snapshots",
    bug: "acknowledges writes that the server has only in memory",
    base: "memory",
    killedBy: ["D2-5"],
    make: () => forgetfulHarness("snapshots", 20),
  },
];
