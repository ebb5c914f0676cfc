// The child process of secure-delete.test.ts: deletes a thread, and dies before the write-ahead log is truncated.
import Sqlite from "better-sqlite3";
import { sqliteStore } from "./sqlite-store.ts";

const [path = "", text = ""] = process.argv.slice(2);
const database = new Sqlite(path);
database.pragma("journal_mode = WAL");
database.pragma("secure_delete = ON");
const store = sqliteStore({ database });
await store.save("t", { text });
await store.delete("t");
process.kill(process.pid, "SIGKILL");
