/**
 * A service's process for the tests: registers one instance and stays. Arguments: connect string, service, instance,
 * port. Prints `starting` right before it registers and `registered` when it stands, each with the Unix time in ms.
 */
import { createRegistrantKey, registerInstance, serializeInstance, ZkSession } from '../../src/index.ts';

const [connectString = '', service = '', instance = '', port = ''] = process.argv.slice(2);
const session = new ZkSession({ connectString, sessionTimeoutMs: 4000 });
const instanceKey = createRegistrantKey();
const data = serializeInstance({ address: `127.0.0.1:${port}`, instanceKey });
const registration = registerInstance(session, { service, instance, data, instanceKey });
console.log(`starting ${Date.now()}`);
await session.start();
await registration.start();
console.log(`registered ${Date.now()}`);
