import { spawn } from "node:child_process";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { freeze } from "../freeze.ts";

/** What runs a handler in an instance, as AWS documents it for runtimes of one's own: it asks for events, one at a time. */
const runtime = `
const api = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime/invocation/";
const { handler } = await import(process.argv[1]);
for (;;) {
  const next = await fetch(api + "next");
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const [path, answer] = await handler(await next.json(), { awsRequestId: id }).then(
    (answer) => ["response", answer],
    (error) => ["error", { errorType: error.name, errorMessage: error.message }],
  );
  await fetch(api + id + "/" + path, { method: "POST", body: JSON.stringify(answer) });
}`;

export interface LambdaInstance {
  /** Hands the handler an event, and resolves with what it answered, as JSON. */
  invoke(event: unknown): Promise<unknown>;
  /** Between events the service freezes an instance; {@link invoke} thaws it. Runs `meanwhile` while it stands still. */
  frozen(meanwhile: () => void | Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** An instance of a function: a process with the handler that a module exports, and the API that gives it events. */
export async function startLambda(file: string, env: NodeJS.ProcessEnv): Promise<LambdaInstance> {
  let hasAsked: (give: (event: string) => void) => void = () => undefined;
  let asked: Promise<(event: string) => void>;
  const waitForQuestion = (): void => void (asked = new Promise((resolve) => (hasAsked = resolve)));
  waitForQuestion();
  let answered: (answer: unknown) => void = () => undefined;
  let failed: (error: Error) => void = () => undefined;
  let count = 0;
  const server = createServer((request: IncomingMessage, response) => {
    if (request.url?.endsWith("/next") === true) {
      hasAsked((event) => {
        response.setHeader("lambda-runtime-aws-request-id", String(++count));
        response.setHeader("lambda-runtime-deadline-ms", String(Date.now() + 3_000));
        response.end(event);
      });
      return;
    }
    void text(request).then((body) => {
      response.statusCode = 202;
      response.end();
      if (request.url?.endsWith("/response") === true) answered(JSON.parse(body));
      else failed(new Error(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const api = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", runtime, file], {
    env: { ...process.env, ...env, AWS_LAMBDA_RUNTIME_API: api },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  void ended.then(() => failed(new Error("the instance has ended")));
  return {
    async invoke(event) {
      const give = await asked;
      waitForQuestion();
      const answer = new Promise<unknown>((resolve, reject) => ([answered, failed] = [resolve, reject]));
      give(JSON.stringify(event));
      return answer;
    },
    async frozen(meanwhile) {
      await asked;
      if (child.pid !== undefined) freeze(child.pid);
      await meanwhile();
      child.kill("SIGCONT");
    },
    async close() {
      child.kill("SIGKILL");
      await ended;
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
