// Guesses the size of the parts in which an object was uploaded to S3 from what every HEAD and every listing tells: an
// ETag that ends in `-N` is one of N parts, all of one size but the last. A wrong guess would cost speed, never bytes.

const MIB = 1 << 20;
const MB = 1_000_000;

/**
 * What uploaders use where nobody chose otherwise, and what people choose: 5 MiB in the SDKs and rclone, 8 in Amazon's
 * own tools, 10 in Arrow, 15 in s3cmd, 16 in mc, 50 in s5cmd, 64 in Hadoop; and powers of two, which tools grow to when
 * an object would have more than 10,000 parts.
 */
const COMMON_MIB = [5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 200, 250, 256, 500, 512, 1000, 1024];
const COMMON_MB = [10, 15, 16, 20, 25, 50, 64, 100, 128, 200, 250, 256, 500, 512, 1000];

const COMMON_BYTES: readonly number[] = [
  ...COMMON_MIB.map((count) => count * MIB),
  ...COMMON_MB.map((count) => count * MB),
];

/** S3's digest of digests. Other servers' ETags may end in a number that means something else. */
const MULTIPART_ETAG = /^"[0-9a-f]{32}-(\d{1,5})"$/i;

/** Sizes that are this close together hit a whole MiB by chance once in eight times, at most. */
const NARROW_BYTES = MIB / 8;

/** How many parts an object has by its ETag, in quotes; `undefined` if it was not uploaded in parts. */
export function countParts(etag: string): number | undefined {
  const count = Number(MULTIPART_ETAG.exec(etag)?.[1]);
  return count >= 1 ? count : undefined;
}

/** Whether an object of `sizeBytes` in parts of `partBytes` has `count` of them. */
export function isPartSize(partBytes: number, { sizeBytes, count }: { sizeBytes: number; count: number }): boolean {
  return partBytes > 0 && Math.ceil(sizeBytes / partBytes) === count;
}

/**
 * The size of the parts, in bytes, where it is certain enough: exactly one of the common sizes gives so many parts; or
 * none does, and so few sizes do that the one whole number of MiB among them is no accident. Of a single part nothing
 * is known but that it is as large as the object, and that is no help.
 */
export function guessPartBytes(etag: string, sizeBytes: number): number | undefined {
  const count = countParts(etag);
  if (count === undefined || count < 2 || sizeBytes < count) return undefined;
  const fits = (partBytes: number): boolean => isPartSize(partBytes, { sizeBytes, count });
  const common = COMMON_BYTES.filter(fits);
  if (common.length > 0) return common.length === 1 ? common[0] : undefined;
  const smallestBytes = sizeBytes / count;
  const endBytes = sizeBytes / (count - 1);
  const wholeBytes = Math.ceil(smallestBytes / MIB) * MIB;
  return endBytes - smallestBytes <= NARROW_BYTES && fits(wholeBytes) ? wholeBytes : undefined;
}
