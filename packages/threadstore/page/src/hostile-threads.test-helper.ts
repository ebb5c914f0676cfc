const RUN = "window.ran=1";

/** Contents of conversations that try to run a script, to load a resource, or to look like a different text. */
export const PAYLOADS: readonly string[] = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `<svg onload="${RUN}"><script>${RUN}</script></svg>`,
  `<svg><a xlink:href="javascript:${RUN}"><text y="20">x</text></a></svg>`,
  `<iframe srcdoc="<script>parent.ran=1</script>"></iframe>`,
  `<iframe src="javascript:parent.ran=1"></iframe>`,
  `<object data="data:text/html,<script>parent.ran=1</script>"></object>`,
  `<embed src="https://evil.example/x.swf">`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${RUN}">`,
  `<link rel=stylesheet href="https://evil.example/x.css">`,
  `<style>@import url("https://evil.example/x.css"); body { background: url(https://evil.example/x.png) }</style>`,
  `<meta http-equiv="refresh" content="0;url=https://evil.example/">`,
  `<base href="https://evil.example/">`,
  `<form action="https://evil.example/"><button id=x>Go</button></form><input autofocus onfocus="${RUN}">`,
  `<details open ontoggle="${RUN}"><summary>x</summary></details>`,
  `<video><source onerror="${RUN}"></video><audio src=x onerror="${RUN}">`,
  `"><img src=x onerror=${RUN}>`,
  `'-${RUN}-'`,
  `\${${RUN}} {{constructor.constructor('${RUN}')()}}`,
  `[click](javascript:${RUN})`,
  `[click](JaVaScRiPt&colon;${RUN}) [click](java\tscript:${RUN}) [click](vbscript:x) [click](data:text/html,x)`,
  "![picture](https://evil.example/pixel.png) ![picture](//evil.example/pixel.png)",
  `![x](x"onerror="${RUN}) [x](https://evil.example "onmouseover=${RUN}")`,
  `<https://evil.example/> <javascript:${RUN}>`,
  `[ref]: javascript:${RUN}\n\n[ref] [ref][ref]`,
  "```html\n<script>window.ran=1</script>\n```\n\n| a |\n|---|\n| <img src=x onerror=window.ran=1> |",
  "__proto__",
  "constructor",
  "\u202Egnp.exe\u0000\u200B",
];

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9" height="9" onload="parent.ran=1"><script>parent.ran=1</script><image xlink:href="https://evil.example/x.png" width="9" height="9"/><foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:parent.ran=1"/></foreignObject></svg>`;

const IMAGES: readonly string[] = [
  `data:image/svg+xml,${encodeURIComponent(SVG)}`,
  `data:image/svg+xml;base64,${btoa(SVG)}`,
  "data:text/html,<script>parent.ran=1</script>",
  "data:image/png;base64,AAAA",
  "https://evil.example/pixel.png",
  "//evil.example/pixel.png",
  `javascript:${RUN}`,
  "blob:https://evil.example/x",
];

/** What could block the page, or exceed the stack of a parser. */
const DEEP: readonly string[] = [
  ...["> ", ">", "- ", "1. ", "> - "].map((opening) => opening.repeat(19_000 / opening.length)),
  ...["*a ", "[", "![", "[a](", "~~a ", "|a"].map((opening) => opening.repeat(19_000 / opening.length)),
  "[".repeat(19_000) + "]".repeat(19_000),
];

/** A thread with each payload in every place: roles, texts, reasoning, names, ids and inputs of tools, results, files. */
export function hostileThread(): object {
  const messages = PAYLOADS.map((payload, index) => ({
    id: payload,
    role: index % 3 === 0 ? payload : "assistant",
    createdAt: payload,
    parts: [
      { type: "text", text: payload },
      { type: "reasoning", text: payload },
      tool(payload, { [payload]: payload }),
      tool("text", payload),
      { type: "file", mediaType: payload, filename: payload, url: payload },
      { type: payload, value: payload },
    ],
  }));
  const images = IMAGES.map((url, index) => ({
    id: `image${index}`,
    role: "user",
    parts: [
      { type: "file", mediaType: "image/svg+xml", url },
      { type: "text", text: `![x](${url}) [x](${url})` },
    ],
  }));
  const deep = DEEP.map((text, index) => ({
    id: `deep${index}`,
    role: "user",
    parts: [{ type: "text", text }, tool("text", text)],
  }));
  return {
    format: "threadstore.thread",
    version: 1,
    kind: "ai-sdk-ui-messages",
    messages: [...messages, ...images, ...deep],
  };
}

function tool(payload: string, input: unknown): object {
  const base = { type: "dynamic-tool", toolName: payload, toolCallId: payload, state: "output-available" };
  return { ...base, input, output: payload };
}
