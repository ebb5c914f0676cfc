import { CircleAlert, LoaderCircle, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "../api/client.ts";

export function Loading({ label }: { readonly label: string }): ReactNode {
  return (
    <div className="state" role="status">
      <LoaderCircle className="spin" aria-hidden />
      <p>{label}…</p>
    </div>
  );
}

interface FailureProperties {
  readonly error: Error;
  readonly title?: string;
  readonly detail?: string;
  readonly retry?: () => void;
  readonly children?: ReactNode;
}

/** What a command in backticks looks like in the text of a problem. */
export function WithCode({ text }: { readonly text: string }): ReactNode {
  return text
    .split("`")
    .map((part, index) =>
      index % 2 === 0 ? (
        <span key={`${index} ${part}`}>{part}</span>
      ) : (
        <code key={`${index} ${part}`}>{part}</code>
      ),
    );
}

/** Says what failed and what to do, and offers to load again. */
export function Failure({ error, title, detail, retry, children }: FailureProperties): ReactNode {
  const known = error instanceof ApiError ? error : undefined;
  return (
    <div className="state" role="alert">
      <CircleAlert className="state-icon" aria-hidden />
      <h2>{title ?? known?.title ?? "Something failed"}</h2>
      <p>
        <WithCode text={detail ?? error.message} />
      </p>
      {known !== undefined && <code className="code-chip">{known.code}</code>}
      {children}
      {retry !== undefined && (
        <button type="button" className="button" onClick={retry}>
          <RotateCw aria-hidden /> Load again
        </button>
      )}
    </div>
  );
}

/** Says above data, or at the end of a list, that it could not be loaded again or continued. */
export function StaleNote({
  text,
  error,
  retry,
}: {
  readonly text: string;
  readonly error: Error;
  readonly retry: () => void;
}): ReactNode {
  return (
    <div className="note" data-tone="warning" role="alert">
      <CircleAlert aria-hidden />
      <p>
        <strong>{text}</strong> <WithCode text={error.message} />
      </p>
      <button type="button" className="button small" onClick={retry}>
        <RotateCw aria-hidden /> Load again
      </button>
    </div>
  );
}

export function Empty(properties: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly icon?: ReactNode;
}): ReactNode {
  return (
    <div className="state">
      {properties.icon}
      <h2>{properties.title}</h2>
      {properties.children}
    </div>
  );
}
