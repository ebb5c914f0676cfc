// Not run: the compiler checks that options accept the clients of an application that uses `require`. For TypeScript, the
// package's classes for `require` are different types than those for `import`, because they have private members.
import type { AzureOpenAI, OpenAI } from "openai";
import type { OpenAI as OpenAI5 } from "openai-5";
import type { OpenAI as OpenAI6 } from "openai-6";
import type { ChatAgentOptions, ChatSummarizerOptions, ResponsesAgentOptions } from "./index.ts" with {
  "resolution-mode": "import",
};

type Client = OpenAI | AzureOpenAI | OpenAI5 | OpenAI6;

const clients: readonly Client[] = [];

for (const client of clients) {
  const options: ChatAgentOptions & ResponsesAgentOptions & ChatSummarizerOptions = { client, model: "m" };
  // @ts-expect-error -- A resource of a client is not a client.
  const wrong: ChatAgentOptions = { client: client.chat, model: "m" };
  void [options, wrong];
}
