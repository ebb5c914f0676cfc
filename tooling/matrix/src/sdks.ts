/** An SDK of the matrix. */
export interface Sdk {
  /** The folder of its bridge in `packages`, whose `matrix.test-helper.ts` defines the rows. */
  readonly folder: string;
  readonly title: string;
  /** The interface of its stores. */
  readonly seam: string;
  /** The SDK's packages, whose versions the page names. Those of `peers/package.json` are installed by the run. */
  readonly packages: readonly string[];
  /** Facts that readers need to judge the numbers. */
  readonly notes: readonly string[];
  /** The SDK's own stores that did not run, with the reason. */
  readonly notRun?: { readonly [store: string]: string };
}

export const SDKS: readonly Sdk[] = [
  {
    folder: "claude-agent-sdk",
    title: "Claude Agent SDK",
    seam: "SessionStore",
    packages: ["@anthropic-ai/claude-agent-sdk"],
    notes: [
      "The SDK's documentation recommends that stores recognize entries that are sent again by their `uuid`. It does not require it, and requires nothing of writers that race. The bytes of an append grow until a segment is full (512 KB), and not beyond: a test counts them for 50,000 entries.",
    ],
  },
  {
    folder: "langgraph",
    title: "LangGraph",
    seam: "BaseCheckpointSaver",
    packages: [
      "@langchain/langgraph",
      "@langchain/langgraph-checkpoint",
      "@langchain/langgraph-checkpoint-validation",
      "@langchain/langgraph-checkpoint-sqlite",
      "@langchain/langgraph-checkpoint-postgres",
    ],
    notes: [
      "Two runs of a thread at the same time fork it, with every checkpointer: the next run continues from the latest checkpoint, and the texts of the other branch are lost to it. With the option `singleWriter`, `ThreadStoreSaver` rejects the run that was overtaken, and the client repeats it. The kit skips one check for `MemorySaver` and `SqliteSaver`, which store all channels with each checkpoint.",
    ],
    notRun: {
      RedisSaver:
        "it requires the Redis modules RedisJSON and RediSearch, which the Redis server of the tests does not have.",
      MongoDBSaver: "there is no MongoDB server among those of the tests.",
    },
  },
  {
    folder: "openai-agents",
    title: "OpenAI Agents",
    seam: "Session",
    packages: ["@openai/agents-core"],
    notes: [
      "`Session` says nothing about several clients of a session. `addItems` has no identifier, so the repeated write is `applyHistoryTransaction`, whose operation id must be recognized.",
    ],
    notRun: {
      OpenAIConversationsSession: "it stores the items in OpenAI's service.",
      OpenAIResponsesCompactionSession: "it compacts another session with OpenAI's service.",
    },
  },
  {
    folder: "adk",
    title: "Agent Development Kit",
    seam: "BaseSessionService",
    packages: ["@google/adk", "@mikro-orm/postgresql"],
    notes: [
      "The types of `BaseSessionService` say little about errors, orders and several clients, so most checks are beyond them.",
    ],
    notRun: {
      VertexAiSessionService: "it stores sessions in a service of Google Cloud.",
    },
  },
  {
    folder: "strands",
    title: "Strands Agents",
    seam: "Storage",
    packages: ["@strands-agents/sdk"],
    notes: [
      "`Storage` replaces whole values, and agents write a snapshot of all their messages. Its documentation says nothing about several clients of a value, lets backends choose their scheme of keys, and says that those of the SDK reject `..` and collapse slashes.",
    ],
    notRun: {
      S3Storage: "the matrix does not set it up yet.",
    },
  },
  {
    folder: "microsoft-agents",
    title: "Microsoft 365 Agents SDK",
    seam: "Storage",
    packages: ["@microsoft/agents-hosting"],
    notes: [
      "eTags are optional in `Storage`: the types say what they mean \"if optimistic concurrency is enabled\". The SDK's state classes overwrite items without them, unless their storage is the bridge's `stateStorage`. These checks call the storage directly.",
    ],
    notRun: {
      "CosmosDbPartitionedStorage and BlobsStorage":
        "they are in separate packages for Azure services, which the matrix does not set up yet.",
    },
  },
  {
    folder: "mastra",
    title: "Mastra",
    seam: "MemoryStorage",
    packages: ["@mastra/core", "@mastra/libsql"],
    notes: [
      "The types of the memory domain name its methods without saying what they do, so all checks are beyond them. Mastra orders messages by their times, so that only the order of each client's own messages is checked in the race.",
    ],
  },
  {
    folder: "genkit",
    title: "Genkit",
    seam: "SessionStore",
    packages: ["genkit"],
    notes: [
      "Each snapshot contains the whole conversation. In the race, both clients change one snapshot with the function that `saveSnapshot` takes, which stores should run atomically.",
    ],
  },
];
