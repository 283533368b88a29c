import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { parseDocument } from 'yaml';

import { makeProfile, type Profile } from './profile.ts';
import { readProfileSpecs, type ProfileSpec } from './profile-spec.ts';
import { lookAtFile, readSecretFile, sourcesOf, withAbsolutePaths, type SecretFile } from './secret-files.ts';
import { SpecError } from './spec-reader.ts';

/** What a reading of the credentials file gave. */
export interface LoadedProfiles {
  /** Profiles by name, or why one cannot be used. */
  readonly profiles: ReadonlyMap<string, Profile | SpecError>;
  /** Every file that was read; when none has changed there is nothing new to read. */
  readonly files: readonly SecretFile[];
  /** Files with secrets that others on the machine may read. */
  readonly exposedFiles: readonly string[];
}

/**
 * Reads the credentials file and all files that it names.
 *
 * @throws SpecError when the file itself cannot be read or makes no sense. A profile whose own files cannot be read is
 * among the profiles as an error: the others are not to suffer from it.
 */
export async function loadProfiles(credentialsFile: string): Promise<LoadedProfiles> {
  const path = resolve(credentialsFile);
  const file = await lookAtFile(path);
  const specs = parseSpecs(await readText(path), path).map((spec) => withAbsolutePaths(spec, path));
  const sources = specs.flatMap(sourcesOf);
  const files = new Map([[path, file]]);
  const texts = new Map<string, string | SpecError>();
  for (const { source } of sources) {
    if (source.kind !== 'file' || files.has(source.path)) continue;
    // Looked at first: a change during the reading is then seen at the next look.
    files.set(source.path, await lookAtFile(source.path));
    texts.set(source.path, await readSecretFile(source.path).catch(asSpecError));
  }
  const profiles = new Map(specs.map((spec) => [spec.name, tryMakeProfile(spec, texts)]));
  return { profiles, files: [...files.values()], exposedFiles: exposedFiles(file, sources, files) };
}

function exposedFiles(
  credentialsFile: SecretFile,
  sources: ReturnType<typeof sourcesOf>,
  files: ReadonlyMap<string, SecretFile>,
): string[] {
  const exposed = new Set<string>();
  for (const { source, isSecret } of sources) {
    const file = source.kind === 'file' ? files.get(source.path) : credentialsFile;
    if (isSecret && file?.isReadableByOthers === true) exposed.add(file.path);
  }
  return [...exposed];
}

function tryMakeProfile(spec: ProfileSpec, texts: ReadonlyMap<string, string | SpecError>): Profile | SpecError {
  try {
    return makeProfile(spec, (source) => {
      const text = source.kind === 'inline' ? source.text : texts.get(source.path);
      if (typeof text !== 'string') throw text ?? new SpecError(spec.name, 'was not read');
      return text;
    });
  } catch (error) {
    return asSpecError(error);
  }
}

function parseSpecs(text: string, path: string): ProfileSpec[] {
  // The parser's own messages quote the lines around a mistake, which may be secrets.
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  const [mistake] = document.errors;
  if (mistake !== undefined) {
    const line = text.slice(0, mistake.pos[0]).split('\n').length;
    throw new SpecError(path, `line ${line} is not YAML (${mistake.code})`);
  }
  try {
    return readProfileSpecs(toJS(document));
  } catch (error) {
    throw new SpecError(path, asSpecError(error).message);
  }
}

/** The parser's messages name the alias, which may be a secret that begins with an asterisk. */
function toJS(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new SpecError('', 'an alias (*name) has no anchor (&name) before it, or there are too many');
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    throw new SpecError(path, `cannot be read: ${typeof code === 'string' ? code : 'unknown error'}`);
  }
}

function asSpecError(error: unknown): SpecError {
  return error instanceof SpecError
    ? error
    : new SpecError('', error instanceof Error ? error.message : 'unknown error');
}
