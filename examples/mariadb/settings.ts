import { DriverError } from "@threadstore/core/driver";
import type { PoolConnection, RowDataPacket } from "mysql2/promise";
import { connectionFailure } from "./errors.ts";
import type { ResolvedOptions } from "./options.ts";

/** Numbers arrive as texts or bytes if the options of the pool say so. */
type Settings = Readonly<
  Record<"largest" | "autocommit" | "isolation" | "flush" | "binaryLog" | "syncBinaryLog", unknown>
>;

/** Keeps settings of a pool that was passed in from changing how rows arrive. */
export const RESULT_OPTIONS = {
  rowsAsArray: false,
  nestTables: false,
  typeCast: true,
  supportBigNumbers: false,
  bigNumberStrings: false,
};

const SELECT_SETTINGS = `
  SELECT @@max_allowed_packet AS largest, @@autocommit AS autocommit, @@tx_isolation AS isolation,
    @@innodb_flush_log_at_trx_commit AS flush, @@log_bin AS binaryLog, @@sync_binlog AS syncBinaryLog`;

/**
 * Returns a function that checks the settings of a connection before its first statement, and resolves with the length of
 * the largest value that the server accepts on it. Rejects with a `DriverError`.
 */
export function createConnectionCheck(
  durability: ResolvedOptions["durability"],
): (connection: PoolConnection) => Promise<number> {
  const checked = new WeakMap<object, number>();
  return async (connection) => {
    const largest = checked.get(connection.connection) ?? (await checkSettings(connection, durability));
    checked.set(connection.connection, largest);
    return largest;
  };
}

async function checkSettings(
  connection: PoolConnection,
  durability: ResolvedOptions["durability"],
): Promise<number> {
  const [[settings]] = await connection
    .query<(Settings & RowDataPacket)[]>({ sql: SELECT_SETTINGS, ...RESULT_OPTIONS })
    .catch((error: unknown) => {
      throw connectionFailure(error);
    });
  if (settings === undefined) throw new DriverError("BACKEND_ERROR", "MariaDB did not report its settings.");
  const problem = problemOf(settings, durability);
  if (problem !== undefined) throw new DriverError("MISCONFIGURED", problem);
  return Number(settings.largest);
}

function problemOf(settings: Settings, durability: ResolvedOptions["durability"]): string | undefined {
  const { autocommit, isolation, flush, binaryLog, syncBinaryLog } = settings;
  if (Number(autocommit) !== 1) {
    return "The connection does not commit each statement. Remove `autocommit = 0` from the server or the pool.";
  }
  if (String(isolation) === "READ-UNCOMMITTED") {
    return "The connection reads uncommitted rows. Set `transaction_isolation` to READ-COMMITTED or higher.";
  }
  if (durability === "server") return undefined;
  // 3 syncs at least as often as 1.
  if (![1, 3].includes(Number(flush))) {
    return 'MariaDB does not sync commits. Set `innodb_flush_log_at_trx_commit` to 1, or `durability` to "server".';
  }
  // After a crash, transactions that are missing in the binary log are rolled back.
  if (Number(binaryLog) === 1 && Number(syncBinaryLog) !== 1) {
    return 'MariaDB does not sync its binary log. Set `sync_binlog` to 1, or `durability` to "server".';
  }
  return undefined;
}
