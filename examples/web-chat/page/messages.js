import { markdown } from "./markdown.js";

const list = document.getElementById("messages");
const scroll = document.getElementById("scroll");
const empty = document.getElementById("empty");

/** A person who reads further up is left there. */
const isAtEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;

function scrollToEnd() {
  scroll.scrollTop = scroll.scrollHeight;
}

/** Shows the messages of a conversation instead of those shown so far. */
export function showMessages(messages, { note } = {}) {
  list.replaceChildren();
  for (const { role, text } of messages) addMessage(role, text);
  if (note !== undefined) addNote(note);
  empty.hidden = messages.length > 0;
  scrollToEnd();
}

function addNote(text) {
  const item = document.createElement("li");
  item.className = "note";
  item.textContent = text;
  list.append(item);
}

/** Adds a message, and returns what can be done with it. */
export function addMessage(role, text = "", before = null) {
  empty.hidden = true;
  const item = document.createElement("li");
  item.className = role;
  list.insertBefore(item, before);
  let content = "";
  let isScheduled = false;

  const render = () => {
    isScheduled = false;
    const wasAtEnd = isAtEnd();
    // Only answers have Markdown: people expect what they typed.
    if (role === "assistant") item.replaceChildren(markdown(content));
    else item.textContent = content;
    item.classList.toggle("waiting", role === "assistant" && content === "");
    if (wasAtEnd) scrollToEnd();
  };

  const message = {
    item,
    get text() {
      return content;
    },
    set(next) {
      content = next;
      render();
    },
    /** Adds text. Long answers are rendered once a frame, however many pieces they come in. */
    append(delta) {
      content += delta;
      if (!isScheduled) requestAnimationFrame(render);
      isScheduled = true;
    },
    remove: () => item.remove(),
  };
  message.set(text);
  scrollToEnd();
  return message;
}
