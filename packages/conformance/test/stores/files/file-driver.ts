import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  compareUtf8,
  entriesAfter,
  keyInTail,
  namespacesOnPage,
  patchesByRewriting,
  type PageRequest,
  positionOf,
  type RecordPage,
  type ThreadDriver,
  type ThreadKey,
} from "@threadstore/core/driver";
import { fileName, type FileNames, goodNames } from "./file-names.ts";
import { type FileSteps, unlessMissing, withDriverErrors } from "./file-steps.ts";

/** Creates a driver that stores each record in a file: a line with the version, time and id, followed by the bytes. */
export function fileDriver(root: string, steps: FileSteps, names: FileNames = goodNames): ThreadDriver {
  const fileOf = ({ namespace, id }: ThreadKey): string =>
    join(folderOf(root, names, namespace), fileName(names, id));
  let prepared: Promise<void> | undefined;
  const ensurePrepared = (): Promise<void> =>
    (prepared ??= steps.prepare(root).catch((error: unknown) => {
      prepared = undefined;
      throw error;
    }));
  const changeFile = <T>(file: string, change: (file: string) => Promise<T>): Promise<T> =>
    withDriverErrors(async () => {
      await ensurePrepared();
      return steps.lock(file, () => change(file));
    });
  const read: ThreadDriver["read"] = (key) =>
    withDriverErrors(async () => parseFile(await steps.read(fileOf(key))));
  const write: ThreadDriver["write"] = (key, { bytes, updatedAt }, expected) =>
    changeFile(fileOf(key), async (file) => {
      if (parseFile(await steps.read(file))?.version !== expected) return undefined;
      await steps.makeFolder(dirname(file));
      const version = steps.newVersion();
      const header = `${version} ${updatedAt} ${JSON.stringify(key.id)}\n`;
      await steps.put(file, Buffer.concat([Buffer.from(header), bytes]));
      return version;
    });
  return {
    contract: 2,
    name: "files",
    read,
    write,
    ...patchesByRewriting({ read, write }),

    delete: (key, expected) =>
      changeFile(fileOf(key), async (file) => {
        if (parseFile(await steps.read(file))?.version !== expected) return false;
        await steps.remove(file);
        return true;
      }),

    list: (namespace, page) =>
      withDriverErrors(() => listFiles(folderOf(root, names, namespace), steps, names, page)),

    listNamespaces: (request) =>
      withDriverErrors(async () => namespacesOnPage(await namespacesIn(root, steps), request, compareUtf8)),

    close: async () => undefined,
  };
}

async function listFiles(
  folder: string,
  steps: FileSteps,
  names: FileNames,
  { after, limit, order, prefix }: PageRequest,
): Promise<RecordPage> {
  const entries = (await unlessMissing(readdir(folder))) ?? [];
  const files = entries.filter((name) => steps.isRecord(name)).map((name) => join(folder, name));
  const contents = await Promise.all(files.map(async (file) => parseFile(await steps.read(file))));
  // An id has more than one file only if a broken store left some.
  const filesById = Map.groupBy(
    contents.filter((each) => each !== undefined),
    ({ id }) => id,
  );
  const ids = names.inOrder(
    [...filesById.keys()].filter((id) => names.isListed(id) && id.startsWith(prefix)),
  );
  const timed = ids.map((id) => ({ id, updatedAt: filesById.get(id)?.[0]?.updatedAt ?? 0 }));
  const remaining =
    order === "updated"
      ? entriesAfter(timed, { after, order })
      : timed.filter(({ id }) => after === undefined || compareUtf8(id, after) > 0);
  const page = remaining.slice(0, limit);
  const records = page.flatMap(({ id }) =>
    (filesById.get(id) ?? []).map(({ version, bytes }) => ({ id, version, tail: bytes })),
  );
  const last = remaining.length > limit ? page.at(-1) : undefined;
  return { records, next: last && positionOf(last, order) };
}

/** Reads the namespace of each folder that has a record from the trailer of one. */
async function namespacesIn(root: string, steps: FileSteps): Promise<string[]> {
  const namespaces: string[] = [];
  for (const folder of (await unlessMissing(readdir(root))) ?? []) {
    if (!folder.startsWith("n-")) continue;
    const files = (await unlessMissing(readdir(join(root, folder)))) ?? [];
    for (const file of files.filter((name) => steps.isRecord(name))) {
      const record = parseFile(await steps.read(join(root, folder, file)));
      const key = record === undefined ? undefined : keyInTail(record.bytes);
      if (key === undefined) continue;
      namespaces.push(key.namespace);
      break;
    }
  }
  return namespaces;
}

function folderOf(root: string, names: FileNames, namespace: string): string {
  return join(root, `n-${names.nameOf(namespace)}`);
}

interface FileContent {
  readonly version: string;
  readonly updatedAt: number;
  readonly id: string;
  readonly bytes: Buffer;
}

/** Parses a record's file. Returns `undefined` if the file is missing or is not a record. */
function parseFile(content: Buffer | undefined): FileContent | undefined {
  const line = content?.indexOf("\n") ?? -1;
  const header = content?.toString("utf8", 0, line) ?? "";
  const [, version = "", updatedAt, id = ""] = /^(\S+) (\S+) (".*")$/su.exec(header) ?? [];
  if (content === undefined || id === "") return undefined;
  const bytes = content.subarray(line + 1);
  return { version, updatedAt: Number(updatedAt), id: JSON.parse(id) as string, bytes };
}
