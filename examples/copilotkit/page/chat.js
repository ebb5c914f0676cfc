import { CopilotChat, CopilotKitProvider } from "@copilotkit/react-core/v2";
import { createElement as h, useCallback, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

/** The thread that the address names. A new one is stored with its first question. */
const threadId = new URLSearchParams(location.search).get("thread") ?? crypto.randomUUID();
history.replaceState(null, "", `?thread=${encodeURIComponent(threadId)}`);

async function send(method, path, body) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`/threads${path}`, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error((await response.json()).detail);
  return response.status === 204 ? undefined : response.json();
}

function Thread({ thread: { id, title = "New chat", version }, reload }) {
  const path = `/${encodeURIComponent(id)}`;
  const change = (method, body) => async () => {
    await send(method, path, body);
    await reload();
  };
  const rename = () => change("PATCH", { title: prompt("Title") })();
  return h(
    "li",
    { className: "thread", "data-version": version },
    h("a", { href: `?thread=${encodeURIComponent(id)}` }, title),
    h("button", { type: "button", onClick: rename }, "Rename"),
    h("button", { type: "button", onClick: change("PATCH", { archived: true }) }, "Archive"),
    h("button", { type: "button", onClick: change("DELETE") }, "Delete"),
  );
}

function Threads() {
  const [threads, setThreads] = useState([]);
  const reload = useCallback(async () => setThreads((await send("GET", "?archived=false")).threads), []);
  useEffect(() => {
    void reload();
    const timer = setInterval(() => void reload(), 1000);
    return () => clearInterval(timer);
  }, [reload]);
  return h(
    "nav",
    null,
    h("a", { href: "?" }, "New"),
    h("ul", null, ...threads.map((thread) => h(Thread, { key: thread.id, thread, reload }))),
  );
}

const root = document.createElement("div");
document.body.append(root);
createRoot(root).render(
  h(
    CopilotKitProvider,
    { runtimeUrl: "/api/copilotkit" },
    h(Threads),
    h("main", null, h(CopilotChat, { agentId: "default", threadId })),
  ),
);
