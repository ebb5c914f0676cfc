import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ServiceUnavailableError } from "../service.ts";

export interface Certificate {
  /** A self-signed certificate in PEM. Clients that trust this file trust the server. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Creates a certificate for localhost and 127.0.0.1 in a folder. */
export async function createCertificate(directory: string): Promise<Certificate> {
  const certificateFile = join(directory, "certificate.pem");
  const keyFile = join(directory, "key.pem");
  const kind = ["req", "-x509", "-days", "30", "-newkey", "rsa:2048", "-nodes"];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const files = ["-out", certificateFile, "-keyout", keyFile];
  try {
    await promisify(execFile)("openssl", [...kind, ...subject, ...files]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new ServiceUnavailableError(
      "openssl, which creates the certificate for TLS, is not installed. Install it.",
      { cause: error },
    );
  }
  return { certificateFile, keyFile };
}
