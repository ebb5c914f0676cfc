import type { OpenContext } from "../stores/adapter.ts";
import { importPackage } from "../stores/import-package.ts";
import type { StoreUrl } from "../stores/store-url.ts";
import { type Diagnosis, diagnoseClock, diagnoseSilence } from "./diagnosis.ts";

/** The members of pg that are used. */
interface PostgresClient {
  connect(): Promise<void>;
  query(text: string): Promise<{ readonly rows: readonly Settings[] }>;
  end(): Promise<void>;
}

interface PostgresModule {
  readonly default: { readonly Client: new (options: object) => PostgresClient };
}

interface Settings {
  readonly version: string;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly is_replica: boolean;
  readonly milliseconds: string;
}

const QUERY = `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
  current_setting('full_page_writes') AS full_page_writes, pg_is_in_recovery() AS is_replica,
  (extract(epoch FROM clock_timestamp()) * 1000)::text AS milliseconds`;
const TIMEOUT_MS = 10_000;

/** Asks the server for its durability, its clock and its version. */
export async function examinePostgres({ url }: StoreUrl, { folder }: OpenContext): Promise<Diagnosis[]> {
  const { default: pg } = await importPackage<PostgresModule>(
    { name: "pg", near: "@threadstore/postgres" },
    folder,
  );
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT_MS });
  try {
    await client.connect();
    const before = Date.now();
    const { rows } = await client.query(QUERY);
    const after = Date.now();
    return rows.flatMap((settings) => [
      diagnoseClock(Number(settings.milliseconds), before, after),
      ...diagnoseSettings(settings),
    ]);
  } catch (error) {
    return [diagnoseSilence("server", error)];
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Judges the settings of a server. */
export function diagnoseSettings({
  version,
  fsync,
  full_page_writes: fullPages,
  is_replica: isReplica,
}: Settings): Diagnosis[] {
  return [
    { check: "version", result: "ok", detail: version },
    fsync === "on" && fullPages === "on"
      ? { check: "durability", result: "ok", detail: "acknowledged saves are on the disk of the server" }
      : {
          check: "durability",
          result: "failed",
          detail: `fsync=${fsync}, full_page_writes=${fullPages}`,
          remedy: "Set both to `on`: otherwise, a crash of the server can corrupt the database.",
        },
    isReplica
      ? {
          check: "role",
          result: "failed",
          detail: "a replica",
          remedy: "Connect to the primary: replicas reject writes and lag behind.",
        }
      : { check: "role", result: "ok", detail: "primary" },
  ];
}
