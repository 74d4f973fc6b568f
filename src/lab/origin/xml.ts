// XML as S3 writes it: elements of text, in order, with no attributes but the namespace. Writing only.

/** The content of an element: text, or the elements within. A value of undefined leaves the element out. */
export type XmlContent = string | number | boolean | readonly XmlElement[];
export type XmlElement = readonly [name: string, content: XmlContent | undefined];

export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

export function formatXml([name, content]: XmlElement, { namespace }: { readonly namespace?: string } = {}): string {
  const attributes = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attributes}>${formatContent(content)}</${name}>`;
}

/** Escapes markup, and as S3 does it control characters too: references that XML 1.0 forbids but S3 sends. */
export function escapeXml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[&<>"\u0000-\u001f\u007f]/g, (char) => {
    switch (char) {
      case '&':
        return '&amp;';
      case '<':
        return '&lt;';
      case '>':
        return '&gt;';
      case '"':
        return '&quot;';
      default:
        return `&#x${char.charCodeAt(0).toString(16)};`;
    }
  });
}

function formatContent(content: XmlContent | undefined): string {
  if (content === undefined) return '';
  if (typeof content !== 'object') return escapeXml(String(content));
  return content
    .filter(([, inner]) => inner !== undefined)
    .map(([name, inner]) => `<${name}>${formatContent(inner)}</${name}>`)
    .join('');
}
