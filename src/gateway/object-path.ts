// From the target of a request to the id of an object.
import { SluiceError } from '../errors.ts';
import { MAX_OBJECT_ID_BYTES, isObjectId } from '../catalog/object-id.ts';

export const DATA_PREFIX = '/data/';

/** Three characters for each byte, should all of them be percent-encoded. */
const MAX_ENCODED_LENGTH = 3 * MAX_OBJECT_ID_BYTES;

/** The id that `target` (`/data/{id}`, as it came, with or without a query) asks for. Throws `bad-input`. */
export function parseObjectPath(target: string): string {
  const query = target.indexOf('?');
  const encoded = target.slice(DATA_PREFIX.length, query < 0 ? undefined : query);
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
