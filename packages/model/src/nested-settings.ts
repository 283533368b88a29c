/** Names within groups that are not the flat name cut at its capitals. */
const OWN_NESTED_NAMES: Readonly<Record<string, string>> = {
  'store.driver': 'store',
  'store.bufferBytes': 'buffer',
  'zookeeper.connectString': 'zookeeper',
};

/** A setting as a file of the collector or of `pulsekeeper` gives it. */
export interface FileSetting {
  /** The flat name that it stands for; not necessarily one of a setting that exists. */
  readonly name: string;
  /** As it is written, such as `store.spillPath`. */
  readonly path: string;
  readonly value: unknown;
}

/**
 * The settings of a file in which groups may be written as objects: `{"discovery": {"mode": "poll"}}` for
 * `{"discoveryMode": "poll"}`. Pure.
 *
 * @throws Error when a setting is given in both forms, with both
 */
export function flattenSettings(values: Readonly<Record<string, unknown>>): FileSetting[] {
  const found = new Map<string, FileSetting>();
  for (const [path, value] of leavesOf(values, '')) {
    const name = OWN_NESTED_NAMES[path] ?? toFlatName(path);
    const other = found.get(name);
    if (other !== undefined) throw new Error(`${other.path} and ${path} are the same setting; give one of them`);
    found.set(name, { name, path, value: path === 'store.bufferBytes' ? toByteSize(value) : value });
  }
  return [...found.values()];
}

function* leavesOf(
  values: Readonly<Record<string, unknown>>,
  prefix: string,
): Generator<[path: string, value: unknown]> {
  for (const [key, value] of Object.entries(values)) {
    if (isGroup(value)) yield* leavesOf(value, `${prefix}${key}.`);
    else yield [`${prefix}${key}`, value];
  }
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toFlatName(path: string): string {
  return path.replaceAll(/\.(.)/g, (_dot, letter: string) => letter.toUpperCase());
}

/** The nested name says bytes: a number of them is right there. */
function toByteSize(value: unknown): unknown {
  return typeof value === 'number' ? `${value}B` : value;
}
