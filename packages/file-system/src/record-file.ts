import { constants } from "node:fs";
import { open, readFile } from "node:fs/promises";

// A link in the place of a record leads to something that the store did not write.
const flags = constants.O_RDONLY | constants.O_NOFOLLOW;

export async function readRecord(file: string): Promise<Uint8Array> {
  return readFile(file, { flag: flags });
}

/** The last `length` bytes of a file, or all of a shorter one. */
export async function readTail(file: string, length: number): Promise<Uint8Array> {
  const handle = await open(file, flags);
  try {
    const { size } = await handle.stat();
    const tail = new Uint8Array(Math.min(size, length));
    const { bytesRead } = await handle.read(tail, 0, tail.length, size - tail.length);
    return tail.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
