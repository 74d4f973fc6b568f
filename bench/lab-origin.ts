// The lab's origin as a process of its own, plain and with TLS 1.3: the stand-in where nginx is not installed. It asks
// for no signature, since most of the proxies give none.
//   node lab-origin.ts FOLDER PLAIN_PORT TLS_PORT KEY_FILE CERTIFICATE_FILE
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startOrigin } from '../src/lab/origin/origin.ts';
import { BUCKET } from './object.ts';

const [folder = '', plainPort, tlsPort, keyFile = '', certificateFile = ''] = process.argv.slice(2);
const common = { credentials: undefined, buckets: { [BUCKET]: { folder: join(folder, BUCKET) } } };
const tls = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) };

await startOrigin({ ...common, port: Number(tlsPort), tls });
// Last, since its port is the one that is waited for.
await startOrigin({ ...common, port: Number(plainPort) });
