// Programs that we did not write, as clients of the gateway.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export type ProgramEnd = {
  readonly code: number | null;
  /** Of what it wrote to its standard output: how much, and the SHA-256 in hex. */
  readonly outBytes: number;
  readonly outSha256: string;
  readonly complaints: string;
};

/** Runs a program to its end. */
export async function runProgram(command: string, args: readonly string[]): Promise<ProgramEnd> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const hash = createHash('sha256');
  let outBytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    outBytes += chunk.length;
    hash.update(chunk);
  });
  const [[code], complaints] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  return { code: code as number | null, outBytes, outSha256: hash.digest('hex'), complaints };
}
