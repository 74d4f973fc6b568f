// Addresses of clients, as far as access looks at them: which are one neighbour to it, and which are within a prefix.
import { BlockList, isIP, isIPv4 } from 'node:net';

/** An IPv6 address that is an IPv4 one (RFC 4291 §2.5.5.2), as a socket that listens for both tells it. */
const MAPPED = /^::ffff:(?=\d+\.)/i;

/** Groups of 16 bits that one customer of a network provider is given in IPv6 (RFC 6177): any of 2^64 addresses. */
const NEIGHBOUR_GROUPS = 4;

/**
 * What counts as one neighbour: an IPv4 address, or the /64 of an IPv6 address. Whatever is no address is one of its
 * own, all together.
 */
export function toNeighbour(remoteAddress: string | undefined): string {
  const address = unmap(remoteAddress);
  if (address === undefined) return 'unknown';
  if (isIPv4(address)) return address;
  const [head = '', tail = ''] = address.replace(/[\d.]+\.[\d.]+$/, '0:0').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const groups = [...before, ...zeros, ...after].slice(0, NEIGHBOUR_GROUPS);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

export type AddressPrefix = { readonly includes: (remoteAddress: string | undefined) => boolean };

/** Of an address or a prefix, as in `192.0.2.0/24` and `2001:db8::/32`; `undefined` for what is neither. */
export function parsePrefix(text: string): AddressPrefix | undefined {
  const [, network = '', bits] = /^([\d.a-f:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const version = isIP(network);
  const width = version === 4 ? 32 : 128;
  const length = bits === undefined ? width : Number(bits);
  if (version === 0 || length > width) return undefined;
  const list = new BlockList();
  list.addSubnet(network, length, toFamily(network));
  return {
    includes: (remoteAddress) => {
      const address = unmap(remoteAddress);
      return address !== undefined && list.check(address, toFamily(address));
    },
  };
}

function toFamily(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

/** Without the zone of a link-local address (`%eth0`). */
function unmap(remoteAddress: string | undefined): string | undefined {
  const address = remoteAddress?.replace(MAPPED, '').replace(/%.*$/s, '');
  return address !== undefined && isIP(address) !== 0 ? address : undefined;
}
