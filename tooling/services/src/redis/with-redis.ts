import { Redis } from "ioredis";
import { LOOPBACK } from "../processes/ports.ts";

/** Calls `use` with a connection that does not retry, and closes it afterwards. */
export async function withRedis<Result>(
  port: number,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  const redis = new Redis({
    host: LOOPBACK,
    port,
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  let failure: unknown;
  redis.on("error", (error: unknown) => (failure = error));
  try {
    await redis.connect();
    return await use(redis);
  } catch (error) {
    // ioredis reports the cause to the listener only. The caller gets "Connection is closed".
    throw failure ?? error;
  } finally {
    redis.disconnect();
  }
}
