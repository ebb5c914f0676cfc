import type { ThreadStore } from "@threadstore/core";
import { STORE_NAMES } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { beforeAll, describe, expect, it } from "vitest";
import { type Conversation, type Growth, measureGrowth, measureRace, type Race } from "./measure.ts";

export type { Conversation } from "./measure.ts";

declare module "vitest" {
  interface TaskMeta {
    /** The measurements of a test of the matrix. */
    matrix?: { readonly race?: Race; readonly copies?: number; readonly growth?: Growth };
  }
}

/** A requirement for a store of an SDK. */
export interface MatrixCheck<Subject> {
  readonly name: string;
  readonly run: (subject: Subject) => Promise<void>;
}

/** How to check any store of an SDK. A subject is the store, and whatever the checks need to open it again. */
export interface SdkMatrix<Subject> {
  /** Defines the checks of the SDK's own kit. */
  readonly defineKit?: (name: string, subject: () => Subject) => void;
  /** Defines further checks that the SDK's kit leaves to each store. */
  readonly defineMore?: (name: string, subject: () => Subject) => void;
  /** Our checks of behaviour that the SDK's documentation or types describe. */
  readonly documented?: readonly MatrixCheck<Subject>[];
  /** Our checks of behaviour that applications need, but the SDK does not promise. */
  readonly beyond?: readonly MatrixCheck<Subject>[];
  /** Opens another client of a conversation, which is new for a new name. */
  readonly openConversation: (subject: Subject, name: string) => Promise<Conversation>;
  /**
   * The number of texts that one call of the SDK's interface appends.
   * @default 1
   */
  readonly batchSize?: number;
  /** Repeats a write whose response was lost. Resolves with the number of superfluous copies that are stored. */
  readonly replay?: (subject: Subject) => Promise<number>;
}

/** Options of a row. */
export interface RowOptions {
  /**
   * Whether the store writes to files or sockets, whose bytes can be counted.
   * @default true
   */
  readonly isPersistent?: boolean;
  /**
   * The name under which the SDK's kit knows the store, for which it may skip checks.
   * @default "store"
   */
  readonly kitName?: string;
  /** Runs before the checks, to create tables. */
  readonly prepare?: () => Promise<void>;
}

function hasDefinition<Define>(entry: [string, Define | undefined]): entry is [string, Define] {
  return entry[1] !== undefined;
}

/** Defines the checks and measurements of a store, in a suite that has its name. */
export function defineRow<Subject>(
  matrix: SdkMatrix<Subject>,
  subject: () => Subject,
  { isPersistent = true, kitName = "store", prepare = async () => undefined }: RowOptions = {},
): void {
  beforeAll(prepare);
  const { defineKit, defineMore, documented = [], beyond = [] } = matrix;
  const kits = Object.entries({ kit: defineKit, documented: defineMore });
  describe.each(kits.filter(hasDefinition))("%s", (_group, define) => {
    define(kitName, subject);
  });
  const groups = Object.entries({ documented, beyond }).filter(([, checks]) => checks.length > 0);
  describe.each(groups)("%s", (_group, checks) => {
    it.each(checks)("$name", async ({ run }) => {
      await run(subject());
      expect(run).toBeDefined();
    });
  });
  defineMeasurements(matrix, subject, isPersistent);
}

function defineMeasurements<Subject>(
  { openConversation, batchSize = 1, replay }: SdkMatrix<Subject>,
  subject: () => Subject,
  isPersistent: boolean,
): void {
  const open = async (name: string): Promise<Conversation> => openConversation(subject(), name);
  describe("measured", () => {
    it("a race", async ({ task }) => {
      const race = await measureRace([await open("race"), await open("race")], batchSize);
      task.meta.matrix = { race };
      expect(race.written).toBeGreaterThan(0);
    });
    it.runIf(replay !== undefined)("a repeated write", async ({ task }) => {
      const copies = (await replay?.(subject())) ?? 0;
      task.meta.matrix = { copies };
      expect(copies).toBeGreaterThanOrEqual(0);
    });
    it.runIf(isPersistent)("growth", async ({ task }) => {
      const growth = await measureGrowth(await open("growth"));
      task.meta.matrix = { growth };
      expect(growth.bytes).toBeGreaterThan(0);
    });
  });
}

/** Defines a row for each of our stores. */
export async function defineStoreRows<Subject>(
  matrix: SdkMatrix<Subject>,
  subjectOf: (store: ThreadStore) => Subject,
): Promise<void> {
  await describeStores("ThreadStore", { quick: STORE_NAMES }, ({ name, store }) => {
    let subject: Subject | undefined;
    defineRow(matrix, () => (subject ??= subjectOf(store())), { isPersistent: name !== "memory" });
  });
}
