export { type AcceptedMessages, type AppendedMessages, appendMessages } from "./append-messages.ts";
