// An answer before it is sent: status, headers, and a body that is opened only when it is its turn.

import { randomBytes } from 'node:crypto';

import type { S3Error } from './s3-error.ts';
import type { ByteReader } from './stored-object.ts';
import { formatXml, S3_NAMESPACE } from './xml.ts';
import type { XmlElement } from './xml.ts';

export type AnswerBody = {
  /** Where in the reader the body begins, and how long it is. */
  readonly offset: number;
  readonly length: number;
  open(): ByteReader | Promise<ByteReader>;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined where HTTP has none: for HEAD, and for a 304. */
  readonly body: AnswerBody | undefined;
};

export function toXmlAnswer(element: XmlElement, headers: Readonly<Record<string, string>> = {}): Answer {
  return toTextAnswer({ status: 200, headers }, formatXml(element, { namespace: S3_NAMESPACE }));
}

type ErrorPlace = { readonly method: string; readonly path: string; readonly requestId: string };

/** HEAD has the status alone: its answer can't have a body. */
export function toErrorAnswer(error: S3Error, { method, path, requestId }: ErrorPlace): Answer {
  if (method === 'HEAD') return { status: error.status, headers: error.headers, body: undefined };
  const element: XmlElement = [
    'Error',
    [
      ['Code', error.code],
      ['Message', error.message],
      ...Object.entries(error.details),
      ['Resource', path],
      ['RequestId', requestId],
      ['HostId', randomBytes(12).toString('base64')],
    ],
  ];
  return toTextAnswer(error, formatXml(element));
}

function toTextAnswer({ status, headers }: Pick<Answer, 'status' | 'headers'>, text: string): Answer {
  const bytes = Buffer.from(text);
  return {
    status,
    headers: { ...headers, 'Content-Type': 'application/xml', 'Content-Length': String(bytes.length) },
    body: {
      offset: 0,
      length: bytes.length,
      open: () => ({
        read(target, offset) {
          target.set(bytes.subarray(offset, offset + target.length));
          return true;
        },
        close() {},
      }),
    },
  };
}
