import type { Backend } from "../clients/client.ts";
import { azureBlob } from "./azure-blob.ts";
import { core } from "./core.ts";
import { fileSystem } from "./file-system.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import { s3 } from "./s3.ts";
import { sqliteFull, sqliteNormal } from "./sqlite.ts";

export const backends: readonly Backend[] = [
  core,
  sqliteFull,
  sqliteNormal,
  fileSystem,
  postgres,
  redis,
  azureBlob,
  s3,
];
