import type { SerializedThread } from "@threadstore/core";
import { expect, test } from "vitest";
import { checkThread, repairThread } from "../index.ts";

function threadOf(...messages: object[]): SerializedThread {
  return {
    format: "threadstore.thread",
    version: 1,
    kind: "responses",
    agent: "Assistant",
    messages,
  } as never;
}

const user = { role: "user", content: "Hi" };

test.each(["x", "", "functio", "Function_Call", "toString", "__proto__", "_call"])(
  "an item of the type %j, which the API does not have, is found and dropped",
  (type) => {
    const thread = threadOf(user, { type, id: "fc_1" });
    expect(checkThread(thread)).toMatchObject([{ code: "role-unknown", path: "$.messages[1].type" }]);
    expect(repairThread(thread, "synthesize").thread).toEqual(threadOf(user));
  },
);

test.each(["web_search_call", "future_search_call", "future_output", "compaction", "item_reference"])(
  "an item of the type %s, which the API has or may have in a later release, is kept",
  (type) => {
    const thread = threadOf(user, {
      type,
      id: "fc_1",
      status: "completed",
      action: {},
      encrypted_content: "x",
    });
    expect(checkThread(thread)).toEqual([]);
    expect(repairThread(thread, "drop").thread).toEqual(thread);
  },
);
