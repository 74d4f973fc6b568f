// A worker's side: it serves what it is told to until it is told to stop. Signals are its parent's business: a terminal
// or a service manager sends them to every process, and one wish is to be heard once.
import { promisify } from 'node:util';
import { SluiceError } from '../errors.ts';
import type { ServeConfig } from './config.ts';
import { INTERRUPTED_EXIT_CODE, STOP_SIGNALS } from './interrupt.ts';
import { runGateway } from './run-gateway.ts';
import { createServeLog } from './serve-log.ts';
import { toFailure } from './workers-message.ts';
import type { FromWorker, ToWorker } from './workers-message.ts';

/** Resolves when it has stopped in order: because its parent wants it to, or because there is no parent any more. */
export async function runWorker(index: number): Promise<void> {
  if (!process.connected) throw new SluiceError('bad-input', '--worker is for the processes that --workers starts');
  const stop = new AbortController();
  const begun = Promise.withResolvers<ServeConfig>();
  const onMessage = (message: ToWorker) => {
    if (message.kind === 'begin') begun.resolve(message.config);
    else stop.abort();
  };
  const onDisconnect = () => {
    begun.reject(new SluiceError('closed', 'the process that started this worker has ended'));
    stop.abort();
  };
  // Without a parent it is the one that is meant, and it is stopping already.
  const onSignal = () => {
    if (!process.connected) process.exit(INTERRUPTED_EXIT_CODE);
  };
  process.on('message', onMessage).on('disconnect', onDisconnect);
  for (const name of STOP_SIGNALS) process.on(name, onSignal);
  try {
    await serve(await begun.promise, { index, stop: stop.signal });
  } finally {
    process.off('message', onMessage).off('disconnect', onDisconnect);
    for (const name of STOP_SIGNALS) process.off(name, onSignal);
    if (process.connected) process.disconnect?.();
  }
}

type ServeOptions = { readonly index: number; readonly stop: AbortSignal };

async function serve(config: ServeConfig, { index, stop }: ServeOptions): Promise<void> {
  const log = createServeLog(config.log, { isShared: true, worker: index });
  let isReady = false;
  const onReady = (url: string) => {
    isReady = true;
    void tell({ kind: 'ready', url });
  };
  try {
    await runGateway({ config, log, onReady, worker: index }, stop);
  } catch (error) {
    if (isReady || !process.connected) throw error;
    process.exitCode = 1;
    await tell({ kind: 'failed', failure: toFailure(error) });
  }
}

/** Resolves when it has left, or when nobody is there to hear it. */
async function tell(message: FromWorker): Promise<void> {
  if (!process.connected) return;
  const send = promisify((text: FromWorker, sent: (error: Error | null) => void) => process.send!(text, sent));
  await send(message).catch(() => {});
}
