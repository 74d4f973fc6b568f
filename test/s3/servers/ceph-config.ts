// The configuration of a one-node Ceph: one monitor, one store in a file, one RADOS Gateway (the S3 protocol).

export type CephPorts = { readonly monV2: number; readonly monV1: number; readonly gateway: number };

/** The store is a sparse file: it takes the room of what is in it, and may hold this much. */
const STORE_BYTES = 16 * 2 ** 30;

/** The keys of `cephx`, by who bears them: what each may do. With authentication off, the gateway hangs at its start. */
export const CEPH_KEYS = {
  'mon.': { mon: 'allow *' },
  'client.admin': { mon: 'allow *', osd: 'allow *', mgr: 'allow *' },
  'osd.0': { mon: 'allow profile osd', osd: 'allow *' },
  'client.rgw': { mon: 'allow *', osd: 'allow *' },
} as const;

export const CEPH_CREDENTIALS = { accessKeyId: 'labaccess', secretAccessKey: 'lab/secret+key' };

export function toCephConfig(
  folder: string,
  { fsid, ports }: { readonly fsid: string; readonly ports: CephPorts },
): string {
  return `[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${ports.monV2},v1:127.0.0.1:${ports.monV1}]
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
keyring = ${folder}/keyring
run dir = ${folder}/run
admin socket = ${folder}/run/$name.asok
crash dir = ${folder}/crash
log to file = false
log to stderr = true
err to stderr = true
mon cluster log to file = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000

[mon]
mon data = ${folder}/mon
mon data avail crit = 1

[osd]
osd data = ${folder}/osd
osd objectstore = bluestore
osd memory target = 1073741824
bluestore block create = true
bluestore block size = ${STORE_BYTES}
osd class load list = *
osd class default list = *

[client.rgw]
rgw data = ${folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:${ports.gateway}
rgw thread pool size = 64
rgw enable usage log = false
`;
}
