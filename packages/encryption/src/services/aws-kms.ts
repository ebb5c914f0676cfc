import { DecryptCommand, EncryptCommand, type KMSClient } from "@aws-sdk/client-kms";
import { checkOptionNames, type OptionNames } from "@threadstore/core/decorator";
import { corrupt } from "../errors.ts";
import type { KeyService } from "../keys/key-service.ts";
import { kmsFailure } from "./aws-kms-errors.ts";

/**
 * A `KMSClient` of @aws-sdk/client-kms. Names only some of its members, because for TypeScript the classes of different
 * versions of the SDK, or of two installed copies of one version, are different types.
 */
export interface KmsClientLike {
  readonly config: object;
  send(command: never, options?: never): Promise<unknown>;
}

/** The options of {@link awsKms}. */
export interface AwsKmsOptions {
  /** The client, with its region, credentials and retries. It is never destroyed. */
  readonly client: KmsClientLike;
  /** The id or ARN of a symmetric key, or the name or ARN of an alias. */
  readonly keyId: string;
}

const OPTION_NAMES: OptionNames<AwsKmsOptions> = { client: "required", keyId: "required" };

/** Only a data key of this package can be decrypted with this context, which AWS CloudTrail logs. */
const CONTEXT = { EncryptionContext: { purpose: "threadstore-data-key" } };

/**
 * Creates a key service that encrypts data keys with a symmetric key of AWS KMS. Needs the permissions `kms:Encrypt` and
 * `kms:Decrypt`. Throws a `TypeError` for invalid options.
 */
export function awsKms(options: AwsKmsOptions): KeyService {
  checkOptionNames(options, OPTION_NAMES);
  const { keyId } = options;
  const client = options.client as KMSClient | undefined;
  if (typeof client?.send !== "function") {
    throw new TypeError("`client` must be a KMSClient of @aws-sdk/client-kms.");
  }
  if (typeof keyId !== "string" || keyId === "") {
    throw new TypeError("`keyId` must be the id or ARN of a key, or the name or ARN of an alias.");
  }
  return {
    async wrap(bytes, { signal }) {
      const command = new EncryptCommand({ KeyId: keyId, Plaintext: bytes, ...CONTEXT });
      const { CiphertextBlob, KeyId } = await send(() => client.send(command, { abortSignal: signal }));
      if (CiphertextBlob === undefined || KeyId === undefined) throw incomplete();
      return { wrappingKey: KeyId, bytes: CiphertextBlob };
    },
    async unwrap({ wrappingKey, bytes }, { signal }) {
      // Naming the key makes KMS refuse what another key has encrypted.
      const command = new DecryptCommand({ KeyId: wrappingKey, CiphertextBlob: bytes, ...CONTEXT });
      const { Plaintext } = await send(() => client.send(command, { abortSignal: signal }));
      if (Plaintext === undefined) throw incomplete();
      return Plaintext;
    },
  };
}

async function send<Output>(request: () => Promise<Output>): Promise<Output> {
  try {
    return await request();
  } catch (error) {
    throw kmsFailure(error);
  }
}

function incomplete(): Error {
  return corrupt("AWS KMS returned no key.");
}
