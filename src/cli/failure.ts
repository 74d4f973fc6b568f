// How a command fails: one line on stderr for each thing that is wrong, and an exit code that a script can use.
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { isSluiceError, SluiceError } from '../errors.ts';
import { INTERRUPTED_EXIT_CODE } from './interrupt.ts';

const FAILURE = 1;
/** The arguments, the configuration or a named file are wrong: trying again does not help. */
const BAD_USAGE = 2;

export type ReportOptions = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stderr: { readonly write: (text: string) => unknown };
};

/** Says on stderr what went wrong and gives the exit code. With SLUICE_DEBUG set it shows where, too. */
export function reportFailure(error: unknown, { environment, stderr }: ReportOptions): number {
  // Commander has written its message, or the help that was asked for, by itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_USAGE;
  stderr.write(`${describeFailure(error)}\n`);
  if (environment['SLUICE_DEBUG']) stderr.write(`${inspect(error)}\n`);
  if (isSluiceError(error, 'closed')) return INTERRUPTED_EXIT_CODE;
  return isSluiceError(error, 'bad-config', 'bad-input') ? BAD_USAGE : FAILURE;
}

function describeFailure(error: unknown): string {
  // These lines begin with their file and line already, as editors and terminals know to follow.
  if (isSluiceError(error, 'bad-config')) return error.message;
  if (error instanceof SluiceError) return `sluice: ${oneLine(error.message)}`;
  const text = error instanceof Error ? error.message : String(error);
  return `sluice: an unexpected failure: ${oneLine(text)} (with SLUICE_DEBUG=1 it shows where)`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, '; ');
}
