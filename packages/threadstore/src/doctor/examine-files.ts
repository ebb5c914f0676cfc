import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { formatBytes } from "../output/format.ts";
import type { OpenContext } from "../stores/adapter.ts";
import { pathOf } from "../stores/local-adapters.ts";
import type { StoreUrl } from "../stores/store-url.ts";
import type { Diagnosis } from "./diagnosis.ts";

/** The types of network file systems on Linux, from `statfs(2)`. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB 2"],
  [0x564c, "NCP"],
  [0x01021997, "9P"],
  [0x65735546, "FUSE"],
]);

const FEW_BYTES = 1e9;
const FOR_OTHERS = 0o007;

/** Examines the file system of a database or folder. */
export async function examineFiles(url: StoreUrl, context: OpenContext): Promise<Diagnosis[]> {
  const path = pathOf(url, context);
  const { mode } = await stat(path);
  // A database has files beside it, so its folder counts.
  const { type, bavail, bsize } = await statfs(url.scheme === "sqlite" ? dirname(path) : path);
  return [fileSystemOf(type), freeSpace(bavail * bsize), permissionsOf(mode)];
}

function fileSystemOf(type: number): Diagnosis {
  const network = NETWORK_FILE_SYSTEMS.get(type);
  if (network === undefined)
    return { check: "file system", result: "ok", detail: "not a known network file system" };
  return {
    check: "file system",
    result: network === "FUSE" ? "warning" : "failed",
    detail: network,
    remedy: "Move the store to a local disk: locks and renames of network file systems are not reliable.",
  };
}

function freeSpace(bytes: number): Diagnosis {
  const detail = `${formatBytes(bytes)} free`;
  if (bytes >= FEW_BYTES) return { check: "space", result: "ok", detail };
  return {
    check: "space",
    result: "warning",
    detail,
    remedy: "Free space, or move the store to a larger disk.",
  };
}

function permissionsOf(mode: number): Diagnosis {
  const detail = `mode ${(mode & 0o777).toString(8)}`;
  if ((mode & FOR_OTHERS) === 0 || process.platform === "win32")
    return { check: "access", result: "ok", detail };
  return {
    check: "access",
    result: "warning",
    detail: `${detail}: other users can access it`,
    remedy: "Remove their access with chmod o=.",
  };
}
