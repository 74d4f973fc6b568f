// From the target of a request to the id of an object.
import { SluiceError } from '../errors.ts';
import { MAX_OBJECT_ID_BYTES, isObjectId } from '../catalog/object-id.ts';

export const DATA_PREFIX = '/data/';

/** Three characters for each byte, should all of them be percent-encoded. */
const MAX_ENCODED_LENGTH = 3 * MAX_OBJECT_ID_BYTES;

/** The id that `target` (`/data/{id}`, as it came, with or without a query) asks for. Throws `bad-input`. */
export function parseObjectPath(target: string): string {
  return parseIdAfter(DATA_PREFIX, target);
}

/** The same for an id that stands after another prefix. */
export function parseIdAfter(prefix: string, target: string): string {
  // A router may take another spelling of the prefix for the same; what comes after it would be cut in the wrong place.
  if (!target.startsWith(prefix)) throw new SluiceError('bad-input', `the path does not begin with ${prefix}`);
  const query = target.indexOf('?');
  const encoded = target.slice(prefix.length, query < 0 ? undefined : query);
  if (encoded.length > MAX_ENCODED_LENGTH) throw new SluiceError('bad-input', 'the id is too long');
  let id: string;
  try {
    id = decodeURIComponent(encoded);
  } catch (cause) {
    throw new SluiceError('bad-input', 'the id is not percent-encoded UTF-8', { cause });
  }
  if (!isObjectId(id)) throw new SluiceError('bad-input', 'no object can have this id');
  return id;
}
