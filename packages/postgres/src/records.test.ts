import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, describe } from "vitest";
import { directConnection, freshPrefix } from "./postgres.test-helper.ts";
import { testRecords } from "./records.test-helper.ts";

await describeWithService("postgres", "records on a server", ({ url }) => {
  const { direct, end } = directConnection(url);
  describe("in UTF8", () => {
    testRecords({ url }, direct);
  });

  describe("in LATIN1", () => {
    const name = freshPrefix();
    const latinUrl = new URL(`/${name}`, url).href;
    const latin = directConnection(latinUrl);
    beforeAll(async () => {
      await direct(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    });
    afterAll(async () => {
      await latin.end();
      await direct(`DROP DATABASE ${name} WITH (FORCE)`);
      await end();
    });
    testRecords({ url: latinUrl }, latin.direct);
  });
});
