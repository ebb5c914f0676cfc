import { Download, Paperclip } from "lucide-react";
import type { ReactNode } from "react";
import type { FileEntry } from "../api/types.ts";
import { bytesOf, fileName } from "../shared/download.ts";
import { formatBytes, visibleName } from "../shared/format.ts";
import { RemoteLink } from "./image-view.tsx";

/** A file of the thread. It can be saved, but is never opened by the page. */
export function FileView({ file }: { readonly file: FileEntry }): ReactNode {
  const { name = "file", mediaType, url, data, bytes } = file;
  if (url !== undefined) return <RemoteLink url={url} label={visibleName(name)} />;
  return (
    <p className="attachment">
      <Paperclip aria-hidden />
      <bdi>{visibleName(name)}</bdi>
      <span className="quiet">
        {mediaType === undefined ? "" : `${visibleName(mediaType)}, `}
        {formatBytes(bytes)}
      </span>
      {data !== undefined && (
        <button type="button" className="button small" onClick={() => save(name, data)}>
          <Download aria-hidden /> Save
        </button>
      )}
    </p>
  );
}

const REVOKE_MS = 60_000;

/** Saves the file with a type that no browser opens as a page. */
function save(name: string, data: string): void {
  const address = URL.createObjectURL(new Blob([bytesOf(data)], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = fileName(name);
  link.click();
  // Some browsers read the data after the click.
  setTimeout(() => URL.revokeObjectURL(address), REVOKE_MS);
}
