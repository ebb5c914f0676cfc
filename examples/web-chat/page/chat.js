const [list, messages, problem, form, text] = ["conversations", "messages", "problem", "form", "text"].map(
  (id) => document.getElementById(id),
);
let id = location.hash.slice(1) || crypto.randomUUID();
let entityTag = "";
let posting = 0;

const address = () => `/conversations/${encodeURIComponent(id)}`;

function show(role, content) {
  const item = document.createElement("li");
  item.className = role;
  item.textContent = content;
  messages.append(item);
  item.scrollIntoView();
  return item;
}

function complain(what) {
  problem.textContent = what ?? "";
  problem.hidden = what === undefined;
}

async function refreshList() {
  const { conversations } = await (await fetch("/conversations")).json();
  const items = conversations.map((conversation) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = conversation.title;
    button.setAttribute("aria-current", String(conversation.id === id));
    button.addEventListener("click", () => void open(conversation.id));
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  list.replaceChildren(...items);
}

async function refreshMessages() {
  const asked = id;
  const response = await fetch(address(), { headers: entityTag ? { "if-none-match": entityTag } : {} });
  // Text that was typed or streamed in the meantime is newer than this response.
  if (response.status === 304 || asked !== id || posting > 0) return;
  entityTag = response.headers.get("etag") ?? "";
  const { messages: stored } = await response.json();
  messages.replaceChildren();
  for (const message of stored) show(message.role, message.text);
}

async function open(next) {
  id = next;
  entityTag = "";
  history.replaceState(null, "", `#${id}`);
  messages.replaceChildren();
  complain();
  await Promise.all([refreshMessages(), refreshList()]);
}

/** Yields the values of a response, one JSON document a line, as they arrive. */
async function* linesOf(response) {
  let rest = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line !== "") yield JSON.parse(line);
  }
}

async function post(content) {
  show("user", content);
  const answer = show("assistant", "");
  const response = await fetch(address(), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: content }),
  });
  for await (const event of linesOf(response)) {
    if (event.type === "text") answer.textContent += event.delta;
    if (event.type === "retry") answer.textContent = "";
    if (event.type === "problem") complain(event.problem);
  }
}

async function submit() {
  const content = text.value;
  form.reset();
  complain();
  history.replaceState(null, "", `#${id}`);
  posting += 1;
  try {
    await post(content);
  } catch {
    complain(
      "The connection to the server was lost. Messages saved so far are shown. Send again to continue.",
    );
  } finally {
    posting -= 1;
    entityTag = "";
    await refreshAll();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});
document.getElementById("new").addEventListener("click", () => void open(crypto.randomUUID()));

async function refreshAll() {
  try {
    await Promise.all([refreshMessages(), refreshList()]);
  } catch {
    // The server is unreachable. The next poll tries again.
  }
}

// Polls for messages from other tabs. An unchanged conversation costs an empty 304 response.
setInterval(() => void refreshAll(), 1000);
await refreshAll();
