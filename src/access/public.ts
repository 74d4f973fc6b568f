// The policy `access: public`: everybody may have everything in the catalog, and it has to be said in the config.
import type { Access, Decision } from './access.ts';

const EVERYBODY: Decision = {
  kind: 'known',
  principal: { name: 'anonymous', isAdmin: false, mayRead: () => true },
};

export function createPublicAccess(): Access {
  return { decide: () => EVERYBODY };
}
