import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  compareUtf8,
  type FailureExplanation,
  type PageRequest,
  type RecordPage,
  type ThreadDriver,
  type ThreadKey,
} from "@threadstore/core";
import { type FileSteps, hasCode, undurable, unlessMissing } from "./file-steps.ts";

/** Keeps each record in a file: a line with its version, and then its bytes. */
export function fileDriver(root: string, steps: FileSteps): ThreadDriver {
  let prepared: Promise<void> | undefined;
  const readyToWrite = (): Promise<void> =>
    (prepared ??= steps.prepare(root).catch((error: unknown) => {
      prepared = undefined;
      throw error;
    }));
  return {
    contract: 1,
    name: "files",

    async read(key) {
      return split(await steps.read(fileOf(root, key)));
    },

    async write(key, { bytes }, expected) {
      await readyToWrite();
      const file = fileOf(root, key);
      return steps.lock(file, async () => {
        if (split(await steps.read(file))?.version !== expected) return undefined;
        await steps.makeFolder(dirname(file));
        const version = steps.newVersion();
        await steps.put(file, Buffer.concat([Buffer.from(`${version}\n`), bytes]));
        return version;
      });
    },

    async delete(key, expected) {
      await readyToWrite();
      const file = fileOf(root, key);
      return steps.lock(file, async () => {
        if (split(await steps.read(file))?.version !== expected) return false;
        await steps.remove(file);
        return true;
      });
    },

    list: (namespace, page) => listFiles(root, steps, namespace, page),

    explain: explainFailure,

    close: async () => undefined,
  };
}

async function listFiles(
  root: string,
  steps: FileSteps,
  namespace: string,
  { after, limit }: PageRequest,
): Promise<RecordPage> {
  const folder = dirname(fileOf(root, { namespace, id: "any" }));
  const names = (await unlessMissing(readdir(folder))) ?? [];
  const ids = names
    .filter((name) => steps.isRecord(name))
    .map((name) => decodeURIComponent(name.slice(0, -5)));
  const page = ids.filter((id) => after === undefined || compareUtf8(id, after) > 0).toSorted(compareUtf8);
  const found = await Promise.all(
    page.map(async (id) => ({ id, record: split(await steps.read(fileOf(root, { namespace, id }))) })),
  );
  const records = found.flatMap(({ id, record }) =>
    record === undefined ? [] : [{ id, version: record.version, tail: record.bytes }],
  );
  return {
    records: records.slice(0, limit),
    next: records.length > limit ? records[limit - 1]?.id : undefined,
  };
}

function explainFailure(error: unknown): FailureExplanation | undefined {
  if (hasCode(error, "EIO")) {
    const applied = error instanceof Error && undurable.has(error) ? "undurable" : "unknown";
    return { code: "BACKEND_ERROR", message: "The disk failed: look at it.", applied };
  }
  return hasCode(error, "EAGAIN")
    ? { code: "UNAVAILABLE", message: "Another process has the lock: try again.", applied: "no" }
    : undefined;
}

function fileOf(root: string, { namespace, id }: ThreadKey): string {
  return join(root, `n-${encodeURIComponent(namespace)}`, `${encodeURIComponent(id)}.json`);
}

function split(content: Buffer | undefined): { version: string; bytes: Buffer } | undefined {
  if (content === undefined) return undefined;
  const line = content.indexOf("\n");
  return { version: content.toString("latin1", 0, line), bytes: content.subarray(line + 1) };
}
