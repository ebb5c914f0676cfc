import { describeWithService } from "@threadstore/services/vitest";
import { AWAY, describeServer, PASSWORD, uniqueName } from "./server.test-helper.ts";

await describeWithService("redis", "the command on Redis", ({ url }) => {
  const options = `#prefix=${uniqueName()}`;
  const server = { url: `${url}${options}`, awayUrl: `redis://user:${PASSWORD}@${AWAY}${options}` };
  describeServer(() => server);
});
