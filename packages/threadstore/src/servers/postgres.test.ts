import { describeWithService } from "@threadstore/services/vitest";
import { AWAY, describeServer, PASSWORD, uniqueName } from "./server.test-helper.ts";

await describeWithService("postgres", "the command on PostgreSQL", ({ url }) => {
  const options = `#tablePrefix=${uniqueName().replace("-", "_")}_`;
  const server = { url: `${url}${options}`, awayUrl: `postgres://user:${PASSWORD}@${AWAY}/db${options}` };
  describeServer(() => server);
});
