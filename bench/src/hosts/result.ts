/** What clients on hosts of their own did together. */
export interface HostsResult {
  readonly service: string;
  readonly clients: number;
  readonly turnsPerSecond: number;
  /** Times of a turn, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Cores that were busy. */
  readonly cores: {
    readonly all: number;
    readonly servers: number;
    readonly clients: number;
    /** Other processes of the machine, and idle cores. */
    readonly others: number;
    readonly idle: number;
  };
}
