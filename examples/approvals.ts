// A tool that asks first. The answer may come days later, to another process.
// With OPENAI_API_KEY set: node examples/approvals.ts, and then: node examples/approvals.ts yes
import { createChatAgent, defineTool, openConversation } from "@threadstore/openai";
import { sqliteStore } from "@threadstore/sqlite";
import OpenAI from "openai";
import { z } from "zod";

const refund = defineTool({
  name: "refund",
  description: "Pays an order back.",
  parameters: z.object({ order: z.string() }),
  needsApproval: true,
  run: ({ order }, { operationId }) => `paid ${order} back (${operationId.length > 0})`,
});
const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini", name: "Shop", tools: [refund] });
const store = sqliteStore({ path: "approvals.db" });
const conversation = openConversation({ agent, store, id: "order-7" });

const waiting = (await conversation.load())?.thread.openTurn?.approvals ?? [];
if (waiting.length === 0) {
  const { approvals } = await conversation.run("Please refund order 7.");
  for (const { name, arguments: text } of approvals) console.log(`May ${name} run with ${text}?`);
} else {
  const approved = process.argv[2] === "yes";
  const approvals = waiting.map(({ callId }) => ({ callId, approved, reason: "not by this shop" }));
  console.log((await conversation.resume({ approvals })).text);
}
await store.close();
