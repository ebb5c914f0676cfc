import { join } from "node:path";

/** The folder of fetched programs and of the data of running servers. May be deleted if no server is running. */
export const cacheDirectory: string = join(import.meta.dirname, "../../../../.cache/services");
