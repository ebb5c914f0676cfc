import { entryPoints } from "./packages.ts";
import type { CommandResult, Project } from "./project.ts";
import { expectOutput, type Row } from "./row.ts";
import type { Tool } from "./versions.ts";

interface Compiler {
  readonly tool: Tool;
  readonly label: string;
  readonly settings: readonly Setting[];
}

interface Setting {
  readonly label: string;
  readonly options: object;
  /** The file that imports: an ES module, or CommonJS where only that has another result. */
  readonly file: "program.mts" | "program.cts" | "program.ts";
}

const NODE16: Setting = { label: "node16", options: { module: "node16" }, file: "program.mts" };
const NODENEXT: Setting = { label: "nodenext", options: { module: "nodenext" }, file: "program.mts" };
const NODENEXT_COMMONJS: Setting = {
  label: "nodenext, CommonJS",
  options: { module: "nodenext" },
  file: "program.cts",
};
const BUNDLER: Setting = {
  label: "bundler",
  options: { module: "esnext", moduleResolution: "bundler" },
  file: "program.ts",
};
const NODE10: Setting = {
  label: "node10",
  options: { module: "commonjs", moduleResolution: "node10" },
  file: "program.ts",
};

const COMPILERS: readonly Compiler[] = [
  { tool: "typescript56", label: "TypeScript 5.6", settings: [NODE16, NODENEXT, BUNDLER, NODE10] },
  {
    tool: "typescript59",
    label: "TypeScript 5.9",
    settings: [NODE16, NODENEXT, NODENEXT_COMMONJS, BUNDLER, NODE10],
  },
  // It no longer has node10.
  { tool: "typescript7", label: "TypeScript 7", settings: [NODE16, NODENEXT, NODENEXT_COMMONJS, BUNDLER] },
];

/** The entry points whose types do not refer to large client libraries. */
const LIGHT_ENTRY_POINTS = entryPoints().filter((name) =>
  /^@threadstore\/(?:core|agent|attachments|file-system)(?:\/|$)/u.test(name),
);

/** Imports each entry point by name, and uses the types that most programs use. */
function typedProgram(names: readonly string[]): string {
  return [
    ...names.map((name, index) => `import * as module${index} from ${JSON.stringify(name)};`),
    `import { memoryStore, type StoredThread, type ThreadStore } from "@threadstore/core";`,
    `import type { ThreadDriver } from "@threadstore/core/driver";`,
    `export const modules: readonly object[] = [${names.map((_, index) => `module${index}`).join(", ")}];`,
    `export const store: ThreadStore = memoryStore({ timeoutMs: 1000 });`,
    `export async function text(id: string): Promise<string | undefined> {`,
    `  const stored: StoredThread | undefined = await store.load(id);`,
    `  // @ts-expect-error A version is not a number: the types are not "any".`,
    `  const version: number | undefined = stored?.version;`,
    `  return version === undefined ? undefined : JSON.stringify(stored?.thread);`,
    `}`,
    `export function nameOf(driver: ThreadDriver): string {`,
    `  return driver.name;`,
    `}`,
  ].join("\n");
}

async function compile(
  project: Project,
  tool: Tool,
  setting: Setting,
  skip: boolean,
): Promise<CommandResult> {
  const { options, file, label } = setting;
  const name = `tsconfig.${tool}.${label.replaceAll(/\W+/gu, "-")}.${skip}.json`;
  const compilerOptions = {
    target: "es2022",
    lib: ["es2022", "dom"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    esModuleInterop: true,
    skipLibCheck: skip,
    ...options,
  };
  await project.write(file, typedProgram(skip || isComplete(setting) ? entryPoints() : LIGHT_ENTRY_POINTS));
  await project.write(name, JSON.stringify({ compilerOptions, files: [file] }));
  const compiler = `node_modules/${tool}/bin/tsc`;
  return project.run(process.execPath, [compiler, "-p", name, "--pretty", "false"]);
}

/** Whether the types of all packages are checked, not only used. It takes a compiler half a minute. */
function isComplete({ label }: Setting): boolean {
  return label === "nodenext";
}

/** Returns the errors in the program and in the types of this workspace's packages, not those in client libraries. */
export function ownErrors(output: string): string[] {
  return output
    .split("\n")
    .filter(
      (line) => /^\S.*error TS\d+/u.test(line) && !/^(?:\.\.\/)*node_modules\/(?!@threadstore\/)/u.test(line),
    );
}

function typesRow({ tool, label }: Compiler, setting: Setting): Row {
  return {
    area: "TypeScript",
    name: `${label}, \`${setting.label}\``,
    tools: [tool],
    proof: `compiles an import of every entry point; ${isComplete(setting) ? "" : "of core, agent, attachments and files "}also without \`skipLibCheck\``,
    async check(workbench) {
      const project = await workbench.application();
      for (const skip of [true, false]) {
        const { code, output } = await compile(project, tool, setting, skip);
        const errors = skip && code !== 0 ? [output] : ownErrors(output);
        if (errors.length > 0) throw new Error(`skipLibCheck ${skip}:\n${errors.slice(0, 20).join("\n")}`);
      }
    },
  };
}

const COMMONJS_LIMIT: Row = {
  area: "TypeScript",
  name: "`node16` in CommonJS files; `nodenext` there before TypeScript 5.8",
  tools: ["typescript56", "typescript59"],
  proof: "the compiler reports TS1479, although the program would run",
  limit: "use TypeScript 5.8 or newer with `nodenext`, or `await import()`",
  async check(workbench) {
    const project = await workbench.application();
    const settings = [
      ["typescript56", { ...NODENEXT, file: "program.cts" }],
      ["typescript59", { ...NODE16, file: "program.cts" }],
    ] as const;
    for (const [tool, setting] of settings) {
      expectOutput((await compile(project, tool, setting, true)).output, "TS1479");
    }
  },
};

export const TYPES_ROWS: readonly Row[] = [
  ...COMPILERS.flatMap((compiler) => compiler.settings.map((setting) => typesRow(compiler, setting))),
  COMMONJS_LIMIT,
];
