import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  compareUtf8,
  keyInTail,
  namespacesOnPage,
  patchesByRewriting,
  type PageRequest,
  type RecordPage,
  type ThreadDriver,
  type ThreadKey,
} from "@threadstore/core/driver";
import { fileName, type FileNames, goodNames } from "./file-names.ts";
import { type FileSteps, unlessMissing, withDriverErrors } from "./file-steps.ts";

/** Creates a driver that stores each record in a file: a line with the version and the id, followed by the bytes. */
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
  const write: ThreadDriver["write"] = (key, { bytes }, expected) =>
    changeFile(fileOf(key), async (file) => {
      if (parseFile(await steps.read(file))?.version !== expected) return undefined;
      await steps.makeFolder(dirname(file));
      const version = steps.newVersion();
      await steps.put(file, Buffer.concat([Buffer.from(`${version} ${JSON.stringify(key.id)}\n`), bytes]));
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
  { after, limit, prefix }: PageRequest,
): Promise<RecordPage> {
  const entries = (await unlessMissing(readdir(folder))) ?? [];
  const files = entries.filter((name) => steps.isRecord(name)).map((name) => join(folder, name));
  const contents = await Promise.all(files.map(async (file) => parseFile(await steps.read(file))));
  // An id has more than one file only if a broken store left some.
  const filesById = Map.groupBy(
    contents.filter((each) => each !== undefined),
    ({ id }) => id,
  );
  const ids = names.inOrder([...filesById.keys()].filter((id) => names.isListed(id)));
  const remaining = ids.filter(
    (id) => id.startsWith(prefix) && (after === undefined || compareUtf8(id, after) > 0),
  );
  const page = remaining.slice(0, limit);
  const records = page.flatMap((id) =>
    (filesById.get(id) ?? []).map(({ version, bytes }) => ({ id, version, tail: bytes })),
  );
  return { records, next: remaining.length > limit ? page.at(-1) : undefined };
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
  readonly id: string;
  readonly bytes: Buffer;
}

/** Parses a record's file. Returns `undefined` if the file is missing or is not a record. */
function parseFile(content: Buffer | undefined): FileContent | undefined {
  const line = content?.indexOf("\n") ?? -1;
  const [, version = "", id = ""] = /^(\S+) (".*")$/su.exec(content?.toString("utf8", 0, line) ?? "") ?? [];
  if (content === undefined || id === "") return undefined;
  return { version, id: JSON.parse(id) as string, bytes: content.subarray(line + 1) };
}
