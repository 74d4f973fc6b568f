// Reads `struct tcp_info` of the kernel's include/uapi/linux/tcp.h, as far as it is of use here. The kernel only ever
// appends to it, and returns as much as it knows: a field that lies beyond what came is one that it does not have.
//
//   at 0, 8 × __u8: tcpi_state … tcpi_snd_wscale and the bit fields
//   at 8, 24 × __u32: tcpi_rto … tcpi_total_retrans
//   at 104, 4 × __u64: tcpi_pacing_rate, tcpi_max_pacing_rate, tcpi_bytes_acked, tcpi_bytes_received
//   at 136, 4 × __u32: tcpi_segs_out, tcpi_segs_in, tcpi_notsent_bytes, tcpi_min_rtt

/** `TCP_INFO` of the same file: the option that reads it. */
export const TCP_INFO = 11;

/** Up to and with the last field that is read: less to copy than the whole, and no less to learn. */
export const TCP_INFO_BYTES = 152;

/** `tcpi_bytes_acked`, a __u64: since Linux 4.1. */
const BYTES_ACKED = { start: 120, end: 128 };
/** `tcpi_min_rtt`, a __u32, in microseconds: since Linux 4.6. */
const MIN_RTT = { start: 148, end: 152 };

/** Until there is a first sample. */
const NO_RTT = 0xffff_ffff;

/** What the peer has acknowledged since the connection began. `filledBytes`: how much of `info` the kernel filled. */
export function readAckedBytes(info: DataView, filledBytes: number): number | undefined {
  if (filledBytes < BYTES_ACKED.end) return undefined;
  return Number(info.getBigUint64(BYTES_ACKED.start, true));
}

/** The smallest round trip the kernel has seen, in milliseconds. */
export function readMinRoundTripMs(info: DataView, filledBytes: number): number | undefined {
  if (filledBytes < MIN_RTT.end) return undefined;
  const us = info.getUint32(MIN_RTT.start, true);
  return us === 0 || us === NO_RTT ? undefined : us / 1000;
}
