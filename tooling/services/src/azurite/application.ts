/** The only application that the local token endpoint accepts. */
export const APPLICATION = {
  tenantId: "11111111-2222-3333-4444-555555555555",
  clientId: "66666666-7777-8888-9999-000000000000",
  clientSecret: "application-secret",
} as const;
