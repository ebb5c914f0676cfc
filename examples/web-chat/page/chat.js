import { confirmFirst } from "./dialogs.js";
import { loadDraft, loadPending, saveDraft, savePending } from "./drafts.js";
import { newId } from "./ids.js";
import { addMessage, showMessages } from "./messages.js";
import * as server from "./server.js";
import { refreshList, startSidebar, toggle } from "./sidebar.js";

const element = (name) => document.getElementById(name);
const [title, text, problem, send, stop] = ["title", "text", "problem", "send", "stop"].map(element);

const NOTES = {
  stopped: "You stopped this answer.",
  failed: "This answer could not be finished.",
  open: "This answer is not finished. Your next message continues it.",
};

/** The conversation that is shown, and the entity tag of what is shown; empty if it is not stored. */
let id;
let etag = "";
/** The turns that this tab waits for, by conversation. */
const turns = new Map();

/** Tells the other tabs of this browser that something has changed, so that none has to ask the server. */
function tellOtherTabs() {
  localStorage.setItem("changed", newId());
}

function complain(sentence = "") {
  problem.textContent = sentence;
  problem.hidden = sentence === "";
}

/** Runs something that a person asked for, and says why it failed. */
async function attempt(work) {
  try {
    complain();
    await work();
  } catch (error) {
    const isKnown = error instanceof server.ServerProblem || error instanceof server.Disconnected;
    complain(isKnown ? error.message : "Something went wrong. Reload the page.");
    if (!isKnown) throw error;
  }
}

async function open(next) {
  id = next;
  etag = "";
  if (location.hash.slice(1) !== id) history.pushState(null, "", `#${id}`);
  text.value = loadDraft(id);
  title.textContent = "New conversation";
  showMessages([]);
  showState();
  await attempt(refresh);
  const pending = loadPending(id);
  if (pending !== undefined && !turns.has(id)) await deliver(id, pending);
}

function showState() {
  const isAnswering = turns.has(id);
  send.hidden = isAnswering;
  stop.hidden = !isAnswering;
  for (const name of ["rename", "delete"]) element(name).hidden = etag === "";
}

const refresh = () => Promise.all([refreshConversation(), refreshList(id)]);

async function refreshConversation() {
  const asked = id;
  let loaded;
  try {
    loaded = await server.loadConversation(asked, etag);
  } catch (error) {
    // A conversation that was never stored is new.
    if (error.status !== 404 || etag === "") {
      if (error.status === 404) return;
      throw error;
    }
    await open(newId());
    throw error;
  }
  if (loaded === undefined || asked !== id) return;
  ({ etag } = loaded);
  title.textContent = loaded.title;
  document.title = loaded.title;
  const turn = turns.get(id);
  showMessages(loaded.messages, { note: turn === undefined ? NOTES[loaded.openTurn] : undefined });
  if (turn !== undefined) showTurn(turn, loaded.messages);
  showState();
}

/** Shows a turn below the stored messages, which may already contain its question. */
function showTurn(turn, stored = []) {
  const isStored = stored.at(-1)?.role === "user" && stored.at(-1).text === turn.message.text;
  turn.question = isStored ? undefined : addMessage("user", turn.message.text);
  turn.answer = addMessage("assistant", turn.text);
}

/** Sends a message until its answer has arrived, however often the connection breaks. */
async function deliver(target, message) {
  const turn = { message, text: "", isStopped: false };
  turns.set(target, turn);
  savePending(target, message);
  if (target === id) showTurn(turn);
  showState();
  const failure = await answerOf(target, turn);
  turns.delete(target);
  savePending(target, undefined);
  tellOtherTabs();
  if (target === id) {
    etag = "";
    await attempt(refresh);
  }
  if (failure !== undefined) await giveBack(target, message.text, failure);
  showState();
}

