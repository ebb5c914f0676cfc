export { type ArmedFault, type Fault, redisErrors, type Trigger } from "./fault.ts";
export { type FaultProxy, type FaultProxyOptions, startFaultProxy } from "./fault-proxy.ts";
export { httpRequest, type ProxiedRequest, redisCommand, type RequestMatcher } from "./proxied-request.ts";
