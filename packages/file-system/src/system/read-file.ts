import { constants } from "node:fs";
import { open, type OpenFile } from "./synchronous-io.ts";
import { isNotAFile } from "./system-error.ts";

// Does not follow a link, whose target is not a file that the store wrote, and does not wait for the writer of a pipe.
const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens a file that the store wrote, and reads it; `undefined` if a folder, a link or the like is in its place. */
export async function readFile<Content>(
  path: string,
  read: (file: OpenFile) => Promise<Content>,
): Promise<Content | undefined> {
  try {
    await using file = await open(path, READ_FLAGS);
    return await read(file);
  } catch (error) {
    if (isNotAFile(error)) return undefined;
    throw error;
  }
}
