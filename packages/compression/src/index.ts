export type { CompressionOptions } from "./options.ts";
export { withCompression } from "./with-compression.ts";
