import { ThreadStoreError } from "@threadstore/core";
import { checkOptionNames, type OptionNames } from "@threadstore/core/decorator";
import type { KeyService } from "../keys/key-service.ts";
import { vaultFailure } from "./azure-key-vault-errors.ts";

/** The result of wrapping or unwrapping. */
interface CryptographyResult {
  readonly result: Uint8Array;
}

/** A `CryptographyClient` of @azure/keyvault-keys. */
export interface CryptographyClientLike {
  wrapKey(algorithm: never, key: Uint8Array, options: never): Promise<CryptographyResult>;
  unwrapKey(algorithm: never, encryptedKey: Uint8Array, options: never): Promise<CryptographyResult>;
}

/** A `KeyClient` of @azure/keyvault-keys. Names only the members that are used. */
export interface KeyClientLike {
  readonly vaultUrl: string;
  getKey(
    name: string,
    options?: { abortSignal?: AbortSignal },
  ): Promise<{ readonly id?: string | undefined }>;
  getCryptographyClient(keyName: string, options?: { keyVersion?: string }): CryptographyClientLike;
}

/** The options of {@link azureKeyVault}. */
export interface AzureKeyVaultOptions {
  /** The client of the vault, with its credential and retries. */
  readonly client: KeyClientLike;
  /** The name of the key. Its newest version encrypts. */
  readonly keyName: string;
  /**
   * The algorithm that encrypts data keys. For a symmetric key of a Managed HSM: `A256KW`.
   * @default "RSA-OAEP-256"
   */
  readonly algorithm?: string | undefined;
}

const OPTION_NAMES: OptionNames<AzureKeyVaultOptions> = {
  client: "required",
  keyName: "required",
  algorithm: true,
};

/** The methods of the client, with an algorithm that may be of another version of the SDK. */
interface Cryptography {
  wrapKey(algorithm: string, key: Uint8Array, options: object): Promise<CryptographyResult>;
  unwrapKey(algorithm: string, encryptedKey: Uint8Array, options: object): Promise<CryptographyResult>;
}

/**
 * Creates a key service that encrypts data keys with a key of Azure Key Vault or a Managed HSM. Needs the permissions
 * `wrapKey`, `unwrapKey` and `get` on keys. Throws a `TypeError` for invalid options.
 */
export function azureKeyVault(options: AzureKeyVaultOptions): KeyService {
  checkOptionNames(options, OPTION_NAMES);
  const { client, keyName, algorithm = "RSA-OAEP-256" } = options;
  if (
    typeof client?.vaultUrl !== "string" ||
    typeof client.getCryptographyClient !== "function" ||
    typeof client.getKey !== "function"
  ) {
    throw new TypeError("`client` must be a KeyClient of @azure/keyvault-keys 4.9 or newer.");
  }
  if (typeof keyName !== "string" || !/^[0-9A-Za-z-]{1,127}$/u.test(keyName)) {
    throw new TypeError("`keyName` must be the name of a key: 1 to 127 characters of `[0-9A-Za-z-]`.");
  }
  if (typeof algorithm !== "string") throw new TypeError("`algorithm` must be a string.");
  const prefix = `${client.vaultUrl.replace(/\/+$/u, "")}/keys/${keyName}/`;
  const cryptography = (keyVersion: string): Cryptography =>
    client.getCryptographyClient(keyName, { keyVersion });
  return {
    async wrap(bytes, { signal }) {
      const callOptions = { abortSignal: signal };
      return request("wrap", async () => {
        // A client without a version does not say which one it used.
        const { id = "" } = await client.getKey(keyName, callOptions);
        const { result } = await cryptography(versionOf(id, prefix)).wrapKey(algorithm, bytes, callOptions);
        return { wrappingKey: id, bytes: result };
      });
    },
    async unwrap({ wrappingKey, bytes }, { signal }) {
      const version = versionOf(wrappingKey, prefix);
      const callOptions = { abortSignal: signal };
      const call = (): Promise<CryptographyResult> =>
        cryptography(version).unwrapKey(algorithm, bytes, callOptions);
      return (await request("unwrap", call)).result;
    },
  };
}

/** Returns the version of the key with this id. What is stored never leads to another key or another host. */
function versionOf(keyId: string, prefix: string): string {
  const version = keyId.startsWith(prefix) ? keyId.slice(prefix.length) : "";
  if (/^[0-9A-Za-z]{1,64}$/u.test(version)) return version;
  throw new ThreadStoreError(
    "MISCONFIGURED",
    "Another key of Azure Key Vault encrypted the data key of the thread. Correct `keyName` or the vault of `client`.",
  );
}

async function request<Output>(operation: "wrap" | "unwrap", call: () => Promise<Output>): Promise<Output> {
  try {
    return await call();
  } catch (error) {
    throw vaultFailure(error, operation);
  }
}
