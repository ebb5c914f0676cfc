export { type EnvelopeKeysOptions } from "./keys/envelope-options.ts";
export { envelopeKeys } from "./keys/envelope-keys.ts";
export type { EncryptionKey, KeyProvider } from "./keys/key-provider.ts";
export type { KeyService, KeyServiceCall, WrappedKey } from "./keys/key-service.ts";
export { staticKeys, type StaticKeysOptions } from "./keys/static-keys.ts";
export type { EncryptionOptions } from "./options.ts";
export { withEncryption } from "./with-encryption.ts";
