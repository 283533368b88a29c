import type { Logger } from '@pulsekeeper/model';

import { CollectorError } from '../errors.ts';
import { ScrapeError } from '../scrape/scrape-error.ts';
import type { TargetAccess } from '../scrape/target-connection.ts';
import { loadProfiles } from './load-profiles.ts';
import type { Profile } from './profile.ts';
import { lookAtFile, type SecretFile } from './secret-files.ts';
import { SpecError } from './spec-reader.ts';

/** Settings of {@link CredentialStore}. */
export interface CredentialStoreOptions {
  /** Path of the credentials file; without one there are no profiles. */
  readonly file: string | undefined;
  /** Makes what connections with a profile need; called once for each content of a profile. */
  readonly accessOf: (profile: Profile) => TargetAccess;
  readonly logger: Logger;
  /** How often the files are looked at. Only those that changed are read again. @defaultValue 5_000 */
  readonly lookEveryMs?: number | undefined;
}

/** Who wants credentials, and for where. */
export interface AccessQuestion {
  /** The profile that the rule names. */
  readonly profile: string;
  readonly service: string;
  /** Of the URL: lower case, IPv6 without brackets. */
  readonly host: string;
}

/** A profile in use. */
interface Usable {
  readonly profile: Profile;
  readonly access: TargetAccess;
}

const LOOK_EVERY_MS = 5_000;

/**
 * The profiles of credentials of this collector. The files behind them are looked at now and then; what cannot be read
 * leaves the last good content of that profile in force, is logged once and counted.
 */
export class CredentialStore {
  readonly #options: CredentialStoreOptions;
  readonly #usable = new Map<string, Usable>();
  #problems: ReadonlyMap<string, string> = new Map();
  #files: readonly SecretFile[] = [];
  #exposed: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> | undefined;

  constructor(options: CredentialStoreOptions) {
    this.#options = options;
  }

  /** Profiles, and the file itself, that could not be read at the last look. */
  get problemCount(): number {
    return this.#problems.size;
  }

  /** Reads the files. @throws CollectorError `InvalidConfig` when the credentials file itself is no good. */
  async start(): Promise<void> {
    const { file, lookEveryMs = LOOK_EVERY_MS } = this.#options;
    if (file === undefined) return;
    try {
      await this.#load(file);
    } catch (cause) {
      if (!(cause instanceof SpecError)) throw cause;
      throw new CollectorError('InvalidConfig', `credentialsFile: ${cause.message}`, { cause });
    }
    this.#timer = setInterval(() => void this.refresh(), lookEveryMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks whether any file changed, and reads them again if so. Never rejects; calls at the same time share one look. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  /**
   * What a request to a target needs, the same object while the profile stays the same; or why the target gets no
   * credentials, with the reason `credentials`.
   */
  accessTo({ profile: name, service, host }: AccessQuestion): TargetAccess | ScrapeError {
    const usable = this.#usable.get(name);
    if (usable === undefined) return new ScrapeError('credentials', this.#whyNot(name));
    const { binding, services, proxy } = usable.profile;
    if (services?.has(service) === false) {
      return new ScrapeError('credentials', `the profile ${name} is not for the service ${service}`);
    }
    const bound = binding.bindingOf(host);
    if (bound === 'unbound') {
      return new ScrapeError('credentials', `the profile ${name} is not bound to the host ${host}`);
    }
    if (bound === 'by address' && proxy !== undefined) {
      const message = `the profile ${name} is not bound to the name ${host}, whose address its proxy alone looks up`;
      return new ScrapeError('credentials', message);
    }
    return usable.access;
  }

  #whyNot(name: string): string {
    const problem = this.#problems.get(name);
    if (problem !== undefined) return `the profile ${name} cannot be used: ${problem}`;
    return this.#options.file === undefined
      ? `there is no profile ${name}: this collector has no credentials file`
      : `there is no profile ${name} in the credentials file`;
  }

  async #refresh(): Promise<void> {
    const { file, logger } = this.#options;
    if (file === undefined) return;
    const looks = await Promise.all(this.#files.map(({ path }) => lookAtFile(path)));
    const isSame = looks.every(({ signature }, index) => signature === this.#files[index]?.signature);
    if (isSame) return;
    try {
      await this.#load(file);
    } catch (error) {
      // As they were found: the file is read again once it changes once more.
      this.#files = looks;
      this.#note(new Map([[file, error instanceof Error ? error.message : String(error)]]));
      return;
    }
    logger.info({ profiles: this.#usable.size }, 'credentials were read again');
  }

  async #load(file: string): Promise<void> {
    const { accessOf, logger } = this.#options;
    const { profiles, files, exposedFiles } = await loadProfiles(file);
    const problems = new Map<string, string>();
    for (const name of this.#usable.keys()) if (!profiles.has(name)) this.#usable.delete(name);
    for (const [name, profile] of profiles) {
      if (profile instanceof SpecError) {
        problems.set(name, profile.message);
      } else if (this.#usable.get(name)?.profile.fingerprint !== profile.fingerprint) {
        this.#usable.set(name, { profile, access: accessOf(profile) });
      }
    }
    this.#files = files;
    this.#note(problems);
    for (const path of exposedFiles) {
      if (!this.#exposed.has(path)) logger.warn({ path }, 'others on this machine may read a file with credentials');
    }
    this.#exposed = new Set(exposedFiles);
  }

  #note(problems: ReadonlyMap<string, string>): void {
    for (const [profile, problem] of problems) {
      if (this.#problems.get(profile) !== problem) {
        const isStillUsable = this.#usable.has(profile);
        this.#options.logger.warn({ profile, problem, isStillUsable }, 'credentials cannot be read');
      }
    }
    this.#problems = problems;
  }
}
