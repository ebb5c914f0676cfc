// The entry point for keys in Azure Key Vault: "@threadstore/encryption/azure-key-vault".
export {
  azureKeyVault,
  type AzureKeyVaultOptions,
  type CryptographyClientLike,
  type KeyClientLike,
} from "./services/azure-key-vault.ts";
