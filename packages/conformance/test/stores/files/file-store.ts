import { join } from "node:path";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import { type FileBugName, fileBugs } from "./file-bugs.ts";
import { fileDriver } from "./file-driver.ts";
import { type FileNames, goodNames } from "./file-names.ts";
import { goodSteps } from "./file-steps.ts";

/** Where a file store's places are, and which bug it has: `none`, or one of those by name. */
export interface FilePlace {
  readonly folder: string;
  readonly bug: FileBugName | "none";
}

/** The same in every process. */
export function openFiles(
  place: string,
  { folder, bug }: FilePlace,
  options: StoreOptions = {},
  names: FileNames = goodNames,
): ThreadStore {
  const good = goodSteps();
  const steps = bug === "none" ? good : { ...good, ...fileBugs[bug](good) };
  const store = createThreadStore(fileDriver(join(folder, place), steps, names), options);
  const close = store.close.bind(store);
  return Object.assign(store, {
    close: () => {
      steps.beginClose();
      return close();
    },
  });
}
