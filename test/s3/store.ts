// The hands of the suites at a server under test: buckets, and objects of synthetic bytes, put there with the AWS SDK,
// which shares no code with the source that reads them. Nothing large is ever in memory.
import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { randomBytes } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { fillSynthetic, syntheticBytes } from '../../src/lab/origin/synthetic-bytes.ts';
import type { S3Server } from './server.ts';

/** How an object was uploaded, and so what its ETag looks like. */
export type Upload = 'single' | 'multipart';

/** Which bytes an object has: as synthetic-bytes.ts makes them. */
export type Content = { readonly seed: number; readonly size: number };

export type Place = { readonly bucket: string; readonly key: string };

const STREAM_CHUNK_BYTES = 1 << 20;

/** What is smaller goes out as one piece, which the SDK can send again. */
const MAX_PIECE_BYTES = 1 << 20;

/** "Amazon S3 multipart upload limits": no part but the last is smaller; servers hold to it. */
const MIN_PART_BYTES = 5 << 20;

/** Few parts for a large object, and still several for a small one. */
const MAX_PART_BYTES = 64 << 20;

/** The bytes of a stretch, in one piece or as they are asked for. */
function toBody(seed: number, { start, end }: { readonly start: number; readonly end: number }): Buffer | Readable {
  if (end - start <= MAX_PIECE_BYTES) return syntheticBytes({ seed, offset: start, length: end - start });
  let offset = start;
  return new Readable({
    highWaterMark: STREAM_CHUNK_BYTES,
    read() {
      const chunk = Buffer.allocUnsafe(Math.min(STREAM_CHUNK_BYTES, end - offset));
      fillSynthetic(chunk, { seed, offset });
      offset += chunk.length;
      this.push(chunk.length === 0 ? null : chunk);
    },
  });
}

/** How large the parts of a multipart upload are: there are at least two where the rules allow it. */
export function partSizeOf(size: number): number {
  return Math.min(MAX_PART_BYTES, Math.max(MIN_PART_BYTES, Math.ceil(size / 2)));
}

/** Its owner calls `close()`. */
export class Store {
  readonly client: S3Client;
  readonly #overwritesInPlace: boolean;

  constructor({ endpoint, region, credentials, overwritesInPlace }: S3Server) {
    this.#overwritesInPlace = overwritesInPlace;
    this.client = new S3Client({
      endpoint,
      region,
      credentials,
      forcePathStyle: true,
      // A checksum trailer is refused by Swift and Ceph, and stored as content by s3rver.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      // Connections that are left open would be counted as the source's.
      requestHandler: { httpAgent: new Agent({ keepAlive: false }) },
    });
  }

  /** Makes a bucket of its own for whoever asks. */
  async createBucket(): Promise<string> {
    const bucket = `sluice-${randomBytes(6).toString('hex')}`;
    await this.client.send(new CreateBucketCommand({ Bucket: bucket }));
    return bucket;
  }

  /** Puts an object and gives its ETag, in quotes. */
  async put(place: Place, content: Content, upload: Upload = 'single'): Promise<string> {
    const etag = upload === 'single' ? await this.#putSingle(place, content) : await this.#putParts(place, content);
    return etag.startsWith('"') ? etag : `"${etag}"`;
  }

  /** Puts another version in the place of one. */
  async replace(place: Place, content: Content): Promise<string> {
    if (this.#overwritesInPlace) await this.remove(place);
    return this.put(place, content);
  }

  async remove({ bucket, key }: Place): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  }

  close(): void {
    this.client.destroy();
  }

  async #putSingle({ bucket, key }: Place, { seed, size }: Content): Promise<string> {
    const { ETag = '' } = await this.client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: toBody(seed, { start: 0, end: size }),
        ContentLength: size,
      }),
    );
    return ETag;
  }

  async #putParts({ bucket, key }: Place, { seed, size }: Content): Promise<string> {
    const target = { Bucket: bucket, Key: key };
    const { UploadId } = await this.client.send(new CreateMultipartUploadCommand(target));
    const partBytes = partSizeOf(size);
    const parts: { PartNumber: number; ETag: string | undefined }[] = [];
    for (let start = 0; start < size; start += partBytes) {
      const end = Math.min(size, start + partBytes);
      const PartNumber = parts.length + 1;
      const part = { ...target, UploadId, PartNumber, Body: toBody(seed, { start, end }), ContentLength: end - start };
      const { ETag } = await this.client.send(new UploadPartCommand(part));
      parts.push({ PartNumber, ETag });
    }
    await this.client.send(
      new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: parts } }),
    );
    // The answer to the last step has an ETag, and the SDK does not find it in Ceph's.
    const { ETag = '' } = await this.client.send(new HeadObjectCommand(target));
    return ETag;
  }
}
