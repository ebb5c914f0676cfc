import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorsOf, withoutCode } from "../site/src/anchors.ts";

const root = join(import.meta.dirname, "..");
const documents = globSync(["*.md", "bench/README.md", "docs/**/*.md", "packages/*/README.md"], {
  cwd: root,
}).toSorted();

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

describe.each(documents)("%s", (document) => {
  const text = read(document);

  it("shows only code that the tests run", () => {
    // A package may run the code of its README itself.
    const tests = globSync(join(dirname(document), "{src,test}/**/*.test{,-helper}.ts"), { cwd: root });
    const isRunThere =
      document.startsWith("packages/") && tests.some((test) => read(test).includes("README.md"));
    const blocks = [...text.matchAll(/(?:<!-- code: (\S+) -->\n)?```ts\n(.*?)```/gsu)];
    const notRun = blocks.filter(([, source, code = ""]) => {
      return source === undefined ? !isRunThere : !read(source).includes(code.trim());
    });
    expect(notRun.map(([block]) => block)).toEqual([]);
  });

  it("has no conflict markers", () => {
    expect(text).not.toMatch(/^(?:<{7}|>{7}|={7}$)/mu);
  });

  it("has links that lead somewhere", () => {
    const links = [...withoutCode(text).matchAll(/\]\((?!https?:)([^)\s]+)\)/gu)].map(
      ([, link = ""]) => link,
    );
    const broken = links.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const file = path === "" ? document : join(dirname(document), path);
      if (!existsSync(join(root, file))) return true;
      const page = statSync(join(root, file)).isDirectory() ? join(file, "README.md") : file;
      return anchor !== undefined && !(existsSync(join(root, page)) && anchorsOf(read(page)).has(anchor));
    });
    expect(broken).toEqual([]);
  });

  it("defines the links that it refers to", () => {
    const labels = [...withoutCode(text).matchAll(/\]\[([^\]\s]+)\]/gu)].map(([, label = ""]) => label);
    const defined = [...text.matchAll(/^\[([^\]\s]+)\]: \S+$/gmu)].map(([, label]) => label);
    expect(labels.filter((label) => !defined.includes(label))).toEqual([]);
  });

  it("has each row of a table on one line", () => {
    const lines = withoutCode(text).split("\n");
    const broken = lines.filter((line, index) => {
      const continues = line !== "" && !line.startsWith("|") && lines[index - 1]?.startsWith("|") === true;
      return continues || (line.startsWith("|") && !line.endsWith("|"));
    });
    expect(broken).toEqual([]);
  });

  it("has lines of a readable length, tables and samples aside", () => {
    const prose = text.replace(/```.*?```/gsu, "").split("\n");
    const long = prose.filter((line) => line.length > 120 && !line.startsWith("|"));
    expect(long).toEqual([]);
  });
});
