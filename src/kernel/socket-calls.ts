// The door to the system: three calls of the C library on a descriptor, and nothing else. All memory that the kernel
// writes to is made here or handed in whole, and each call says how much of it there is. A call that fails changes
// nothing and is told by its result. The calls are synchronous, and as quick as the kernel's own.
import type * as NodeFfi from 'node:ffi';
import { loadFfi } from './load-ffi.ts';

export type SocketCalls = {
  /** ioctl(2) with a request that answers with one int; `undefined` when it fails. */
  readInt(descriptor: number, request: bigint): number | undefined;
  /** getsockopt(2) of an option of TCP's; how many bytes of `room` it filled, `undefined` when it fails. */
  readTcpOption(descriptor: number, option: number, room: ArrayBuffer): number | undefined;
  /** setsockopt(2) of an option of TCP's that is one int; whether the kernel took it. */
  writeTcpOption(descriptor: number, option: number, value: number): boolean;
};

/** Where we run, as far as it matters here. Tests hand in others. */
export type System = {
  readonly platform: string;
  readonly arch: string;
  readonly loadFfi: () => Pick<typeof NodeFfi, 'dlopen'> | undefined;
};

const THIS_SYSTEM: System = { platform: process.platform, arch: process.arch, loadFfi };

/**
 * Where the numbers of requests and options used here hold (the kernel's include/uapi/asm-generic) and the three
 * calls, one of them variadic, take their arguments in 64-bit registers like any other function's.
 */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

/** As glibc and musl declare them; musl's request is an int, and takes the lower half of the same register. */
const SIGNATURES = {
  ioctl: { arguments: ['int32', 'uint64', 'arraybuffer'], return: 'int32' },
  getsockopt: { arguments: ['int32', 'int32', 'int32', 'arraybuffer', 'arraybuffer'], return: 'int32' },
  setsockopt: { arguments: ['int32', 'int32', 'int32', 'arraybuffer', 'uint32'], return: 'int32' },
} as const;

type LibC = NodeFfi.WrappedFunctionsFromDefinitions<typeof SIGNATURES>;

/** `IPPROTO_TCP` of include/uapi/linux/in.h: the level at which TCP's own options are. */
const TCP_LEVEL = 6;
const INT_BYTES = 4;
const NO_DESCRIPTOR = -1;

/** Opens the calls, or says why there are none. Never throws. */
export function openSocketCalls(system: System = THIS_SYSTEM): { calls: SocketCalls } | { reason: string } {
  const { platform, arch } = system;
  if (platform !== 'linux') return { reason: `only Linux tells of its sockets, and this is ${platform}` };
  if (!ARCHITECTURES.includes(arch)) {
    return { reason: `the system's calls are known for ${ARCHITECTURES.join(' and ')}, and this is ${arch}` };
  }
  try {
    const ffi = system.loadFfi();
    if (!ffi) return { reason: 'this runtime has no node:ffi' };
    // No name: the C library that the process runs on already, glibc or musl, so that no foreign code is ever loaded.
    const { functions } = ffi.dlopen(null, SIGNATURES);
    const calls = toSocketCalls(functions);
    return refusesNoDescriptor(calls) ? { calls } : { reason: 'the system accepts a descriptor that does not exist' };
  } catch (error) {
    return { reason: `node:ffi cannot be used: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function toSocketCalls(libc: LibC): SocketCalls {
  // Buffers of their own, and not small typed arrays, whose bytes the garbage collector may move.
  const int = new Int32Array(new ArrayBuffer(INT_BYTES));
  const length = new Uint32Array(new ArrayBuffer(INT_BYTES));
  return {
    readInt(descriptor, request) {
      const result = libc.ioctl(descriptor, request, int.buffer);
      return result === 0 ? int[0] : undefined;
    },
    readTcpOption(descriptor, option, room) {
      length[0] = room.byteLength;
      const result = libc.getsockopt(descriptor, TCP_LEVEL, option, room, length.buffer);
      return result === 0 ? length[0] : undefined;
    },
    writeTcpOption(descriptor, option, value) {
      int[0] = value;
      return libc.setsockopt(descriptor, TCP_LEVEL, option, int.buffer, INT_BYTES) === 0;
    },
  };
}

/** The test of the calls themselves: each must come back, and say that this is no descriptor (EBADF). */
function refusesNoDescriptor(calls: SocketCalls): boolean {
  return (
    calls.readInt(NO_DESCRIPTOR, 0n) === undefined &&
    calls.readTcpOption(NO_DESCRIPTOR, 0, new ArrayBuffer(INT_BYTES)) === undefined &&
    !calls.writeTcpOption(NO_DESCRIPTOR, 0, 0)
  );
}
