import { AzureCliCredential, getBearerTokenProvider } from "@azure/identity";
import { type ChatAgent, createChatAgent } from "@threadstore/openai";
import OpenAI, { AzureOpenAI } from "openai";

/** Returns the model that the environment configures, or `local` if it configures none. */
export function modelFromEnvironment(environment: NodeJS.ProcessEnv): "azure" | "openai" | "local" {
  if (environment["AZURE_OPENAI_ENDPOINT"]) return "azure";
  return environment["OPENAI_API_KEY"] ? "openai" : "local";
}

/** Creates the same agent in every process. Only an agent of the same name can resume a thread. */
export function createJoker(): ChatAgent {
  const azure = modelFromEnvironment(process.env) === "azure";
  return createChatAgent({
    client: azure ? azureClient() : new OpenAI(),
    model: process.env["AZURE_OPENAI_DEPLOYMENT"] ?? "gpt-4o-mini",
    name: "Joker",
    instructions: "You are good at telling jokes.",
  });
}

/** Authenticates with `az login`, so that no key is stored. */
function azureClient(): AzureOpenAI {
  const scope = "https://cognitiveservices.azure.com/.default";
  return new AzureOpenAI({
    azureADTokenProvider: getBearerTokenProvider(new AzureCliCredential(), scope),
    apiVersion: process.env["OPENAI_API_VERSION"] ?? "2024-10-21",
  });
}
