import type { EtcdOptions } from "fetcd";

type Interceptor = NonNullable<EtcdOptions["interceptors"]>[number];

/** The header of an answer: cluster, member, revision and raft term. */
export interface Header {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly revision: bigint;
  readonly raftTerm: bigint;
}

/** An answer of etcd as the client decoded it. */
export type RecordedAnswer = Readonly<Record<string, unknown>> & { readonly $typeName: string };

/** Keeps the last answer of each type, for the forms that print a whole answer with its header. */
export interface Recorder {
  readonly interceptor: Interceptor;
  /** The last answer of a type, such as `RangeResponse`; `undefined` if there was none. */
  last(type: string): RecordedAnswer | undefined;
  /** The header of the last answer. */
  header(): Header;
  /** Calls `listener` with each answer of a stream before the client reads it. */
  onStreamed(listener: (answer: RecordedAnswer) => void): void;
}

export function createRecorder(): Recorder {
  const answers = new Map<string, RecordedAnswer>();
  let newest: RecordedAnswer | undefined;
  let streamed: (answer: RecordedAnswer) => void = () => undefined;
  const keep = (message: unknown): void => {
    if (!isAnswer(message)) return;
    newest = message;
    answers.set(message.$typeName.split(".").at(-1) ?? "", message);
  };
  return {
    interceptor: (next) => async (request) => {
      const response = await next(request);
      if (!response.stream) {
        keep(response.message);
        return response;
      }
      return { ...response, message: read(response.message) };
    },
    last: (type) => answers.get(type),
    header: () => headerOf(newest),
    onStreamed(listener) {
      streamed = listener;
    },
  };

  async function* read<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const message of messages) {
      keep(message);
      if (isAnswer(message)) streamed(message);
      yield message;
    }
  }
}

export function headerOf(answer: RecordedAnswer | undefined): Header {
  const given = (answer?.["header"] ?? {}) as Partial<Header>;
  const { clusterId = 0n, memberId = 0n, revision = 0n, raftTerm = 0n } = given;
  return { clusterId, memberId, revision, raftTerm };
}

function isAnswer(message: unknown): message is RecordedAnswer {
  return typeof message === "object" && message !== null && "$typeName" in message;
}
