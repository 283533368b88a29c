// Registers and does nothing more: nothing of the client may keep this process alive. Arguments: JSON of the options.
import { register } from '@pulsekeeper/client';
import { Registry } from 'prom-client';

const options = JSON.parse(process.argv[2] ?? '{}');
const service = await register({ service: 'shop', instance: 'a', metrics: new Registry(), ...options });
console.log(service.state.kind);
