import { join } from "node:path";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { createThreadStore } from "@threadstore/core/driver";
import { type FileBugName, FILE_BUGS } from "./file-bugs.ts";
import { fileDriver } from "./file-driver.ts";
import { type FileNames, goodNames } from "./file-names.ts";
import { goodSteps } from "./file-steps.ts";

/** Parameters that a file store has in every process. */
export interface FileStoreParameters {
  /** The folder that contains the locations. */
  readonly folder: string;
  readonly bug: FileBugName | "none";
}

/** Opens a file store, with the same behaviour in every process. */
export function openFileStore(
  location: string,
  { folder, bug }: FileStoreParameters,
  options: StoreOptions = {},
  names: FileNames = goodNames,
): ThreadStore {
  const good = goodSteps();
  const steps = bug === "none" ? good : { ...good, ...FILE_BUGS[bug](good) };
  const store = createThreadStore(fileDriver(join(folder, location), steps, names), options);
  const close = store.close.bind(store);
  return Object.assign(store, {
    close: () => {
      steps.beginClose();
      return close();
    },
  });
}
