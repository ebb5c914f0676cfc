import { describeStores } from "@threadstore/test-stores/vitest";
import { validateSaver } from "./validate.test-helper.ts";

await describeStores("checkpoints", { quick: ["memory", "sqlite"] }, ({ title, store }) =>
  validateSaver(title, store),
);
