/** Names of parameters of URLs, and of environment variables, whose values are secrets. */
const SECRET_NAME = /pass|secret|token|key|sig|cred|connection_string/iu;
const USER_INFO = /(\b[a-z][\w+.-]*:\/\/)[^\s'"`]*@/giu;
const MASK = "***";

/**
 * Returns a function that removes the secrets of URLs and of the environment from text. Messages of errors are written by
 * many libraries, so each one passes through it.
 */
export function redactor(
  parameters: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const secrets = new Set(parameters.flatMap(secretsOfUrl));
  for (const [name, value = ""] of Object.entries(env)) {
    if (SECRET_NAME.test(name) && value.length >= MIN_SECRET_LENGTH) secrets.add(value);
    for (const secret of secretsOfUrl(value)) secrets.add(secret);
  }
  const longestFirst = [...secrets].toSorted((left, right) => right.length - left.length);
  return (text) => {
    const masked = text.replaceAll(USER_INFO, `$1${MASK}@`);
    return longestFirst.reduce((rest, secret) => rest.replaceAll(secret, MASK), masked);
  };
}

/** Shorter values of the environment, such as `1`, are parts of ordinary words. */
const MIN_SECRET_LENGTH = 6;
/** Shorter passwords, such as that of `postgres://u:p@host`, are too, and protect nothing. They are masked within URLs. */
const MIN_PASSWORD_LENGTH = 4;

/** Returns the password and the secret parameters of a URL, as they are written and decoded. */
function secretsOfUrl(text: string): string[] {
  const [, userInfo = ""] = /^[a-z][\w+.-]*:\/\/(.*)@/isu.exec(text) ?? [];
  const password = userInfo.includes(":") ? userInfo.slice(userInfo.indexOf(":") + 1) : "";
  const pairs = [...text.matchAll(/[?&#]([^=&#]+)=([^&#]*)/gu)];
  const values = pairs.flatMap(([, name = "", value = ""]) => (SECRET_NAME.test(name) ? [value] : []));
  return [password, ...values]
    .flatMap((value) => [value, decoded(value)])
    .filter((value) => value.length >= MIN_PASSWORD_LENGTH);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