/** Resolves with the problem that ended the turn, if there was one. */
async function answerOf(target, turn) {
  for (let retries = 0; ; retries += 1) {
    try {
      let failure;
      for await (const event of server.sendMessage(target, turn.message)) {
        if (target === id) complain();
        if (event.type === "problem") failure = event;
        else show(event, turn, target === id);
      }
      return failure;
    } catch (error) {
      if (!(error instanceof server.Disconnected)) return { title: error.message, code: error.code };
      if (turn.isStopped) return { title: error.message };
      if (target === id) complain("The connection was lost. Trying again…");
      await connection(Math.min(500 * 2 ** retries, 10_000));
      turn.text = "";
      if (target === id) turn.answer?.set("");
    }
  }
}

function show(event, turn, isVisible) {
  if (event.type === "text" || event.type === "refusal") {
    if (turn.earlier === undefined) turn.text += event.delta;
    if (isVisible) (turn.earlier ?? turn.answer).append(event.delta);
  } else if (event.type === "retry" || event.type === "restarted") {
    turn.text = "";
    if (isVisible) turn.answer.set("");
  } else if (event.type === "turn-resuming" && isVisible && turn.question !== undefined) {
    // An answer that a crash interrupted comes before this question.
    turn.earlier = addMessage("assistant", "", turn.question.item);
  } else if (event.type === "turn-resumed" || event.type === "turn-closed") {
    turn.earlier = undefined;
  }
}

/** Resolves when it is worth trying again: after some time, or as soon as the browser is online again. */
function connection(delay) {
  return new Promise((resolve) => {
    setTimeout(resolve, delay);
    addEventListener("online", resolve, { once: true });
  });
}

/** Shows why there is no answer. A message that was not stored goes back to where it was typed. */
async function giveBack(target, message, { title: sentence, code }) {
  const { messages } = (await server.loadConversation(target, "").catch(() => undefined)) ?? { messages: [] };
  const isStored = messages.some(({ role, text: stored }, index) => {
    return role === "user" && stored === message && index >= messages.length - 2;
  });
  if (!isStored && loadDraft(target) === "") {
    saveDraft(target, message);
    if (target === id) text.value = message;
  }
  if (target === id && code !== "STOPPED") complain(sentence);
}

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const content = text.value;
  if (content.trim() === "" || turns.has(id)) return;
  text.value = "";
  saveDraft(id, "");
  complain();
  void deliver(id, { text: content, key: newId() });
});

text.addEventListener("input", () => saveDraft(id, text.value));
text.addEventListener("keydown", (event) => {
  // On a phone, Enter is the only way to start a line.
  const isPhone = matchMedia("(pointer: coarse)").matches;
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || isPhone) return;
  event.preventDefault();
  element("form").requestSubmit();
});

stop.addEventListener("click", () => {
  const turn = turns.get(id);
  if (turn !== undefined) turn.isStopped = true;
  void attempt(() => server.stopAnswer(id));
});

element("new").addEventListener("click", () => {
  toggle(false);
  void open(newId());
  text.focus();
});

element("rename").addEventListener("click", () => {
  element("rename-title").value = title.textContent;
});
confirmFirst("rename", attempt, async () => {
  await server.renameConversation(id, element("rename-title").value);
  tellOtherTabs();
  await refresh();
});
confirmFirst("delete", attempt, async () => {
  await server.deleteConversation(id);
  tellOtherTabs();
  await open(newId());
});

// Whenever a person comes back to this tab, it shows the latest state. An unchanged conversation costs an empty response.
const isIdle = () => document.visibilityState === "visible" && !turns.has(id);
for (const name of ["focus", "online", "pageshow"])
  addEventListener(name, () => isIdle() && void attempt(refresh));
addEventListener("storage", ({ key }) => key === "changed" && isIdle() && void attempt(refresh));
addEventListener("popstate", () => void open(location.hash.slice(1)));

startSidebar(
  (next) => void open(next),
  () => attempt(() => refreshList(id)),
);
await open(location.hash.slice(1) || newId());
