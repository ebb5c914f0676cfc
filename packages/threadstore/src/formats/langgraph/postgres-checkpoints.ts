import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { importPackage } from "../../stores/import-package.ts";
import { parseStoreUrl, webUrl } from "../../stores/store-url.ts";
import { UsageError } from "../../usage-error.ts";
import type { TransferContext } from "../transfer-format.ts";
import { type Checkpoints, loaderOf, sortedKeys } from "./checkpoints.ts";

/** The members of a pool of pg that are used. */
interface Pool {
  readonly query: (sql: string, parameters?: unknown[]) => Promise<{ readonly rows: unknown[] }>;
  readonly end: () => Promise<void>;
  readonly on: (event: "error", listener: () => void) => unknown;
}

interface SaverPackage {
  readonly PostgresSaver: new (
    pool: Pool,
    serde: undefined,
    options: { readonly schema: string },
  ) => BaseCheckpointSaver & { readonly setup: () => Promise<void> };
}

interface PgPackage {
  readonly default: { readonly Pool: new (options: { readonly connectionString: string }) => Pool };
}

const PACKAGE = { name: "@langchain/langgraph-checkpoint-postgres" };
const EXAMPLE = "postgres://user:password@host:5432/database";
const DEFAULT_SCHEMA = "public";
const PAGE_SIZE = 100;

/** Opens the tables of LangGraph in a PostgreSQL database, and creates them unless they are only read. */
export async function postgresCheckpoints(
  url: string,
  { readonly }: { readonly readonly: boolean },
  { folder, defer }: Pick<TransferContext, "folder" | "defer">,
): Promise<Checkpoints> {
  const parsed = parseStoreUrl(url);
  webUrl(parsed, EXAMPLE);
  const unknown = [...parsed.options.keys()].find((name) => name !== "schema");
  if (unknown !== undefined) throw new UsageError("The only option of the URL is `schema`.");
  const schema = parsed.options.get("schema") ?? DEFAULT_SCHEMA;
  const { PostgresSaver } = await importPackage<SaverPackage>(PACKAGE, folder);
  const pg = await importPackage<PgPackage>({ name: "pg", near: PACKAGE.name }, folder);
  const pool = new pg.default.Pool({ connectionString: parsed.url });
  // The next query fails, too, if a connection that is not in use has failed.
  pool.on("error", () => undefined);
  defer(() => pool.end());
  const saver = new PostgresSaver(pool, undefined, { schema });
  if (readonly) await checkTables(pool, schema);
  else await saver.setup();
  const table = `"${schema.replaceAll('"', '""')}".checkpoints`;
  return {
    saver,
    keepsUnversioned: false,
    load: loaderOf(saver),
    async *threads() {
      const select = `SELECT DISTINCT thread_id FROM ${table} WHERE thread_id > $1 ORDER BY thread_id LIMIT $2`;
      let last = "";
      for (;;) {
        const { rows } = await pool.query(select, [last, PAGE_SIZE]);
        const ids = rows.map((row) => (row as { readonly thread_id: string }).thread_id);
        yield* ids;
        last = ids.at(-1) ?? "";
        if (ids.length < PAGE_SIZE) return;
      }
    },
    async keysOf(threadId) {
      const select = `SELECT checkpoint_ns, checkpoint_id FROM ${table} WHERE thread_id = $1`;
      const { rows } = await pool.query(select, [threadId]);
      const keys = rows as { readonly checkpoint_ns: string; readonly checkpoint_id: string }[];
      return sortedKeys(keys.map(({ checkpoint_ns: namespace, checkpoint_id: id }) => ({ namespace, id })));
    },
  };
}

async function checkTables(pool: Pool, schema: string): Promise<void> {
  const { rows } = await pool.query(
    "SELECT 1 FROM information_schema.tables WHERE table_schema = $1 AND table_name = 'checkpoint_blobs'",
    [schema],
  );
  if (rows.length > 0) return;
  throw new UsageError("The schema does not have the tables of LangGraph. Name it with #schema=….");
}
