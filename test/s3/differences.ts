// How servers that speak S3 differ, measured: each is asked the same things by hand, and what it answers becomes one
// column of a table. Nothing of this reaches a client of the gateway; it is why the source takes nothing on trust.
import type { S3Server } from './server.ts';
import { PARTS_KEY, SIZE, Subject } from './subject.ts';
import type { Question } from './subject.ts';

export type Measured = { readonly title: string; readonly found: ReadonlyMap<string, string> };

type Probe = readonly [asked: string, probe: (subject: Subject) => Promise<string>];

function withRange(value: string, more: Readonly<Record<string, string>> = {}): Question {
  return { fields: { ...more, range: value } };
}

/** What is asked, in the words of the table, of an object of 1,000 bytes. */
const PROBES: readonly Probe[] = [
  ['a wrong secret', (subject) => subject.answer({ secretAccessKey: 'wrong' })],
  ...['0-0', '990-2000', '-100', '-0', `${SIZE}-`, '5-2', 'abc', '0-9,20-29'].map((range): Probe => {
    return [`\`bytes=${range}\``, (subject) => subject.answer(withRange(`bytes=${range}`))];
  }),
  ['If-Match: another', (subject) => subject.answer({ fields: { 'if-match': '"another"' } })],
  ['If-Match: a list', (subject) => subject.answer({ fields: { 'if-match': `"another", ${subject.etag}` } })],
  ['If-Match: `*`', (subject) => subject.answer({ fields: { 'if-match': '*' } })],
  ['If-None-Match: the same', (subject) => subject.answer({ fields: { 'if-none-match': subject.etag } })],
  ['If-Range: another', (subject) => subject.answer(withRange('bytes=0-9', { 'if-range': '"another"' }))],
  ['Accept-Ranges of a GET', async (subject) => toCode(await subject.field({}, 'accept-ranges'))],
  ['ETag after two parts', async ({ partsEtag }) => (partsEtag.endsWith('-2"') ? '`…-2`' : 'as after one PUT')],
  [
    'partNumber=1',
    (subject) => subject.answer({ ...withRange('bytes=0-9'), key: PARTS_KEY, query: { partNumber: '1' } }),
  ],
  ['versionId of none', (subject) => subject.answer({ query: { versionId: 'nosuchversion' } })],
  ['HEAD, no such key', (subject) => subject.answer({ method: 'HEAD', key: 'nothing' })],
  [
    'an ETag in a listing',
    async (subject) => toCode((await subject.listed(/<ETag>([^<]*)</)).replace(/[0-9a-f]{32}/, '…')),
  ],
  ['`in parts` in a listing, encoding-type=url', async (subject) => toCode(await subject.listed(/<Key>(in[^<]*)</))],
  ['how a listing is framed', toListFraming],
  ...['//a//b', '../up', 'c/./d', 'ends/'].map((key): Probe => [`the key \`${key}\``, (subject) => subject.keep(key)]),
  ['after a PUT, a GET under way has', (subject) => subject.replaceDuringGet()],
];

function toCode(text: string | undefined): string {
  return text ? `\`${text}\`` : 'absent';
}

async function toListFraming(subject: Subject): Promise<string> {
  const coding = await subject.field({ key: null, query: { 'list-type': '2' } }, 'transfer-encoding');
  return coding ?? 'Content-Length';
}

/** Asks everything, one thing after the other. */
export async function measureDifferences(server: S3Server): Promise<ReadonlyMap<string, string>> {
  const subject = new Subject(server);
  try {
    await subject.prepare();
    const found = new Map<string, string>();
    for (const [asked, probe] of PROBES) found.set(asked, await probe(subject));
    return found;
  } finally {
    subject.close();
  }
}

/** The table, a row for each thing that was asked. */
export function toMarkdown(measured: readonly Measured[]): string {
  const toRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const titles = measured.map(({ title }) => title);
  const rows = PROBES.map(([asked]) => toRow([asked, ...measured.map(({ found }) => found.get(asked) ?? '')]));
  return [toRow(['asked', ...titles]), toRow(['---', ...titles.map(() => '---')]), ...rows].join('\n');
}
