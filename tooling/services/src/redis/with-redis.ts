import { Redis } from "ioredis";
import { loopback } from "../processes/ports.ts";

/** Uses a connection that fails at once instead of trying again, and closes it afterwards. */
export async function withRedis<Result>(
  port: number,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  const redis = new Redis({
    host: loopback,
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
    // ioredis says "Connection is closed" to the caller, and the cause to the listener only.
    throw failure ?? error;
  } finally {
    redis.disconnect();
  }
}
