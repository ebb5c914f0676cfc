import { ExternalLink, ImageOff } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { ImageEntry } from "../api/types.ts";
import { visibleName } from "../shared/format.ts";

/** A picture in an element `img` runs no scripts, not even SVG. Other types of data URLs are not shown. */
const PICTURE = /^data:image\/(?:avif|bmp|gif|jpe?g|png|svg\+xml|webp|x-icon)[;,]/iu;
const WEB = /^https?:/iu;

/** A picture from the thread. A remote picture is only a link: loading it would tell its server who reads the thread. */
export function ImageView({ image }: { readonly image: ImageEntry }): ReactNode {
  const [failed, setFailed] = useState(false);
  const { source, mediaType } = image;
  if (source.url !== undefined) return <RemoteLink url={source.url} label="Remote image" />;
  if (source.data === undefined || !PICTURE.test(source.data) || failed) {
    return (
      <p className="attachment">
        <ImageOff aria-hidden /> This image cannot be shown
        {mediaType === undefined ? "." : ` (${visibleName(mediaType)}).`}
      </p>
    );
  }
  return (
    <img
      className="picture"
      src={source.data}
      alt={`Attached to the message${mediaType === undefined ? "" : `, ${visibleName(mediaType)}`}`}
      decoding="async"
      onError={() => setFailed(true)}
    />
  );
}

/** A link to another host, or its text if it is not an address of the web. */
export function RemoteLink({ url, label }: { readonly url: string; readonly label: string }): ReactNode {
  return (
    <p className="attachment">
      <ExternalLink aria-hidden />
      <span>{label}, not loaded:</span>
      {WEB.test(url) ? (
        <a href={url} target="_blank" rel="noopener noreferrer nofollow">
          <bdi>{visibleName(url)}</bdi>
        </a>
      ) : (
        <code>{visibleName(url)}</code>
      )}
    </p>
  );
}
