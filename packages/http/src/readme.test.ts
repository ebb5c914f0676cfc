import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { PROBLEMS, problemResponse, RequestProblem } from "./problem.ts";
import { StreamError } from "./streams.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const [example = "", appending = "", forking = "", streaming = ""] = [
  ...readme.matchAll(/^```ts\n(.*?)^```$/gms),
].map(([, code]) => code);

const program = `
  import { handler } from "./example.ts";
  import * as appending from "./appending.ts";
  import * as forking from "./forking.ts";
  for (const user of ["ann", undefined]) {
    const response = await handler(new Request("http://localhost/threads", { headers: user && { "x-user": user } }));
    console.log(response.status, await response.text());
  }
  const post = async ({ handler }, path, body) => {
    const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const response = await handler(new Request("http://localhost/threads/" + path, request));
    console.log(response.status);
  };
  await post(appending, "x/elements", { elements: ["Hi"] });
  await post(appending, "x/elements", { elements: ["Hi", "Ho"] });
  console.log((await appending.store.load("x")).json);
  await forking.store.save("x", { format: "threadstore.thread", messages: [], keys: [] });
  await post(forking, "x/fork", { id: "y" });
  console.log((await forking.store.load("y")).json);
  await forking.store.save("x", { format: "threadstore.thread", messages: [], turn: {} }, { overwrite: true });
  await post(forking, "x/fork", { id: "z" });
`;

/** Completes an example that continues the first one. */
const completed = (code: string): string => `
  import { memoryStore } from "@threadstore/core";
  import { threadHandler } from "@threadstore/http";
  export const store = memoryStore();
  const authorize = () => store;
  export ${code}
`;

test("the examples record and resume a stream", async () => {
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // The example continues the first one, without types.
  const imports = `import { memoryStore } from "@threadstore/core";\nconst store = memoryStore();\n`;
  writeFileSync(join(folder, "streaming.mjs"), imports + streaming);
  writeFileSync(
    join(folder, "program.mjs"),
    `
      import { answer, resume } from "./streaming.mjs";
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      const first = answer("ann", "chat", readable);
      void writer.write({ type: "start", messageId: "m" });
      let response;
      do response = await resume("ann", "chat"); while (response.status === 204);
      console.log((await resume("bob", "chat")).status);
      await writer.close();
      console.log((await first.text()) === (await response.text()), response.headers.get("content-type"));
    `,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.mjs")]);
  expect(stdout).toBe("204\ntrue text/event-stream\n");
});

test("the table of errors of streams lists exactly the existing codes", () => {
  const section = readme.slice(readme.indexOf("## Resumable streams"));
  expect([...section.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code)).toEqual(StreamError.codes);
});

test("the examples serve the threads of a user, append to them and fork them", async () => {
  // Inside this package, so that the package's name resolves.
  const folder = mkdtempSync(join(root, "dist", "readme-"));
  const cwd = mkdtempSync(join(tmpdir(), "threadstore-http-"));
  onTestFinished(() => {
    for (const each of [folder, cwd]) rmSync(each, { recursive: true });
  });
  writeFileSync(join(folder, "example.ts"), example);
  writeFileSync(join(folder, "appending.ts"), completed(appending));
  writeFileSync(join(folder, "forking.ts"), completed(forking));
  writeFileSync(join(folder, "program.ts"), program);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.ts")], { cwd });
  expect(stdout.split("\n")).toEqual([
    '200 {"threads":[]}',
    "401 ",
    "200",
    "422",
    '{"messages":[{"role":"user","content":"Hi"}]}',
    "201",
    '{"format":"threadstore.thread","messages":[]}',
    "409",
    "",
  ]);
});

test.each(Object.keys(PROBLEMS))("the `type` of a problem %s leads to its row", async (code) => {
  const response = problemResponse(new RequestProblem(code as RequestProblem["code"], "x"));
  const { type, status } = (await response.json()) as { type: string; status: number };
  const [page, anchor = ""] = type.split("#");
  expect(page?.endsWith("/packages/http/README.md")).toBe(true);
  expect(readme.split("\n").filter((line) => line.includes(`<a id="${anchor}"></a>`))).toEqual([
    expect.stringMatching(`^\\| <a id="${code}"></a>\`${code}\` \\| ${status} \\| `),
  ]);
});
