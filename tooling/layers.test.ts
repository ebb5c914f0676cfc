import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const PACKAGES = join(import.meta.dirname, "../packages");

/** The folders of a package. */
interface Layers {
  /** Modules at the top that every folder may import. They import only one another. */
  readonly foundations: readonly string[];
  /** The folders, each with those that its modules may import from, which are above it in this list. */
  readonly folders: { readonly [folder: string]: readonly string[] };
}

/** The layers of packages with many folders. Core has its own list, in its `architecture.test.ts`. */
const LAYERS: { readonly [name: string]: Layers } = {
  agent: {
    foundations: ["agent-error.ts", "json.ts", "left-out.ts", "run-result.ts", "thread.ts"],
    folders: {
      findings: [],
      "wire-form": ["findings"],
      limits: [],
      context: [],
      thread: ["wire-form"],
      tools: ["thread"],
      repair: ["findings", "limits", "thread", "wire-form"],
      run: ["context", "findings", "limits", "repair", "thread", "tools", "wire-form"],
      conversation: ["context", "run", "thread"],
      history: ["conversation", "run", "thread"],
      langchain: ["findings", "repair", "wire-form"],
    },
  },
  openai: {
    foundations: [
      "check-message.ts",
      "client.ts",
      "detect-provider.ts",
      "model-error.ts",
      "sendable-call.ts",
      "service-rejection.ts",
    ],
    folders: { chat: [], responses: [], "responses/tools": ["responses"] },
  },
  "agent-framework": {
    foundations: ["interchange-error.ts", "report.ts"],
    folders: {
      json: [],
      shapes: ["json"],
      content: ["json", "shapes"],
      messages: ["content", "json", "shapes"],
      chat: ["content", "json", "messages"],
      preserved: ["chat", "json", "messages", "shapes"],
      entries: ["content", "json", "messages", "shapes"],
      approvals: ["chat", "content", "entries", "json", "messages", "shapes"],
      repair: ["approvals", "chat", "content", "entries", "json", "messages", "shapes"],
    },
  },
};

function listModules(pattern: string, cwd: string): string[] {
  return globSync(pattern, { cwd }).filter((file) => !/\.test(?:-helper)?\.c?ts$/u.test(file));
}

/** Returns the modules of a package that one of them imports, also only for their types. */
function importsOf(root: string, file: string): string[] {
  const source = readFileSync(join(root, file), "utf8");
  return [...source.matchAll(/from "(\.[^"]+)"/gu)].map(([, path = ""]) => join(dirname(file), path));
}

describe.each(Object.entries(LAYERS))("the folders of %s", (name, { foundations, folders }) => {
  const root = join(PACKAGES, name, "src");

  it("are all in the list, from the lowest to the highest", () => {
    const existing = listModules("*/**/*.ts", root).filter((file) => !/strict-server/u.test(file));
    expect([...new Set(existing.map((file) => dirname(file)))].toSorted()).toEqual(
      Object.keys(folders).toSorted(),
    );
    const order = Object.keys(folders);
    for (const [folder, lower] of Object.entries(folders)) {
      expect(order.slice(0, order.indexOf(folder)), folder).toEqual(expect.arrayContaining([...lower]));
    }
  });

  it("import only from lower folders", () => {
    const upward = Object.entries(folders).flatMap(([folder, lower]) =>
      listModules(`${folder}/*.ts`, root).flatMap((file) =>
        importsOf(root, file)
          .filter((path) => !foundations.includes(path) && ![folder, ...lower].includes(dirname(path)))
          .map((path) => `${file} imports ${path}`),
      ),
    );
    expect(upward).toEqual([]);
  });

  it("share modules that do not import from them", () => {
    const outside = foundations.flatMap((file) =>
      importsOf(root, file).filter((path) => !foundations.includes(path)),
    );
    expect(outside).toEqual([]);
  });
});

describe("modules that also run in browsers", () => {
  it("do not need a page that was loaded with TLS", () => {
    const files = listModules(
      "{agent,agent-framework,ai-sdk,core,openai,openai-agents}/src/**/*.ts",
      PACKAGES,
    );
    expect(files.length).toBeGreaterThan(200);
    const users = files.filter((file) =>
      /\bcrypto\.(?:randomUUID\(|subtle\.)/u.test(readFileSync(join(PACKAGES, file), "utf8")),
    );
    // Only where the modules of Node.js exist.
    expect(users.filter((file) => !file.startsWith("core/src/platform/node"))).toEqual([]);
  });
});
