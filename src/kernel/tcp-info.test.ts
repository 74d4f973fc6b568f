// The layout of `struct tcp_info`, counted from its fields as the kernel declares them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAckedBytes, readMinRoundTripMs, TCP_INFO_BYTES } from './tcp-info.ts';

/** In the order of include/uapi/linux/tcp.h, with their sizes; each lies at a multiple of its size. */
const BYTES =
  'state ca_state retransmits probes backoff options wscales delivery_rate_app_limited_and_fastopen_client_fail';
const WORDS =
  'rto ato snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent last_ack_sent last_data_recv ' +
  'last_ack_recv pmtu rcv_ssthresh rtt rttvar snd_ssthresh snd_cwnd advmss reordering rcv_rtt rcv_space total_retrans';
const LONGS = 'pacing_rate max_pacing_rate bytes_acked bytes_received';
const LAST_WORDS = 'segs_out segs_in notsent_bytes min_rtt';

const starts = new Map<string, number>();
let endBytes = 0;
for (const [names, size] of [
  [BYTES, 1],
  [WORDS, 4],
  [LONGS, 8],
  [LAST_WORDS, 4],
] as const) {
  for (const name of names.split(' ')) {
    assert.equal(endBytes % size, 0, `${name} should need no padding before it`);
    starts.set(name, endBytes);
    endBytes += size;
  }
}

test('each field is read where it is', () => {
  assert.equal(TCP_INFO_BYTES, endBytes);
  const info = new DataView(new ArrayBuffer(TCP_INFO_BYTES));
  info.setBigUint64(starts.get('bytes_acked')!, 500_000_000_001n, true);
  info.setUint32(starts.get('min_rtt')!, 1_250, true);
  assert.equal(readAckedBytes(info, TCP_INFO_BYTES), 500_000_000_001);
  assert.equal(readMinRoundTripMs(info, TCP_INFO_BYTES), 1.25);
});

test('a field that an older kernel does not have is not told, whatever lies there', () => {
  const info = new DataView(new Uint8Array(TCP_INFO_BYTES).fill(1).buffer);
  const ackedEnd = starts.get('bytes_acked')! + 8;
  assert.equal(readAckedBytes(info, ackedEnd - 1), undefined);
  assert.notEqual(readAckedBytes(info, ackedEnd), undefined);
  assert.equal(readMinRoundTripMs(info, ackedEnd), undefined);
  assert.equal(readMinRoundTripMs(info, TCP_INFO_BYTES - 1), undefined);
  assert.notEqual(readMinRoundTripMs(info, TCP_INFO_BYTES), undefined);
});

test('there is no round trip before the first sample', () => {
  const info = new DataView(new ArrayBuffer(TCP_INFO_BYTES));
  for (const none of [0, 0xffff_ffff]) {
    info.setUint32(starts.get('min_rtt')!, none, true);
    assert.equal(readMinRoundTripMs(info, TCP_INFO_BYTES), undefined);
  }
});
