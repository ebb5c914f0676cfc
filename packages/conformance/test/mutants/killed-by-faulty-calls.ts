/** Names of mutants written for other cases that random calls on a faulty network kill too. */
export const killedByFaultyCalls: readonly string[] = [
  "blind resend",
  "lost means not applied",
  "unconditional resend",
  "late resend",
  "lost append means not applied",
  "optimism",
  "single handshake",
  "partial response",
  "dropped connections",
  "timeout means no effect",
  "outage means missing",
  "outage means empty",
];
