// What `import … from 'sluice'` gives: sending objects from a server of one's own, the sources to send them from,
// and the contract for writing another source. test/e2e/package.test.ts holds the list still.
export { SluiceError, isSluiceError } from './errors.ts';
export type { ErrorCode } from './errors.ts';
export { sendObject } from './gateway/send-object.ts';
export type { SendObjectOptions, Transfer } from './gateway/send-object.ts';
export type { Representation } from './gateway/plan.ts';
export { createEngine } from './flow/engine.ts';
export type { Engine, EngineOptions } from './flow/engine.ts';
export type { Outcome } from './flow/flow.ts';
export { createFileSource } from './source/file.ts';
export { hedged } from './source/hedge.ts';
export type { HedgedOptions, HedgedSource } from './source/hedge.ts';
export { createMemorySource } from './source/memory.ts';
export { resumed } from './source/resume.ts';
export type { Interruption, ResumeOptions } from './source/resume.ts';
export { createS3Source } from './source/s3.ts';
export type { S3Source, S3SourceOptions } from './source/s3.ts';
export type {
  Body,
  ByteRange,
  Chunk,
  ListRequest,
  ListedObject,
  ObjectName,
  OpenRequest,
  Source,
  Stat,
  Version,
} from './source/source.ts';
export { SlabPool } from './wire/slab-pool.ts';
