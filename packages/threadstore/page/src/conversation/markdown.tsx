import { memo, type ReactNode } from "react";
import Renderer, { type Components } from "react-markdown";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";

/** A node of the syntax tree of Markdown. */
interface MarkdownNode {
  type: string;
  value?: string;
  children?: MarkdownNode[];
}

/** Shows HTML of a message as its text. Otherwise, it would be missing. */
function htmlAsText() {
  return (tree: MarkdownNode): void => replaceHtml(tree, true);
}

function replaceHtml(parent: MarkdownNode, isBlock: boolean): void {
  if (parent.children === undefined) return;
  parent.children = parent.children.map((node) => {
    if (node.type !== "html") {
      replaceHtml(node, BLOCKS.has(node.type));
      return node;
    }
    const text: MarkdownNode = { type: "text", value: node.value ?? "" };
    return isBlock ? { type: "paragraph", children: [text] } : text;
  });
}

/** Nodes whose children are blocks. */
const BLOCKS: ReadonlySet<string> = new Set(["blockquote", "footnoteDefinition", "listItem"]);

/** HTML in messages is never interpreted, and pictures become links. The schema is a second line of defence. */
const SCHEMA = {
  ...defaultSchema,
  tagNames: (defaultSchema.tagNames ?? []).filter((name) => !["picture", "source"].includes(name)),
  protocols: { ...defaultSchema.protocols, href: ["http", "https", "mailto"], src: ["http", "https"] },
};
const WEB = /^(?:https?|mailto):/iu;

function Anchor({
  href,
  children,
}: {
  readonly href?: string | undefined;
  readonly children?: ReactNode;
}): ReactNode {
  // Relative links of a message would lead to the viewer itself.
  if (href === undefined || !WEB.test(href)) return <span>{children}</span>;
  return (
    <a href={href} title={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

const COMPONENTS: Components = {
  a: ({ href, children }) => <Anchor href={href}>{children}</Anchor>,
  img: ({ src, alt }) => (
    <Anchor href={typeof src === "string" ? src : undefined}>{`Image: ${alt ?? ""}`.trim()}</Anchor>
  ),
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  table: ({ children }) => (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
  // The headings of a message must not look like those of the page to assistive technology.
  h1: ({ children }) => <h2 className="h1">{children}</h2>,
  h2: ({ children }) => <h3 className="h2">{children}</h3>,
  h3: ({ children }) => <h4 className="h3">{children}</h4>,
};

/** Reading Markdown takes most of the time of a row, and rows leave and enter the document while the user scrolls. */
const RENDERED = new Map<string, ReactNode>();
const MOST_RENDERED = 400;

function render(text: string): ReactNode {
  const rendered = RENDERED.get(text) ?? measured(text);
  // The most recently used one is the last.
  RENDERED.delete(text);
  RENDERED.set(text, rendered);
  const [oldest] = RENDERED.keys();
  if (RENDERED.size > MOST_RENDERED && oldest !== undefined) RENDERED.delete(oldest);
  return rendered;
}

/** Renders a text that will be shown soon. */
export function prepareMarkdown(text: string): void {
  void render(text);
}

/** The name by which the performance tools of browsers, and the tests, see each text that is read. */
const MEASURE = "read Markdown";

function measured(text: string): ReactNode {
  const start = performance.now();
  const rendered = parse(text);
  performance.measure(MEASURE, { start });
  return rendered;
}

/** A text that a parser cannot read must not take the whole page with it. */
function parse(text: string): ReactNode {
  try {
    return Renderer({
      remarkPlugins: [remarkGfm, htmlAsText],
      rehypePlugins: [[rehypeSanitize, SCHEMA]],
      components: COMPONENTS,
      children: text,
    });
  } catch {
    return <div className="plain-text">{text}</div>;
  }
}

export const Markdown: (properties: { readonly text: string }) => ReactNode = memo(function Markdown({
  text,
}: {
  readonly text: string;
}): ReactNode {
  return <div className="markdown">{render(text)}</div>;
});
