// The policy `access: public`: everybody may have everything in the catalog, and it has to be said in the config.
import type { Access } from './access.ts';

export function createPublicAccess(): Access {
  return { decide: () => ({ kind: 'allow', principal: 'anonymous' }) };
}
