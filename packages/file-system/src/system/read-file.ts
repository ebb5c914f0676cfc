import { constants } from "node:fs";
import { andThen, type MaybePromise } from "@threadstore/core/driver";
import { catching, closing } from "./steps.ts";
import { open, type OpenFile } from "./synchronous-io.ts";
import { isNotAFile } from "./system-error.ts";

// Does not follow a link, whose target is not a file that the store wrote, and does not wait for the writer of a pipe.
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens a file that the store wrote, and reads it; `undefined` if a folder, a link or the like is in its place. */
export function readFile<Content>(
  path: string,
  read: (file: OpenFile) => MaybePromise<Content>,
): MaybePromise<Content | undefined> {
  return catching<Content | undefined>(
    () => andThen(open(path, READ_FLAGS), (file) => closing(file, read)),
    (error) => {
      if (isNotAFile(error)) return undefined;
      throw error;
    },
  );
}
