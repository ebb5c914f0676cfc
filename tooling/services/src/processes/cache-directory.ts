import { join } from "node:path";

/** Where fetched servers are kept and started ones have their data; ignored by git, safe to remove when none runs. */
export const cacheDirectory: string = join(import.meta.dirname, "../../../../.cache/services");
