/** The kinds of failure that the v2 API numbers and a server of today still gives. */
export const v2Code = {
  keyNotFound: 100,
  testFailed: 101,
  notFile: 102,
  notDir: 104,
  nodeExist: 105,
  rootReadOnly: 107,
  dirNotEmpty: 108,
  unauthorized: 110,
  prevValueRequired: 201,
  ttlNaN: 202,
  indexNaN: 203,
  invalidField: 209,
  invalidForm: 210,
  refreshValue: 211,
  refreshTtlRequired: 212,
  raftInternal: 300,
  eventIndexCleared: 401,
} as const;

export type V2Code = (typeof v2Code)[keyof typeof v2Code];

const messages: Readonly<Record<V2Code, string>> = {
  100: "Key not found",
  101: "Compare failed",
  102: "Not a file",
  104: "Not a directory",
  105: "Key already exists",
  107: "Root is read only",
  108: "Directory not empty",
  110: "The request requires user authentication",
  201: "PrevValue is Required in POST form",
  202: "The given TTL in POST form is not a number",
  203: "The given index in POST form is not a number",
  209: "Invalid field",
  210: "Invalid POST form",
  211: "Value provided on refresh",
  212: "A TTL must be provided on refresh",
  300: "Raft Internal Error",
  401: "The event in requested index is outdated and cleared",
};

const statuses: Readonly<Partial<Record<V2Code, number>>> = {
  100: 404,
  101: 412,
  102: 403,
  105: 412,
  108: 403,
  110: 401,
  300: 500,
};

/** Under which name the server's statistics count a refusal. As in etcd, some are not counted. */
export type CountedAs = "failure" | "success";

/** Why a request for keys was refused. */
export class V2Error extends Error {
  readonly errorCode: V2Code;
  readonly reason: string;
  readonly index: number;
  readonly countedAs: CountedAs;

  constructor(errorCode: V2Code, reason: string, index = 0, countedAs: CountedAs = "failure") {
    super(messages[errorCode]);
    this.errorCode = errorCode;
    this.reason = reason;
    this.index = index;
    this.countedAs = countedAs;
  }

  get status(): number {
    return statuses[this.errorCode] ?? 400;
  }
}
