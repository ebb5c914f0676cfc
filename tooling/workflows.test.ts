// The workflows of the public host, as its own parser reads them. What they run is in releases.test.ts.
import { globSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const WORKFLOWS = globSync(".github/workflows/*.yml", { cwd: ROOT }).toSorted();

// The parser is written for bundlers: it imports its schema without the attribute that Node.js requires.
const hooks = registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    return specifier.endsWith(".json") ? { ...resolved, importAttributes: { type: "json" } } : resolved;
  },
});
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } =
  await import("@actions/workflow-parser");
hooks.deregister();

interface Step {
  readonly uses?: unknown;
  readonly run?: unknown;
}

async function parse(name: string, content: string): Promise<{ problems: string[]; steps: Step[] }> {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  const problems = context.errors.getErrors().map(({ message }) => message);
  if (value === undefined || problems.length > 0) return { problems, steps: [] };
  const { errors = [], jobs } = await convertWorkflowTemplate(context, value);
  const steps = jobs.flatMap((job) => ("steps" in job ? job.steps : []));
  return { problems: errors.map(({ Message }) => Message), steps: steps as Step[] };
}

it.each(WORKFLOWS)("%s is valid", async (file) => {
  const { problems, steps } = await parse(file, readFileSync(join(ROOT, file), "utf8"));
  expect(problems).toEqual([]);
  expect(steps.length).toBeGreaterThan(1);
});

describe("the parser", () => {
  const jobs = "jobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: npm test\n";

  it.each([
    ["a misspelled event", `on: pushes\n${jobs}`],
    ["a misspelled key", `on: push\nconcurency: a\n${jobs}`],
    ["a job without steps", "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    step: []\n"],
    ["a misspelled permission", `on: push\npermissions:\n  content: read\n${jobs}`],
    ["an expression that does not end", `on: push\n${jobs}        if: \${{ github.ref == 'a'\n`],
    ["a context that does not exist", `on: push\n${jobs}        if: githb.ref == 'a'\n`],
  ])("refuses %s", async (_, content) => {
    expect((await parse("a.yml", content)).problems).not.toEqual([]);
  });
});
