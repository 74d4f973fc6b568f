// The limits of a gateway that was given none: everybody may have all that there is.
import type { Limits, Permit } from '../limits/limits.ts';

const UNLIMITED: Permit = { kind: 'permit', pace: undefined, standings: [], end: () => {} };

export const NO_LIMITS: Limits = { begin: () => UNLIMITED };
