// What single principals may have, in its store.
import type { PrincipalQuota, QuotaStore } from '../limits/quota-store.ts';
import type { Admin } from './admin.ts';
import { checkHere, toPage } from './direct-terms.ts';
import { limitOf } from './schemas.ts';
import type { PrincipalQuotaData } from './schemas.ts';

export function createQuotaAdmin(store: QuotaStore): Pick<Admin, 'quotas' | 'putQuota' | 'removeQuota'> {
  return {
    async quotas(query) {
      const limit = limitOf(query);
      const found = await store.list({ after: query.after, limit: limit + 1 });
      const { items, ...rest } = toPage(found, { limit, nameOf: ({ principal }) => principal });
      return { items: items.map(toQuotaData), ...rest };
    },

    async putQuota(principal, quota, { signal }) {
      const before = await store.find(principal);
      checkHere(signal);
      await store.put(principal, quota);
      return { ...toQuotaData({ principal, ...quota }), isNew: before === undefined };
    },

    removeQuota: (principal) => store.remove(principal),
  };
}

function toQuotaData({ principal, transfers, bytesPerSecond, bytesPerDay }: PrincipalQuota): PrincipalQuotaData {
  return {
    principal,
    ...(transfers === undefined ? {} : { transfers }),
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    ...(bytesPerDay === undefined ? {} : { bytesPerDay }),
  };
}
