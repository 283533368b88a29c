/** Every `code` that an error of this package can carry. */
export type ModelErrorCode =
  | 'InvalidDuration'
  | 'InvalidByteSize'
  | 'InvalidName'
  | 'InvalidRegistration'
  | 'InvalidSelector'
  | 'InvalidSeriesKey'
  | 'Relabel';

/**
 * Base of all errors thrown by this package. They all mean that some input is wrong, so none of them is worth a retry.
 */
export class ModelError extends Error {
  /** Stable identification of the kind of mistake; compare this, not the message. */
  readonly code: ModelErrorCode;
  /** Always `false`: the same input fails again. */
  readonly retryable = false;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A text is not a Prometheus duration. */
export class InvalidDurationError extends ModelError {
  /** The text that was refused. */
  readonly text: string;

  constructor(text: string, message: string) {
    super('InvalidDuration', message);
    this.text = text;
  }
}

/** A text or number is not a size in bytes. */
export class InvalidByteSizeError extends ModelError {
  /** The text that was refused. */
  readonly text: string;

  constructor(text: string, message: string) {
    super('InvalidByteSize', message);
    this.text = text;
  }
}

/** A service, instance or collector has a name that cannot be a znode's name. */
export class InvalidNameError extends ModelError {
  /** What the name was meant for: `service`, `instance`, `collector` or `target`. */
  readonly kind: string;

  constructor(kind: string, message: string) {
    super('InvalidName', message);
    this.kind = kind;
  }
}

/** What a program wants to register is wrong. Says which field, with which value, and what would be right. */
export class InvalidRegistrationError extends ModelError {
  /** Dotted path of the field, as written in the znode's JSON, e.g. `labels.team`. */
  readonly field: string;
  /** The refused value as shown in the message: cut, quoted, without credentials. */
  readonly shownValue: string;
  /** What is allowed, in words. */
  readonly allowed: string;

  constructor(field: string, shownValue: string, allowed: string) {
    super('InvalidRegistration', `${field} is ${shownValue}; allowed: ${allowed}`);
    this.field = field;
    this.shownValue = shownValue;
    this.allowed = allowed;
  }
}

/** A text is not a Prometheus instant-vector selector. */
export class InvalidSelectorError extends ModelError {
  /** Where the mistake is, in UTF-16 code units from 1. */
  readonly column: number;

  constructor(column: number, message: string, options?: ErrorOptions) {
    super('InvalidSelector', `column ${column}: ${message}`, options);
    this.column = column;
  }
}

/** A text is not a series key as {@link formatSeriesKey} writes it. */
export class InvalidSeriesKeyError extends ModelError {
  /** Where the mistake is, in UTF-16 code units from 1. */
  readonly column: number;

  constructor(column: number, message: string) {
    super('InvalidSeriesKey', `column ${column}: ${message}`);
    this.column = column;
  }
}

/** Relabelling made something that cannot stand, such as a value of megabytes. */
export class RelabelError extends ModelError {
  constructor(message: string) {
    super('Relabel', message);
  }
}
