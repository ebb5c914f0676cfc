import { register } from "@threadstore/conformance";
import { startMariadb } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, expect, it } from "vitest";
import { directQuery, mariadbHarness } from "./harness.ts";
import { mariadbStore } from "./mariadb-store.ts";
import { altered } from "./mariadb.test-helper.ts";

await describeWithService("mariadb", "a server of its own", async () => {
  const { endpoint, servers, stop } = await startMariadb();
  const uri = endpoint.url;
  const crash = async (): Promise<void> => {
    await servers.mariadb.kill();
    await servers.mariadb.restart();
  };
  afterAll(stop);

  register(mariadbHarness(uri, { crash }), { describe, it, after: afterAll }, { cases: ["D2-5"] });

  it("is UNAVAILABLE after a crash until it is back", async () => {
    const store = mariadbStore({ connection: { uri }, maxRetries: 0 });
    await store.save("idle", { n: 1 });
    await servers.mariadb.kill();
    await expect(store.load("idle")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await servers.mariadb.restart();
    expect((await store.load("idle"))?.thread).toEqual({ n: 1 });
    await store.close();
  });

  it("does not keep the process alive after close, even if it does not respond", async () => {
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
    const store = mariadbStore({ connection: { uri } });
    await store.load("a");
    const open = sockets();
    servers.mariadb.pause();
    try {
      await store.close();
      await expect.poll(sockets).toBeLessThan(open);
    } finally {
      servers.mariadb.resume();
    }
  });

  it("is MISCONFIGURED if it does not sync commits, unless the store accepts that", async () => {
    await directQuery(uri, "SET GLOBAL innodb_flush_log_at_trx_commit = 2");
    const store = mariadbStore({ connection: { uri } });
    await expect(store.save("a", {})).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining("innodb_flush_log_at_trx_commit"),
    });
    await store.close();
    const lenient = mariadbStore({ connection: { uri }, durability: "server" });
    await lenient.save("a", {});
    await lenient.close();
    await directQuery(uri, "SET GLOBAL innodb_flush_log_at_trx_commit = 1");
  });

  it("is UNAVAILABLE for writes while it is read-only, as a replica is", async () => {
    const store = mariadbStore({ connection: { uri }, maxRetries: 0 });
    await store.save("a", { n: 1 }, { overwrite: true });
    // A user with all privileges may write nevertheless.
    await directQuery(uri, "CREATE USER ordinary IDENTIFIED BY 'secret'");
    await directQuery(uri, "GRANT SELECT, INSERT, UPDATE, DELETE ON * TO ordinary");
    await directQuery(uri, "SET GLOBAL read_only = 1");
    const login = altered(uri, { username: "ordinary", password: "secret" });
    const ordinary = mariadbStore({ connection: { uri: login }, maxRetries: 0 });
    await expect(ordinary.save("b", {})).rejects.toMatchObject({
      code: "UNAVAILABLE",
      cause: { errno: 1290 },
    });
    await directQuery(uri, "SET GLOBAL read_only = 0");
    await ordinary.save("b", {});
    await ordinary.close();
    await store.close();
  });
});
