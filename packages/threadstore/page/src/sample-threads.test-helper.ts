/** A small picture, as applications store them: a chart as SVG. */
export const CHART: string = `data:image/svg+xml;base64,${Buffer.from(
  `<svg xmlns="http://www.w3.org/2000/svg" width="440" height="180"><rect width="440" height="180" fill="#f2f5ff"/>${[
    60, 92, 74, 120, 138, 104, 150,
  ]
    .map((height, index) => {
      const colour = index === 6 ? "#18794e" : "#3451b2";
      return `<rect x="${30 + index * 56}" y="${165 - height}" width="34" height="${height}" rx="5" fill="${colour}"/>`;
    })
    .join("")}</svg>`,
).toString("base64")}`;

const SECOND = 1000;
const START = Date.UTC(2026, 10, 30, 9, 12);

function own(kind: string, members: object): object {
  return { format: "threadstore.thread", version: 1, kind, ...members };
}

function message(role: string, second: number, parts: readonly object[]): object {
  const createdAt = new Date(START + second * SECOND).toISOString();
  return { id: `m${second}`, role, metadata: { createdAt }, createdAt, parts };
}

const call = (id: string, name: string, input: object): object => ({
  id,
  type: "function",
  function: { name, arguments: JSON.stringify(input) },
});

const text = (value: string): object => ({ type: "text", text: value });

const FIND_ORDER = {
  type: "tool-find_order",
  toolCallId: "call_9fK2",
  state: "output-available",
  input: { order: 4711, include: ["items", "shipping"] },
  output: {
    order: 4711,
    status: "delivered",
    deliveredAt: "2026-11-24",
    total: { amount: 64.9, currency: "EUR" },
    items: [{ sku: "MUG-BLUE", quantity: 2 }],
  },
};

const REFUND = {
  type: "tool-refund",
  toolCallId: "call_x81P",
  state: "output-available",
  input: { order: 4711, amount: 64.9, reason: "damaged" },
  approval: { id: "a1", approved: true },
  output: { refund: "re_2093", status: "succeeded" },
};

const SEND_MAIL = {
  type: "tool-send_mail",
  toolCallId: "call_Qm40",
  state: "output-error",
  input: { to: "ann@example.com", template: "refund" },
  errorText: "SMTP 451: the mail server is busy",
};

const ANSWER =
  "I am sorry to hear that. Order 4711 was delivered on **24 November**, so a refund is possible:\n\n" +
  "| Item | Quantity | Refund |\n|---|---|---|\n| Blue mug | 2 | 49.90 € |\n| Shipping | 1 | 15.00 € |\n\n" +
  "Could you send me a photo of the damage?";

const SENT =
  "The refund of **64.90 €** is on its way. Your bank needs 3 to 5 days. You can follow it with:\n\n" +
  "```sh\ncurl https://api.example.com/refunds/re_2093\n```\n\n" +
  "- Refund `re_2093`\n- Paid to the card that you used\n- You can keep the mugs";

/** A conversation of `useChat` with everything that the page shows. */
export function refund(): object {
  return own("ai-sdk-ui-messages", {
    messages: [
      message("user", 0, [text("My order **4711** arrived damaged. Can I get my money back?")]),
      message("assistant", 4, [
        {
          type: "reasoning",
          text: "The customer wants a refund. First find the order, then check whether it is within 30 days.",
        },
        FIND_ORDER,
        text(ANSWER),
      ]),
      message("user", 95, [
        text("Here it is."),
        { type: "file", mediaType: "image/svg+xml", url: CHART },
        { type: "file", mediaType: "image/png", url: "https://cdn.example.com/uploads/mug.png" },
      ]),
      message("assistant", 99, [REFUND, SEND_MAIL, text(SENT)]),
      message("user", 310, [text("Great, thank you!")]),
    ],
  });
}

/** A chat in which a call has no result, for which providers reject it. */
export function faulty(): object {
  return own("chat", {
    agent: "Assistant",
    messages: [
      { role: "system", content: "You book trips. Ask before you pay." },
      { role: "user", content: "Book a train from Berlin to Rome on Friday." },
      {
        role: "assistant",
        content: null,
        tool_calls: [
          call("c1", "search_trains", { from: "Berlin", to: "Rome" }),
          call("c2", "weather", { city: "Rome" }),
        ],
      },
      { role: "tool", tool_call_id: "c1", content: '[{"train":"EC 83","departs":"08:30","price":129}]' },
      { role: "user", content: "And what is the weather there?" },
      { role: "assistant", content: "The **EC 83** leaves at 08:30 and costs 129 €." },
    ],
  });
}

/** A turn of an agent that waits for an approval. */
export function waiting(): object {
  const input = { amount: 12_400, currency: "EUR", to: "ACME Supplies" };
  return own("chat", {
    agent: "Assistant",
    messages: [
      { role: "user", content: "Pay the open invoice of ACME Supplies." },
      {
        role: "assistant",
        content: "I found one open invoice, of **12 400 €**. The payment needs your approval.",
        tool_calls: [
          { id: "p1", type: "function", function: { name: "pay_invoice", arguments: JSON.stringify(input) } },
        ],
      },
    ],
    turn: { id: "t1", start: 0, input: 1, rounds: 1, calls: [{ callId: "p1", state: "approval-needed" }] },
  });
}

/** A conversation of about this many bytes. */
export function long(bytes: number): object {
  const words = "Agents keep their conversations in a store, so that any process can resume them later. ";
  const messages: object[] = [];
  for (let size = 0, turn = 1; size < bytes; turn += 1) {
    const paragraph = words.repeat(4 + (turn % 9));
    const answer = `## Answer ${turn}\n\n${paragraph}\n\n- ${words}\n- ${words}\n\n\`\`\`ts\nconst turn = ${turn};\n\`\`\``;
    messages.push(
      { role: "user", content: `Question ${turn}: ${words}` },
      { role: "assistant", content: answer },
    );
    size += answer.length + words.length + 120;
  }
  return own("chat", { agent: "Assistant", messages });
}

export const TITLES: readonly string[] = [
  "Plan the release of version 2",
  "Why did the nightly import fail?",
  "Summary of the customer interviews",
  "Draft an answer to the auditors",
  "Translate the onboarding mails",
  "Compare three payment providers",
  "Debug the flaky login test",
  "Forecast for December",
  "Menu for the team dinner",
  "Migrate the reports to PostgreSQL",
  "Explain the new travel policy",
  "Find duplicates in the address book",
  "Names for the mobile app",
  "Review of the security questionnaire",
];
