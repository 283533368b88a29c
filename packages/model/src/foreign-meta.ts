import { newLabelSet, type LabelSet } from './labels.ts';
import { MAX_ENTRIES } from './rule-field.ts';
import type { ForeignKind } from './foreign-source.ts';
import { hasUnsafeCharacter } from './show-value.ts';
import { ownFields, type OwnFields } from './znode-json.ts';

const MAX_META_LENGTH = 1024;
const NOT_OF_A_LABEL = /[^a-zA-Z0-9_]/g;

/**
 * What relabelling may look at, under the names that Prometheus gives it where it has any: `__meta_serverset_status` and so
 * on. Only texts, numbers and truth values; what is longer than 1,024 characters or has control characters is left out.
 */
export function foreignMeta(kind: ForeignKind, path: string, fields: OwnFields): LabelSet {
  switch (kind) {
    case 'serverset':
      return toLabels('__meta_serverset_', { path, ...memberMeta(fields) });
    case 'nerve': {
      const { host, port, name } = fields;
      return toLabels('__meta_nerve_', { path, endpoint_host: host, endpoint_port: port, endpoint_name: name });
    }
    case 'curator':
      return toLabels('__meta_curator_', {
        path,
        id: fields['id'],
        name: fields['name'],
        port: fields['port'],
        ssl_port: fields['sslPort'],
        service_type: fields['serviceType'],
        enabled: fields['enabled'],
      });
  }
}

function memberMeta({ serviceEndpoint, additionalEndpoints, status, shard }: OwnFields): Record<string, unknown> {
  const service = ownFields(serviceEndpoint);
  const meta: Record<string, unknown> = {
    status,
    shard,
    endpoint_host: service?.['host'],
    endpoint_port: service?.['port'],
  };
  for (const [name, endpoint] of Object.entries(ownFields(additionalEndpoints) ?? {}).slice(0, MAX_ENTRIES)) {
    const parts = ownFields(endpoint);
    const suffix = name.slice(0, MAX_META_LENGTH).replace(NOT_OF_A_LABEL, '_');
    meta[`endpoint_host_${suffix}`] = parts?.['host'];
    meta[`endpoint_port_${suffix}`] = parts?.['port'];
  }
  return meta;
}

function toLabels(prefix: string, values: Readonly<Record<string, unknown>>): LabelSet {
  const labels = newLabelSet();
  for (const [name, value] of Object.entries(values)) {
    const isShown = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    const text = isShown ? String(value) : '';
    if (text !== '' && text.length <= MAX_META_LENGTH && !hasUnsafeCharacter(text)) labels[prefix + name] = text;
  }
  return labels;
}
