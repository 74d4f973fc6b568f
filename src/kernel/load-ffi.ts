// Fetches `node:ffi`, which Node marks as experimental: the first load in a thread warns of it. Whoever reads the
// terminal can do nothing about that, so this one warning, during this one load, is dropped.
import type * as NodeFfi from 'node:ffi';

/**
 * `node:ffi`, or `undefined` where there is none: an older Node, one built or started without it, another runtime.
 * Loading is synchronous: nobody else's warning can come in between, and any that Node itself adds is passed on.
 */
export function loadFfi(): typeof NodeFfi | undefined {
  const emitWarning = Reflect.get(process, 'emitWarning');
  process.emitWarning = (...args: unknown[]) => {
    if (!isAboutFfi(args)) Reflect.apply(emitWarning, process, args);
  };
  try {
    return process.getBuiltinModule?.('node:ffi');
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** As Node calls it: `emitWarning('FFI is an experimental feature and …', 'ExperimentalWarning')`. */
function isAboutFfi([warning, type]: readonly unknown[]): boolean {
  return type === 'ExperimentalWarning' && typeof warning === 'string' && warning.startsWith('FFI is an experimental');
}
