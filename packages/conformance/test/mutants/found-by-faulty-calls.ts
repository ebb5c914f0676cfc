/** The mutants, made for other cases, that random calls on a network that fails find too, by name. */
export const foundByFaultyCalls: readonly string[] = [
  "blind re-sending",
  "lost is not applied",
  "unconditional re-sending",
  "late re-sending",
  "hope",
  "one greeting",
  "half an answer",
  "dropped connections",
  "silence is no effect",
  "an outage is nothing",
  "an outage is an empty listing",
];
