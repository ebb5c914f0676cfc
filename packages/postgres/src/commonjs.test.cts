// Not run: the compiler checks that `client` accepts the pool of an application that uses `require`.
import type { Pool } from "pg";
import type { PostgresStoreOptions } from "./index.ts" with { "resolution-mode": "import" };

const pools: readonly Pool[] = [];
const options: PostgresStoreOptions[] = pools.map((client) => ({ client }));
void options;
