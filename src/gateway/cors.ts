// Cross-origin access (Fetch Standard §3.2): pages of any site may fetch objects and read what the fields say of
// them. No cookies are involved, so the wildcard gives nobody anything that a plain request would not.

/** The fields of an answer that a page may read beyond the safelisted ones. */
const EXPOSED = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'ETag',
  'Last-Modified',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Repr-Digest',
  'Retry-After',
  'WWW-Authenticate',
];

/** The fields that a page may send. */
const ALLOWED = [
  'Authorization',
  'If-Match',
  'If-Modified-Since',
  'If-None-Match',
  'If-Range',
  'If-Unmodified-Since',
  'Range',
  'Want-Repr-Digest',
  'X-Auth-Token',
];

export const DATA_METHODS = 'GET, HEAD, OPTIONS';

export const CORS_FIELDS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': EXPOSED.join(', '),
} as const;

/** What a preflight is told. A day is as long as any browser remembers it. */
export const PREFLIGHT_FIELDS = {
  'access-control-allow-methods': DATA_METHODS,
  'access-control-allow-headers': ALLOWED.join(', '),
  'access-control-max-age': '86400',
  allow: DATA_METHODS,
} as const;

const BUNDLE_METHODS = 'POST, OPTIONS';

/** The same for making a bundle. */
export const BUNDLE_PREFLIGHT_FIELDS = {
  'access-control-allow-methods': BUNDLE_METHODS,
  'access-control-allow-headers': 'Authorization, Content-Type, X-Auth-Token',
  'access-control-max-age': '86400',
  allow: BUNDLE_METHODS,
} as const;
