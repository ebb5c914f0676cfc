import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatMatrix, replaceMatrix } from "./src/document.ts";
import { explain } from "./src/explanations.ts";
import { PAGE, readResults, ROOT } from "./src/results.ts";
import { SDKS } from "./src/sdks.ts";

const RESULTS = SDKS.map((sdk) => [sdk, readResults(sdk)] as const);

it("docs/sdk-matrix.md shows the results of the last runs", () => {
  const page = readFileSync(PAGE, "utf8");
  expect(page).toBe(replaceMatrix(page, formatMatrix(RESULTS)));
});

it("every bridge with rows is in the list, and the other way round", () => {
  const files = globSync("packages/*/src/matrix.test-helper.ts", { cwd: ROOT });
  const folders = files.map((file) => String(file.split("/")[1]));
  expect(folders.toSorted()).toEqual(SDKS.map(({ folder }) => folder).toSorted());
});

describe.each(RESULTS)("$title", (sdk, { rows, versions }) => {
  it("has rows of all our stores and of the SDK's, each of which ran completely or says why not", () => {
    expect(rows.filter(({ name }) => name.startsWith("ThreadStore")).length).toBeGreaterThanOrEqual(7);
    expect(rows.filter(({ name }) => !name.startsWith("ThreadStore"))).not.toEqual([]);
    const ran = rows.filter(({ notRun }) => notRun === undefined);
    expect(ran.filter(({ race }) => race === undefined)).toEqual([]);
    expect(rows.flatMap(({ failures }) => failures.filter(({ group }) => group === "measured"))).toEqual([]);
  });

  it("says what happened in each check that failed", () => {
    const failures = rows.flatMap(({ name, failures: failed }) =>
      failed.map(({ check }) => ({ store: name, check, text: explain(sdk.folder, name, check) })),
    );
    for (const failure of failures) {
      expect(failure).toMatchObject({ text: expect.stringMatching(/^[^\n]{20,}\.$/u) as string });
    }
  });

  it("ran with the versions of the workspace", () => {
    const manifests = [`packages/${sdk.folder}/package.json`, "tooling/matrix/peers/package.json"].map(
      (file) => readFileSync(join(ROOT, file), "utf8"),
    );
    const others = sdk.packages.filter(
      (name) => !manifests.some((manifest) => manifest.includes(`"${name}": "${versions[name]}"`)),
    );
    expect(others).toEqual([]);
  });
});
