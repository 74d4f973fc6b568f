// What the origin answers: from a request that is known and allowed to the description of an answer.
// Each function below is one operation of S3.

import type { IncomingHttpHeaders } from 'node:http';

import { toXmlAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import { queryValue } from './aws-uri.ts';
import type { Query } from './aws-uri.ts';
import type { Bucket } from './buckets.ts';
import { parseListRequest, planListPage, toListElement } from './listing.ts';
import { toAttributesElement } from './object-attributes.ts';
import { checkVersion, planObject } from './plan-object.ts';
import { S3Error } from './s3-error.ts';
import { MAX_KEY_BYTES } from './stored-object.ts';
import type { StoredObject } from './stored-object.ts';
import type { XmlElement } from './xml.ts';

export type S3Request = {
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  readonly range: string | undefined;
};

export type Store = { readonly buckets: ReadonlyMap<string, Bucket>; readonly region: string };

/** What S3 tells by a name in the query and this origin does not: better refused than answered with the object. */
const OTHER_OPERATIONS = new Set(
  `accelerate acl analytics cors encryption intelligent-tiering inventory legal-hold lifecycle logging metrics
  notification object-lock ownershipControls policy policyStatus publicAccessBlock replication requestPayment
  restore retention select tagging torrent uploadId uploads versioning versions website`.split(/\s+/),
);

/** Throws the `S3Error` that S3 would answer with. */
export async function respond(request: S3Request, store: Store): Promise<Answer> {
  const { method, bucket: name, key, query } = request;
  if (method !== 'GET' && method !== 'HEAD') {
    const details = { Method: method, ResourceType: key === undefined ? 'BUCKET' : 'OBJECT' };
    throw new S3Error('MethodNotAllowed', details, { headers: { Allow: 'GET, HEAD' } });
  }
  const other = query.find(([candidate]) => OTHER_OPERATIONS.has(candidate));
  if (other) throw new S3Error('NotImplemented', { Header: other[0] });
  if (name === undefined) return listBuckets(store);
  const bucket = store.buckets.get(name);
  if (!bucket) throw new S3Error('NoSuchBucket', { BucketName: name });
  if (key === undefined) return respondForBucket(bucket, request, store);
  return respondForObject(await findObject(bucket, key), request);
}

function listBuckets({ buckets }: Store): Answer {
  const entries = [...buckets.values()].map(({ name, createdAt }): XmlElement => [
    'Bucket',
    [
      ['Name', name],
      ['CreationDate', createdAt.toISOString()],
    ],
  ]);
  return toXmlAnswer(['ListAllMyBucketsResult', [['Buckets', entries]]]);
}

async function respondForBucket(bucket: Bucket, { method, query }: S3Request, { region }: Store): Promise<Answer> {
  const headers = { 'x-amz-bucket-region': region };
  if (method === 'HEAD') return { status: 200, headers, body: undefined };
  // S3 leaves the element empty for its oldest region, and clients rely on it.
  if (queryValue(query, 'location') !== undefined) {
    return toXmlAnswer(['LocationConstraint', region === 'us-east-1' ? '' : region]);
  }
  if (queryValue(query, 'list-type') !== '2') {
    throw new S3Error(
      'NotImplemented',
      {},
      { message: 'Of the listings, only ListObjectsV2 (list-type=2) is served.' },
    );
  }
  const listRequest = parseListRequest(query);
  const page = planListPage(await bucket.list(), listRequest);
  return toXmlAnswer(toListElement(bucket.name, listRequest, page), headers);
}

async function findObject(bucket: Bucket, key: string): Promise<StoredObject> {
  const keyBytes = Buffer.byteLength(key);
  if (keyBytes > MAX_KEY_BYTES) throw new S3Error('KeyTooLongError', { Size: keyBytes, MaxSizeAllowed: MAX_KEY_BYTES });
  const object = await bucket.get(key);
  if (!object) throw new S3Error('NoSuchKey', { Key: key });
  return object;
}

function respondForObject(object: StoredObject, request: S3Request): Answer {
  const { method, query, headers, range } = request;
  const versionId = queryValue(query, 'versionId');
  if (queryValue(query, 'attributes') !== undefined && method === 'GET') {
    checkVersion(versionId, object);
    const header = (name: string): string | undefined => headers[name]?.toString();
    const element = toAttributesElement(object, {
      wanted: header('x-amz-object-attributes'),
      maxParts: header('x-amz-max-parts'),
      partNumberMarker: header('x-amz-part-number-marker'),
    });
    return toXmlAnswer(element, {
      'Last-Modified': object.lastModified.toUTCString(),
      'x-amz-version-id': object.versionId,
    });
  }
  const plan = planObject(
    {
      method,
      range,
      versionId,
      partNumber: queryValue(query, 'partNumber'),
      conditions: {
        ifMatch: headers['if-match'],
        ifNoneMatch: headers['if-none-match'],
        ifModifiedSince: headers['if-modified-since'],
        ifUnmodifiedSince: headers['if-unmodified-since'],
      },
    },
    object,
  );
  const { status, range: bytes } = plan;
  const hasBody = method === 'GET' && status !== 304;
  return {
    status,
    headers: plan.headers,
    body: hasBody ? { offset: bytes.start, length: bytes.end - bytes.start, open: () => object.open() } : undefined,
  };
}
