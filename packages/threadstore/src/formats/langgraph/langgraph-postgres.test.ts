import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { HumanMessage } from "@langchain/core/messages";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { ThreadStoreSaver } from "@threadstore/langgraph";
import { describeWithService } from "@threadstore/services/vitest";
import { expect, it } from "vitest";
import { runIn, temporaryFolder } from "../../cli/cli.test-helper.ts";
import { transferIn, withStore } from "../formats.test-helper.ts";
import { answer, ask, reviewGraph, threadConfig, tuplesOf } from "./langgraph.test-helper.ts";

const folder = temporaryFolder();
const FORMAT = ["--format", "langgraph-postgres"];
const THREADS = ["asked", "answered", "../日本/👩‍🚀"];

function withSaver<Result>(
  name: string,
  work: (saver: BaseCheckpointSaver) => Promise<Result>,
): Promise<Result> {
  return withStore(join(folder(), name), (store) => work(new ThreadStoreSaver({ store })));
}

await describeWithService("postgres", "the format langgraph-postgres", ({ url }) => {
  /** Opens the tables of LangGraph's saver, and closes them after the work. */
  async function withTables<Result>(
    schema: string,
    work: (saver: PostgresSaver) => Promise<Result>,
  ): Promise<Result> {
    const saver = PostgresSaver.fromConnString(url, { schema });
    try {
      await saver.setup();
      return await work(saver);
    } finally {
      await saver.end();
    }
  }

  function newSchema(): string {
    return `t_${randomUUID().slice(0, 8)}`;
  }

  it("imports all checkpoints, continues the graph in the store, and exports it to other tables", async () => {
    const [there, back] = [newSchema(), newSchema()];
    await withTables(there, async (saver) => {
      for (const thread of THREADS) await ask(saver, thread);
      await answer(saver, "answered");
    });
    const command = ["import", `${url}#schema=${there}`, "sqlite:pg.db", ...FORMAT];
    const first = await transferIn(folder(), ...command);
    expect([first.exitCode, first.stderr, first.report.moved]).toEqual([0, "", THREADS.length]);
    for (const thread of THREADS) {
      const expected = await withTables(there, (saver) => tuplesOf(saver, thread, { unversioned: false }));
      expect(expected.length).toBeGreaterThan(3);
      expect(await withSaver("pg.db", (saver) => tuplesOf(saver, thread, { unversioned: false }))).toEqual(
        expected,
      );
    }
    expect(await transferIn(folder(), ...command)).toMatchObject({
      exitCode: 0,
      report: { present: THREADS.length },
    });
    await withSaver("pg.db", async (saver) => {
      await answer(saver, "asked");
      await ask(saver, "answered");
    });
    const target = `${url}#schema=${back}`;
    const exported = await transferIn(folder(), "export", "sqlite:pg.db", target, ...FORMAT);
    expect([exported.exitCode, exported.stderr, exported.report.moved]).toEqual([0, "", THREADS.length]);
    for (const thread of THREADS) {
      const expected = await withSaver("pg.db", (saver) => tuplesOf(saver, thread, { unversioned: false }));
      expect(await withTables(back, (saver) => tuplesOf(saver, thread, { unversioned: false }))).toEqual(
        expected,
      );
    }
    await withTables(back, async (saver) => {
      await answer(saver, "answered");
      const { values, next } = await reviewGraph(saver).getState(threadConfig("answered"));
      expect([next, values.messages.at(-1)?.content]).toEqual([[], "Done."]);
    });
    const returned = await transferIn(folder(), "import", target, "sqlite:pg.db", ...FORMAT);
    expect(returned).toMatchObject({ exitCode: 0, report: { moved: 1, present: THREADS.length - 1 } });
  });

  it("reports a branch for which the tables have no place", async () => {
    await withSaver("branches.db", async (saver) => {
      await ask(saver, "t");
      const configs: object[] = [];
      for await (const tuple of saver.list({ configurable: { thread_id: "t", checkpoint_ns: "" } })) {
        configs.push(tuple.config);
      }
      const message = new HumanMessage({ id: "branch", content: "Another" });
      await reviewGraph(saver).updateState(configs.at(-2) ?? {}, { messages: [message] });
    });
    const target = `${url}#schema=${newSchema()}`;
    const { exitCode, report } = await transferIn(
      folder(),
      "export",
      "sqlite:branches.db",
      target,
      ...FORMAT,
    );
    expect([exitCode, report.moved, report.problems]).toEqual([1, 1, 1]);
    expect(report.firstProblems[0]?.message).toMatch(/^The target returns another state/u);
  });

  it("reports a thread whose text PostgreSQL cannot store, and moves the others", async () => {
    await withSaver("zero.db", async (saver) => {
      await ask(saver, "zero\u0000byte");
      await ask(saver, "good");
    });
    const target = `${url}#schema=${newSchema()}`;
    const { exitCode, report } = await transferIn(folder(), "export", "sqlite:zero.db", target, ...FORMAT);
    expect([exitCode, report.moved, report.failed]).toEqual([1, 1, 1]);
  });

  it.each([
    [
      "a schema without tables",
      (address: string) => `${address}#schema=nothing`,
      /does not have the tables/u,
    ],
    ["an unknown option", (address: string) => `${address}#table=x`, /only option/u],
    ["a file", () => "tables.db", /must be a URL/u],
  ])("rejects %s", async (_, sourceOf, message) => {
    const { exitCode, stdout, stderr } = await runIn(folder(), [
      "import",
      sourceOf(url),
      "sqlite:none.db",
      ...FORMAT,
    ]);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(stdout).toBe("");
  });

  it("prints no password if the database cannot be reached", async () => {
    const source = "postgres://ann:geheim%2F123@127.0.0.1:1/agents";
    const { exitCode, stdout, stderr } = await runIn(folder(), [
      "import",
      source,
      "sqlite:none.db",
      ...FORMAT,
    ]);
    expect([exitCode, stdout]).toEqual([3, ""]);
    expect(stderr).toContain("ECONNREFUSED");
    expect(stderr).not.toContain("geheim");
  });
});
