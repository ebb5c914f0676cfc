export { type ArmedFault, type Fault, type InsteadOf, redisErrors, type Trigger } from "./fault.ts";
export { type FaultProxy, type FaultProxyOptions, startFaultProxy } from "./fault-proxy.ts";
export type { RefusalKind } from "./refusal-kind.ts";
export type { TurnEnd, TurnProtocol, TurnRefusal } from "./turns.ts";
export { httpRequest, type ProxiedRequest, redisCommand, type RequestMatcher } from "./proxied-request.ts";
