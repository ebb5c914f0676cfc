import type { DatabaseSync } from "node:sqlite";
import type { ThreadDriver } from "@threadstore/core";

interface Row {
  readonly id: Uint8Array;
  readonly version: string;
  readonly bytes: Uint8Array;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** Keeps records in one table. */
export function sqliteDriver(database: DatabaseSync): ThreadDriver {
  database.exec(
    `CREATE TABLE IF NOT EXISTS threads (
      namespace BLOB, id BLOB, version TEXT, bytes BLOB, PRIMARY KEY (namespace, id)
    ) STRICT, WITHOUT ROWID`,
  );
  const select = database.prepare("SELECT id, version, bytes FROM threads WHERE namespace = ? AND id = ?");
  const insert = database.prepare("INSERT INTO threads VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
  const update = database.prepare(
    "UPDATE threads SET version = ?, bytes = ? WHERE namespace = ? AND id = ? AND version = ?",
  );
  const remove = database.prepare("DELETE FROM threads WHERE namespace = ? AND id = ? AND version = ?");
  const page = database.prepare(
    "SELECT id, version, bytes FROM threads WHERE namespace = ? AND id > ? ORDER BY id LIMIT ?",
  );
  return {
    contract: 1,
    name: "node:sqlite",
    async read({ namespace, id }) {
      const found = select.get(Buffer.from(namespace), Buffer.from(id)) as unknown as Row | undefined;
      return found && { version: found.version, bytes: found.bytes };
    },
    async write({ namespace, id }, { bytes, nonce }, expected) {
      const [space, name] = [Buffer.from(namespace), Buffer.from(id)];
      const { changes } =
        expected === undefined
          ? insert.run(space, name, nonce, bytes)
          : update.run(nonce, bytes, space, name, expected);
      return changes === 0 ? undefined : nonce;
    },
    async delete({ namespace, id }, expected) {
      return remove.run(Buffer.from(namespace), Buffer.from(id), expected).changes !== 0;
    },
    async list(namespace, { after = "", limit }) {
      const rows = page.all(Buffer.from(namespace), Buffer.from(after), limit + 1) as unknown as Row[];
      const records = rows
        .slice(0, limit)
        .map(({ id, version, bytes }) => ({ id: text(id), version, tail: bytes }));
      return { records, next: rows.length > limit ? records.at(-1)?.id : undefined };
    },
    explain: () => undefined,
    close: async () => database.close(),
  };
}
