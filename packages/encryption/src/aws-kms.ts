// The entry point for keys in AWS KMS: "@threadstore/encryption/aws-kms".
export { awsKms, type AwsKmsOptions, type KmsClientLike } from "./services/aws-kms.ts";
