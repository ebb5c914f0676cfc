import { AzureCliCredential, getBearerTokenProvider } from "@azure/identity";
import { type ChatAgent, createChatAgent } from "@threadstore/openai";
import OpenAI, { AzureOpenAI } from "openai";

/** Which model the environment names; `local`: none, so the demo brings its own server. */
export function modelFromEnvironment(environment: NodeJS.ProcessEnv): "azure" | "openai" | "local" {
  if (environment["AZURE_OPENAI_ENDPOINT"]) return "azure";
  return environment["OPENAI_API_KEY"] ? "openai" : "local";
}

/** The same agent in every process: a thread is resumed by an agent of the name that saved it. */
export function createJoker(): ChatAgent {
  const azure = modelFromEnvironment(process.env) === "azure";
  return createChatAgent({
    client: azure ? azureClient() : new OpenAI(),
    model: process.env["AZURE_OPENAI_DEPLOYMENT"] ?? "gpt-4o-mini",
    name: "Joker",
    instructions: "You are good at telling jokes.",
  });
}

/** Signed in with `az login`: no key is kept anywhere. */
function azureClient(): AzureOpenAI {
  const scope = "https://cognitiveservices.azure.com/.default";
  return new AzureOpenAI({
    azureADTokenProvider: getBearerTokenProvider(new AzureCliCredential(), scope),
    apiVersion: process.env["OPENAI_API_VERSION"] ?? "2024-10-21",
  });
}
