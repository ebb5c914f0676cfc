// Human in the loop: a tool that needs approval. The decision can come days later, in another process.
// Set OPENAI_API_KEY, then run: node examples/approvals.ts, and then: node examples/approvals.ts yes
import { createChatAgent, defineTool, openConversation } from "@threadstore/openai";
import { sqliteStore } from "@threadstore/sqlite";
import OpenAI from "openai";
import { z } from "zod";

const refund = defineTool({
  name: "refund",
  description: "Refunds an order.",
  parameters: z.object({ order: z.string() }),
  needsApproval: true,
  run: ({ order }, { operationId }) => `refunded ${order} (${operationId.length > 0})`,
});
const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini", name: "Shop", tools: [refund] });
const store = sqliteStore({ path: "approvals.db" });
const conversation = openConversation({ agent, store, id: "order-7" });

const turn = (await conversation.load())?.thread.openTurn;
if (turn === undefined) {
  const { approvals } = await conversation.run("Please refund order 7.");
  for (const { name, arguments: text } of approvals) console.log(`May ${name} run with ${text}?`);
} else {
  const approved = process.argv[2] === "yes";
  const reason = "This shop does not refund.";
  const approvals = turn.approvals.map((call) => ({ ...call, approved, reason }));
  console.log((await conversation.resume({ approvals })).text);
}
await store.close();
