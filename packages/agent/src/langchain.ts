// The entry point for stored messages of LangChain: "@threadstore/agent/langchain".
export {
  checkLangChainMessages,
  type LangChainCheckOptions,
  repairLangChainMessages,
  type RepairedLangChainMessages,
} from "./langchain/repair-langchain-messages.ts";
