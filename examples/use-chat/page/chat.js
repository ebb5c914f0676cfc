import { useChat } from "@ai-sdk/react";
import {
  DefaultChatTransport,
  generateId,
  isToolUIPart,
  lastAssistantMessageIsCompleteWithApprovalResponses,
} from "ai";
import { createElement as h, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

const id = location.hash.slice(1) || generateId();
history.replaceState(null, "", `#${id}`);

const transport = new DefaultChatTransport({
  api: "/api/chat",
  prepareSendMessagesRequest: ({ messages, trigger, messageId }) => ({
    body: { id, message: messages.at(-1), trigger, messageId },
  }),
});

async function load() {
  return (await fetch(`/api/chat/${encodeURIComponent(id)}`)).json();
}

function textOf({ parts }) {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function button(label, onClick, properties = {}) {
  return h("button", { type: "button", onClick, ...properties }, label);
}

function Call({ part, decide }) {
  const { toolCallId, state, input, approval, output, errorText } = part;
  const name = part.toolName ?? part.type.replace("tool-", "");
  const outcomes = {
    "approval-responded": approval?.approved ? "Approved" : "Denied",
    "output-available": `Result: ${JSON.stringify(output)}`,
    "output-denied": "Denied",
    "output-error": errorText,
  };
  return h(
    "div",
    { className: "call", key: toolCallId },
    h("code", null, `${name}(${JSON.stringify(input)})`),
    state === "approval-requested"
      ? h(
          "span",
          { className: "decision" },
          button("Approve", () => decide(approval.id, true), { className: "primary" }),
          button("Deny", () => decide(approval.id, false)),
        )
      : h("span", { className: "outcome" }, outcomes[state] ?? "Running…"),
  );
}

function Part({ part, decide }) {
  if (part.type === "text") return h("div", { className: "text" }, part.text);
  if (part.type === "reasoning") {
    return h("details", null, h("summary", null, "Reasoning"), part.text);
  }
  return isToolUIPart(part) ? h(Call, { part, decide }) : null;
}

function Message({ message, isLast, isReady, isRejected, edit, regenerate, decide }) {
  const { role, parts } = message;
  return h(
    "li",
    { className: role },
    h(
      "div",
      { className: "content" },
      parts.map((part, index) => h(Part, { key: index, part, decide })),
    ),
    isRejected
      ? h(
          "p",
          { className: "rejected" },
          "The model did not accept this message. The next one is sent without it.",
        )
      : null,
    isReady && role === "user" ? button("Edit", () => edit(message), { className: "action" }) : null,
    isReady && role === "assistant" && isLast
      ? button("Regenerate", () => regenerate({ messageId: message.id }), { className: "action" })
      : null,
  );
}

function Composer({ edited, isReady, send, cancel, stop }) {
  return h(
    "form",
    {
      // A new element for each edited message, so that the input starts with its text.
      key: edited?.id ?? "new",
      onSubmit: (event) => {
        event.preventDefault();
        const text = new FormData(event.currentTarget).get("text");
        event.currentTarget.reset();
        send(text);
      },
    },
    h("input", {
      name: "text",
      "aria-label": "Message",
      placeholder: "Message",
      autoComplete: "off",
      autoFocus: true,
      required: true,
      defaultValue: edited === undefined ? "" : textOf(edited),
    }),
    edited === undefined ? null : button("Cancel", cancel),
    isReady ? h("button", { className: "primary" }, "Send") : button("Stop", stop),
  );
}

function Messages({ chat, rejectedIds, isReady, edit }) {
  const { messages, regenerate } = chat;
  const list = useRef(null);
  useEffect(() => {
    // In some browsers, it returns a promise, which React would take for a clean-up function.
    void list.current.scrollTo(0, list.current.scrollHeight);
  }, [messages]);
  const decide = (approvalId, approved) => chat.addToolApprovalResponse({ id: approvalId, approved });
  return h(
    "ol",
    { id: "messages", ref: list, "aria-live": "polite" },
    messages.map((message, index) => {
      const isLast = index === messages.length - 1;
      const isRejected = rejectedIds.includes(message.id);
      return h(Message, { key: message.id, message, isLast, isReady, isRejected, edit, regenerate, decide });
    }),
  );
}

function Chat({ stored }) {
  const [edited, edit] = useState();
  const [rejectedIds, setRejectedIds] = useState(stored.rejectedIds);
  const chat = useChat({
    id,
    messages: stored.messages,
    transport,
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    // Another tab was first, or the connection was lost: show the messages that are stored.
    onError: () => void load().then(show, () => undefined),
  });
  function show({ messages, rejectedIds: ids }) {
    chat.setMessages(messages);
    setRejectedIds(ids);
  }
  const { status, error } = chat;
  const isReady = status === "ready" || status === "error";
  return h(
    "main",
    null,
    h("header", null, h("h1", null, "Chat"), h("a", { href: "/" }, "New chat")),
    h(Messages, { chat, rejectedIds, isReady, edit }),
    error === undefined ? null : h("p", { role: "alert" }, error.message),
    h(Composer, {
      edited,
      isReady,
      stop: chat.stop,
      cancel: () => edit(undefined),
      send: (text) => {
        void chat.sendMessage({ text, messageId: edited?.id });
        edit(undefined);
      },
    }),
  );
}

createRoot(document.body).render(h(Chat, { stored: await load() }));
