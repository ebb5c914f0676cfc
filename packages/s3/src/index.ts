export type { S3ClientLike, S3ClientOptions, S3ConnectionOptions, S3DriverOptions } from "./options.ts";
export { s3Driver, s3Store, type S3StoreOptions } from "./s3-store.ts";
