/**
 * Why a backend refuses a request.
 *
 * - `denied`: the credentials are wrong, or do not permit the request.
 * - `busy`: the backend is temporarily unavailable and has not processed the request.
 * - `failing`: it is temporarily failing and may have processed the request.
 * - `gateway`: a gateway or the backend itself reports an error, whether or not the request was processed.
 * - `full`: it has no space left.
 * - `missing`: a read finds nothing.
 * - `unexpected`: an error that a correctly configured store never gets.
 */
export type RefusalKind = "denied" | "busy" | "failing" | "gateway" | "full" | "missing" | "unexpected";
