import { describeWithService } from "@threadstore/services/vitest";
import { expect, test } from "vitest";
import { azureBlobDriver, azureBlobStore } from "./azure-blob-store.ts";
import { newContainer } from "./azurite.test-helper.ts";

/** Names whose folders are in base64url or hashed, and others that sort around them. */
const NAMES = [
  "a",
  "a-b",
  "é".repeat(85),
  "é".repeat(86),
  `${"é".repeat(86)}a`,
  "é".repeat(256),
  `${"é".repeat(255)}a`,
  "n".repeat(512),
  ".",
  "~",
  "z",
];

await describeWithService("azurite", "namespaces", ({ connectionString }) => {
  test("names in base64url and hashed names are listed once, on pages of any size", async () => {
    const store = azureBlobStore({ container: await newContainer(connectionString) });
    await Promise.all(NAMES.map((name) => store.namespace(name).save("t", {})));
    const nested = ["a", ".", "é".repeat(86)];
    await Promise.all(nested.map((name) => store.namespace(name).namespace("é".repeat(60)).save("t", {})));
    await store.save("t", {});
    for (const limit of [3, 1000]) {
      const listed: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.namespaces({ limit, cursor });
        listed.push(...page.namespaces);
        ({ cursor } = page);
      } while (cursor !== undefined);
      expect(listed.toSorted()).toEqual(NAMES.toSorted());
    }
    for (const name of nested) {
      expect((await store.namespace(name).namespaces()).namespaces).toEqual(["é".repeat(60)]);
    }
    expect((await store.namespace("é".repeat(86)).erase()).threads).toBe(2);
    expect((await store.erase()).threads).toBe(NAMES.length + nested.length - 1);
    expect(await store.namespaces()).toEqual({ namespaces: [], cursor: undefined });
  });

  test.each(["", "a", "5", "{}", "[5, null]", "[null, {}]"])(
    "the forged position %j is INVALID_ARGUMENT",
    async (after) => {
      const driver = azureBlobDriver({ container: await newContainer(connectionString) });
      const { signal } = new AbortController();
      const listing = driver.listNamespaces({ within: "", after, limit: 10 }, { signal });
      await expect(listing).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    },
  );
});
