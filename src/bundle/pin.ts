// From objects as the catalog knows them to a bundle: their names in the tar, their versions held fast, and from these
// the bundle's id, its length and its ETag. A pure function: the same objects make the same bundle on any machine.
import { createHash } from 'node:crypto';
import { planTar } from './layout.ts';
import type { Bundle, BundleMember, Bundleable } from './bundles.ts';
import { nameMembers } from './member-name.ts';

/**
 * What is hashed into an id besides the members. It changes with anything in this folder that makes other bytes of the
 * same members, so that no two tars ever have one ETag.
 */
const FORMAT = 'sluice bundle 1';

/** Throws `bad-input` when their tar would be longer than an exact number of bytes. */
export function pinBundle(objects: readonly Bundleable[]): Bundle {
  const names = nameMembers(objects.map(toPath));
  const members = objects.map((object, index) => toMember(object, names[index]!));
  const id = toBundleId(members);
  return { id, etag: toBundleEtag(id), size: planTar(members).size, members };
}

/** As opaque as any: all that makes the bytes is in the id. */
export function toBundleEtag(id: string): string {
  return `"${id}"`;
}

function toBundleId(members: readonly BundleMember[]): string {
  const pinned = members.map(({ id, name, store, bucket, key, versionId = null, size, etag, modifiedAtSeconds }) =>
    JSON.stringify([id, name, store, bucket, key, versionId, size, etag, modifiedAtSeconds]),
  );
  const hash = createHash('sha256').update(FORMAT);
  // A line each: JSON has no line break within.
  for (const line of pinned) hash.update(`\n${line}`);
  return hash.digest('hex');
}

/** The folders of its id, and in them the name under which a client would save it alone. */
function toPath({ id, filename }: Bundleable): string {
  const folder = id.slice(0, id.lastIndexOf('/') + 1);
  return folder + filename.replaceAll('/', '_');
}

function toMember({ id, store, bucket, key, versionId, ...object }: Bundleable, name: string): BundleMember {
  const { size, etag, lastModified } = object;
  const modifiedAtSeconds = Math.max(0, Math.floor((lastModified?.getTime() ?? 0) / 1000));
  return {
    id,
    name,
    store,
    bucket,
    key,
    ...(versionId === undefined ? {} : { versionId }),
    size,
    etag,
    modifiedAtSeconds,
  };
}
