// Requests and the answers that a client of the gateway gets, whatever server is behind it: the same table is run over
// every one of them.

/** What the table needs to know of an object. */
export type Facts = { readonly size: number; readonly etag: string; readonly lastModified: string };

/** Half-open, in bytes of the object. */
type Range = readonly [start: number, end: number];

export type Expected = {
  readonly status: number;
  /** The object whole, one range of it, several as multipart/byteranges, a problem document, or nothing. */
  readonly content: 'whole' | 'problem' | 'nothing' | { readonly range: Range } | { readonly ranges: readonly Range[] };
  /** Fields beside those that each kind of content has. */
  readonly fields?: Readonly<Record<string, string>>;
};

export type Row = {
  readonly asks: string;
  readonly method?: 'HEAD';
  readonly fields: Readonly<Record<string, string>>;
  readonly gets: Expected;
};

const WHOLE: Expected = { status: 200, content: 'whole' };
const HEAD_ONLY: Expected = { status: 200, content: 'nothing' };
const NOT_MODIFIED: Expected = { status: 304, content: 'nothing' };
const FAILED: Expected = { status: 412, content: 'problem' };

const partial = (start: number, end: number): Expected => ({ status: 206, content: { range: [start, end] } });
const several = (...ranges: readonly Range[]): Expected => ({ status: 206, content: { ranges } });

const OTHER_ETAG = '"another-version"';
const LONG_AGO = 'Thu, 01 Jan 2015 00:00:00 GMT';

/** The table for an object of a million bytes or more. */
export function toAnswers({ size, etag, lastModified }: Facts): readonly Row[] {
  const unsatisfied: Expected = { status: 416, content: 'problem', fields: { 'content-range': `bytes */${size}` } };
  const weak = `W/${etag}`;
  const ranges: Readonly<Record<string, Expected>> = {
    'bytes=0-0': partial(0, 1),
    'bytes=0-99': partial(0, 100),
    'bytes=100-199': partial(100, 200),
    'bytes=65535-65536': partial(65_535, 65_537),
    'bytes=999-': partial(999, size),
    'bytes=0-': partial(0, size),
    [`bytes=${size - 1}-`]: partial(size - 1, size),
    [`bytes=${size - 10}-${size + 10}`]: partial(size - 10, size),
    'bytes=5-999999999999999': partial(5, size),
    'bytes=-1': partial(size - 1, size),
    'bytes=-100': partial(size - 100, size),
    [`bytes=-${size}`]: partial(0, size),
    [`bytes=-${size * 2}`]: partial(0, size),
    'BYTES=7-8': partial(7, 9),
    'bytes= 3-4 ,': partial(3, 5),
    [`bytes=${size}-`]: unsatisfied,
    [`bytes=${size}-${size + 5}`]: unsatisfied,
    'bytes=-0': unsatisfied,
    'bytes=abc': WHOLE,
    'bytes=5-2': WHOLE,
    'bytes=': WHOLE,
    'lines=0-1': WHOLE,
    '0-1': WHOLE,
    'bytes=0-9,100-109': several([0, 10], [100, 110]),
    'bytes=500000-500009,0-0,-7': several([500_000, 500_010], [0, 1], [size - 7, size]),
    [`bytes=1-3,${size}-,8-9`]: several([1, 4], [8, 10]),
    [`bytes=4-6,${size}-`]: partial(4, 7),
    [`bytes=${size}-,-0`]: unsatisfied,
  };
  const conditions: readonly [fields: Readonly<Record<string, string>>, gets: Expected][] = [
    [{ 'if-match': etag }, WHOLE],
    [{ 'if-match': `${OTHER_ETAG}, ${etag}` }, WHOLE],
    [{ 'if-match': '*' }, WHOLE],
    [{ 'if-match': OTHER_ETAG }, FAILED],
    [{ 'if-match': weak }, FAILED],
    [{ 'if-none-match': etag }, NOT_MODIFIED],
    [{ 'if-none-match': weak }, NOT_MODIFIED],
    [{ 'if-none-match': `${OTHER_ETAG}, ${etag}` }, NOT_MODIFIED],
    [{ 'if-none-match': '*' }, NOT_MODIFIED],
    [{ 'if-none-match': OTHER_ETAG }, WHOLE],
    [{ 'if-modified-since': lastModified }, NOT_MODIFIED],
    [{ 'if-modified-since': LONG_AGO }, WHOLE],
    [{ 'if-unmodified-since': lastModified }, WHOLE],
    [{ 'if-unmodified-since': LONG_AGO }, FAILED],
    [{ 'if-none-match': OTHER_ETAG, 'if-modified-since': lastModified }, WHOLE],
    [{ 'if-match': etag, 'if-unmodified-since': LONG_AGO }, WHOLE],
    [{ 'if-match': etag, 'if-none-match': etag }, NOT_MODIFIED],
    [{ 'if-match': etag, range: 'bytes=1-2' }, partial(1, 3)],
    [{ 'if-match': OTHER_ETAG, range: 'bytes=1-2' }, FAILED],
    [{ 'if-none-match': etag, range: 'bytes=1-2' }, NOT_MODIFIED],
    [{ 'if-range': etag, range: 'bytes=1-2' }, partial(1, 3)],
    [{ 'if-range': OTHER_ETAG, range: 'bytes=1-2' }, WHOLE],
    [{ 'if-range': weak, range: 'bytes=1-2' }, WHOLE],
    [{ 'if-range': LONG_AGO, range: 'bytes=1-2' }, WHOLE],
    [{ 'if-range': OTHER_ETAG, range: `bytes=${size}-` }, WHOLE],
    [{ 'if-range': etag, range: `bytes=${size}-` }, unsatisfied],
    [{ 'if-range': etag, range: 'bytes=0-1,5-6' }, several([0, 2], [5, 7])],
  ];
  const heads: readonly [fields: Readonly<Record<string, string>>, gets: Expected][] = [
    [{}, HEAD_ONLY],
    [{ range: 'bytes=1-2' }, HEAD_ONLY],
    [{ range: `bytes=${size}-` }, HEAD_ONLY],
    [{ 'if-none-match': etag }, NOT_MODIFIED],
    [{ 'if-match': OTHER_ETAG }, { ...FAILED, content: 'nothing' }],
  ];
  return [
    { asks: 'the whole', fields: {}, gets: WHOLE },
    ...Object.entries(ranges).map(([range, gets]) => ({ asks: range, fields: { range }, gets })),
    ...conditions.map(([fields, gets]) => ({ asks: toWords(fields), fields, gets })),
    ...heads.map(([fields, gets]) => ({ asks: toWords(fields), method: 'HEAD' as const, fields, gets })),
  ];
}

function toWords(fields: Readonly<Record<string, string>>): string {
  const words = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return words.join(', ') || 'nothing more';
}
