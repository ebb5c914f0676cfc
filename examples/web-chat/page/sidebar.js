import { listConversations } from "./server.js";

const [sidebar, list, older, menu, backdrop] = ["sidebar", "conversations", "older", "menu", "backdrop"].map(
  (id) => document.getElementById(id),
);

let pages = 1;
let current;
let open = () => undefined;

/** Starts the list. `onOpen` is called with the id of a conversation that was chosen, `onOlder` to show more of them. */
export function startSidebar(onOpen, onOlder) {
  open = onOpen;
  menu.addEventListener("click", () => toggle(!sidebar.classList.contains("open")));
  backdrop.addEventListener("click", () => toggle(false));
  document.addEventListener("keydown", ({ key }) => key === "Escape" && toggle(false));
  older.addEventListener("click", () => {
    pages += 1;
    void onOlder();
  });
}

/** On a phone, the list covers the conversation while it is open. */
export function toggle(isOpen) {
  sidebar.classList.toggle("open", isOpen);
  menu.setAttribute("aria-expanded", String(isOpen));
}

/** Loads the pages that are shown again, and marks the current conversation. */
export async function refreshList(id) {
  current = id;
  const conversations = [];
  let cursor;
  for (let page = 0; page < pages; page += 1) {
    const next = await listConversations(cursor);
    conversations.push(...next.conversations);
    ({ cursor } = next);
    if (cursor === undefined) break;
  }
  older.hidden = cursor === undefined;
  list.replaceChildren(...conversations.map(itemOf));
}

function itemOf({ id, title, updatedAt }) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = title;
  button.title = `${title}\n${new Date(updatedAt).toLocaleString()}`;
  if (id === current) button.setAttribute("aria-current", "true");
  button.addEventListener("click", () => {
    toggle(false);
    open(id);
  });
  const item = document.createElement("li");
  item.append(button);
  return item;
}
