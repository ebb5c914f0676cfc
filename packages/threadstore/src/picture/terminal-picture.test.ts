// Draws the picture of the command line in the documentation, from what commands print on a terminal. After a change:
// vitest run packages/threadstore/src/picture -u
import { join } from "node:path";
import { sqliteStore } from "@threadstore/sqlite";
import { expect, it } from "vitest";
import { runIn, temporaryFolder } from "../cli/cli.test-helper.ts";
import { type ShownCommand, terminalPicture } from "./terminal-picture.test-helper.ts";

const PICTURE = join(import.meta.dirname, "../../../../docs/pictures/terminal.svg");
const MINUTE_MS = 60_000;
const HEAD = { format: "threadstore.thread", version: 1, kind: "chat", agent: "Assistant" };

const folder = temporaryFolder();

const call = (id: string, name: string, input: object): object => ({
  id,
  type: "function",
  function: { name, arguments: JSON.stringify(input) },
});

/** A conversation that a user would have, and one whose call was interrupted. */
async function fill(): Promise<void> {
  let time = Date.UTC(2027, 2, 1, 9);
  const now = (): number => (time += 7 * MINUTE_MS + 13_000);
  await using store = sqliteStore({ path: join(folder(), "threads.db"), now });
  const acme = store.namespace("acme");
  const trip = [
    { role: "user", content: "How warm is it in Rome?" },
    { role: "assistant", content: null, tool_calls: [call("c1", "weather", { city: "Rome" })] },
    { role: "user", content: "Hello?" },
  ];
  const refund = [
    { role: "user", content: "My order arrived damaged. Can I get my money back?" },
    { role: "assistant", content: null, tool_calls: [call("c1", "find_order", { order: 4711 })] },
    { role: "tool", tool_call_id: "c1", content: '{"status":"delivered","total":"64.90 EUR"}' },
    { role: "assistant", content: null, tool_calls: [call("c2", "refund", { order: 4711 })] },
    { role: "tool", tool_call_id: "c2", content: '{"refund":"re_2093","status":"succeeded"}' },
    { role: "assistant", content: "I have refunded 64.90 EUR. Your bank needs 3 to 5 days." },
  ];
  const invoice = [
    { role: "user", content: "Which invoices are open?" },
    { role: "assistant", content: "None. ".repeat(900) },
  ];
  await acme.save("invoices", { ...HEAD, messages: invoice }, { metadata: { owner: "ben" } });
  await acme.save("trip-rome", { ...HEAD, messages: trip }, { metadata: { owner: "ann" } });
  await acme.save("order-4711", { ...HEAD, messages: refund }, { metadata: { owner: "ann", plan: "pro" } });
}

async function shown(command: string, expectedExitCode: number): Promise<ShownCommand> {
  const [, ...parameters] = command.split(" ");
  const { stdout, exitCode } = await runIn(folder(), parameters, { isTTY: true });
  expect([command, exitCode]).toEqual([command, expectedExitCode]);
  // A version is different each time.
  return { command, output: stdout.replace(/^(.*version.* )[\w-]{22}$/mu, "$1Xq3vT0bY8mJc5sLrWn2uKe") };
}

it("draws what commands print", async () => {
  await fill();
  const commands = [
    await shown("threadstore ls sqlite:threads.db -n acme", 0),
    await shown("threadstore show sqlite:threads.db order-4711 -n acme", 0),
    await shown("threadstore check sqlite:threads.db", 1),
  ];
  const title = "A terminal: threads, a conversation, and a call without a result";
  await expect(terminalPicture(title, commands)).toMatchFileSnapshot(PICTURE);
});

it("breaks long lines between words", () => {
  const picture = terminalPicture("", [
    { command: "run", output: `\u001B[31mred\u001B[39m ${"word ".repeat(20)}` },
  ]);
  const lengths = [...picture.matchAll(/y="(\d+)"[^>]*>(word[^<]*)</gu)].map(([, y, text = ""]) => [
    y,
    text.length,
  ]);
  expect(lengths).toEqual([
    ["54", 84],
    ["74", 14],
  ]);
});

it("keeps styles, columns and special characters", () => {
  const output = "  \u001B[31mred\u001B[39m <&> \u001B[2mdim\u001B[22m\n\nlast\n";
  const picture = terminalPicture("1 < 2", [{ command: "run", output }]);
  expect(picture).toContain("<title>1 &lt; 2</title>");
  expect(picture.match(/<text .*<\/text>/gu)).toEqual([
    '<text x="20" y="34" textLength="8.4" class="dim">$</text>',
    '<text x="36.8" y="34" textLength="25.2" class="bold">run</text>',
    '<text x="36.8" y="54" textLength="25.2" class="red">red</text>',
    '<text x="70.4" y="54" textLength="25.2">&lt;&amp;></text>',
    '<text x="104" y="54" textLength="25.2" class="dim">dim</text>',
    '<text x="20" y="94" textLength="33.6">last</text>',
  ]);
});
