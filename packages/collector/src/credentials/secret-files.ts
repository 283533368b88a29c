import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { ProfileSpec, SecretSource } from './profile-spec.ts';
import { SpecError } from './spec-reader.ts';

/** Certificates with their chains are a few kilobytes. */
const MAX_SECRET_BYTES = 256 * 1024;

/** Whoever else is on the machine may read the file. */
const READABLE_BY_OTHERS = 0o004;

/** A file with secrets as it was found. */
export interface SecretFile {
  readonly path: string;
  /** Changes whenever the file does, and whenever it cannot be looked at. */
  readonly signature: string;
  readonly isReadableByOthers: boolean;
}

/** Looks at a file without reading it. Links are followed, so one that is pointed elsewhere has changed. */
export async function lookAtFile(path: string): Promise<SecretFile> {
  try {
    const { mtimeNs, ctimeNs, size, ino, mode } = await stat(path, { bigint: true });
    const isReadableByOthers = (Number(mode) & READABLE_BY_OTHERS) !== 0;
    return { path, signature: `${ino} ${size} ${mtimeNs} ${ctimeNs}`, isReadableByOthers };
  } catch (error) {
    return { path, signature: codeOf(error), isReadableByOthers: false };
  }
}

/** Reads the secret of a file: its text without the line feed at its end. @throws SpecError */
export async function readSecretFile(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new SpecError(path, `cannot be read: ${codeOf(error)}`);
  }
  if (bytes.length > MAX_SECRET_BYTES) throw new SpecError(path, `has more than ${MAX_SECRET_BYTES} bytes`);
  const text = bytes.toString('utf8').replace(/\r?\n$/, '');
  if (text === '') throw new SpecError(path, 'is empty');
  return text;
}

/** A profile whose paths are absolute: they are relative to the credentials file. */
export function withAbsolutePaths(spec: ProfileSpec, credentialsFile: string): ProfileSpec {
  const folder = dirname(resolve(credentialsFile));
  const absolute = <T extends SecretSource | undefined>(source: T): T =>
    source?.kind === 'file' ? { ...source, path: resolve(folder, source.path) } : source;
  const { authorization, headers, tls, proxy } = spec;
  return {
    ...spec,
    authorization:
      authorization?.kind === 'basic'
        ? { ...authorization, password: absolute(authorization.password) }
        : authorization && { ...authorization, token: absolute(authorization.token) },
    headers: headers.map(([name, source]) => [name, absolute(source)] as const),
    tls: tls && { ...tls, cert: absolute(tls.cert), key: absolute(tls.key), ca: absolute(tls.ca) },
    proxy:
      proxy?.basic === undefined
        ? proxy
        : { ...proxy, basic: { ...proxy.basic, password: absolute(proxy.basic.password) } },
  };
}

/** Where everything of a profile comes from; certificates and authorities are no secrets. */
export function sourcesOf(spec: ProfileSpec): { source: SecretSource; isSecret: boolean }[] {
  const { authorization, headers, tls, proxy } = spec;
  const secrets = [
    authorization?.kind === 'basic' ? authorization.password : authorization?.token,
    ...headers.map(([, source]) => source),
    tls?.key,
    proxy?.basic?.password,
  ];
  return [
    ...secrets.flatMap((source) => (source === undefined ? [] : [{ source, isSecret: true }])),
    ...[tls?.cert, tls?.ca].flatMap((source) => (source === undefined ? [] : [{ source, isSecret: false }])),
  ];
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'unknown error';
}
