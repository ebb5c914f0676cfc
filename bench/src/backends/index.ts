import type { Backend } from "../clients/client.ts";
import { azure } from "./azure.ts";
import { core } from "./core.ts";
import { files } from "./files.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import { s3 } from "./s3.ts";
import { sqliteFull, sqliteNormal } from "./sqlite.ts";

export const backends: readonly Backend[] = [
  core,
  sqliteFull,
  sqliteNormal,
  files,
  postgres,
  redis,
  azure,
  s3,
];
