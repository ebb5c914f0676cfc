import {
  ActionBarPrimitive,
  AssistantRuntimeProvider,
  BranchPickerPrimitive,
  ComposerPrimitive,
  MessagePrimitive,
  ThreadListItemPrimitive,
  ThreadListPrimitive,
  ThreadPrimitive,
  useAui,
  useLocalRuntime,
  useRemoteThreadListRuntime,
} from "@assistant-ui/react";
import { AssistantChatTransport, useChatRuntime } from "@assistant-ui/react-ai-sdk";
import { threadListAdapter } from "@threadstore/assistant-ui";
import { createElement as h, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

const isPage = location.pathname === "/page";
const errors = new EventTarget();

const threads = threadListAdapter({
  url: isPage ? "/page/threads" : "/threads",
  writer: isPage ? "page" : "server",
  onError: ({ message }) => errors.dispatchEvent(new CustomEvent("error", { detail: message })),
});

const transport = new AssistantChatTransport({
  api: "/api/chat",
  prepareSendMessagesRequest: ({ id, messages, trigger, messageId }) => ({
    body: { id, message: messages.at(-1), trigger, messageId },
  }),
});

/** A model that runs in the page. */
const echo = {
  run: ({ messages }) => {
    const text = messages.at(-1).content.map((part) => part.text ?? "");
    return Promise.resolve({ content: [{ type: "text", text: `re: ${text.join("")}` }] });
  },
};

const useRuntime = isPage ? () => useLocalRuntime(echo) : () => useChatRuntime({ transport });

function RenameButton() {
  const aui = useAui();
  const rename = () => aui.threadListItem.rename(prompt("Title") ?? "");
  return h("button", { type: "button", onClick: rename }, "Rename");
}

const renderThread = (Move, label) => () =>
  h(
    ThreadListItemPrimitive.Root,
    { className: "thread" },
    h(ThreadListItemPrimitive.Trigger, null, h(ThreadListItemPrimitive.Title, { fallback: "New chat" })),
    h(RenameButton),
    h(Move, null, label),
    h(ThreadListItemPrimitive.Delete, null, "Delete"),
  );

function Threads() {
  return h(
    ThreadListPrimitive.Root,
    null,
    h(ThreadListPrimitive.New, null, "New"),
    h(
      "div",
      { id: "threads" },
      h(ThreadListPrimitive.Items, null, renderThread(ThreadListItemPrimitive.Archive, "Archive")),
    ),
    h("h2", null, "Archive"),
    h(
      "div",
      { id: "archive" },
      h(
        ThreadListPrimitive.Items,
        { archived: true },
        renderThread(ThreadListItemPrimitive.Unarchive, "Restore"),
      ),
    ),
  );
}

function Message({ message }) {
  const { role, composer } = message;
  if (composer.isEditing) {
    return h(
      ComposerPrimitive.Root,
      null,
      h(ComposerPrimitive.Input, { "aria-label": "Edited message" }),
      h(ComposerPrimitive.Send, null, "Save"),
    );
  }
  return h(
    MessagePrimitive.Root,
    { className: role },
    h("div", { className: "text" }, h(MessagePrimitive.Parts)),
    role === "user" ? h(ActionBarPrimitive.Edit, null, "Edit") : null,
    h(
      BranchPickerPrimitive.Root,
      { hideWhenSingleBranch: true },
      h(BranchPickerPrimitive.Previous, null, "Previous"),
      h(BranchPickerPrimitive.Count),
    ),
  );
}

function Alert() {
  const [message, setMessage] = useState();
  useEffect(() => {
    const show = ({ detail }) => setMessage(detail);
    errors.addEventListener("error", show);
    return () => errors.removeEventListener("error", show);
  }, []);
  return message === undefined ? null : h("p", { role: "alert" }, message);
}

function Chat() {
  const runtime = useRemoteThreadListRuntime({ adapter: threads, runtimeHook: useRuntime });
  return h(
    AssistantRuntimeProvider,
    { runtime },
    h("nav", null, h(Threads)),
    h(
      "main",
      null,
      h(
        ThreadPrimitive.Root,
        null,
        h(ThreadPrimitive.Viewport, { id: "messages" }, h(ThreadPrimitive.Messages, null, Message)),
        h(Alert),
        h(
          ComposerPrimitive.Root,
          null,
          h(ComposerPrimitive.Input, { "aria-label": "Message" }),
          h(ComposerPrimitive.Send, null, "Send"),
        ),
      ),
    ),
  );
}

createRoot(document.body).render(h(Chat));
