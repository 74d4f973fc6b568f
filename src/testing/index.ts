// The public entry `sluice/testing`: the suite that holds any source to the contract, and doubles for tests of what
// stands on a source. Everything here is for tests; nothing of it runs in a gateway.
export { establishedConnections } from './established-connections.ts';
export { FAULTS } from './faults.ts';
export type { Fault } from './faults.ts';
export { ModelStore } from './model-store.ts';
export { patternBytes } from './pattern.ts';
export { ScriptedBody } from './scripted-body.ts';
export { ScriptedSource } from './scripted-source.ts';
export { describeSourceContract } from './source-contract.ts';
export type { SourceContractOptions } from './source-contract.ts';
export { CAPABILITIES } from './source-harness.ts';
export type { Capabilities, Capability, HarnessWith, PlacedObject, SourceHarness } from './source-harness.ts';
