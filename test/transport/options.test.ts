import { describe, expect, it } from "vitest";
import { createGatewayTransport } from "../../src/transport/connect-transport.ts";
import type { GatewayTransportOptions } from "../../src/transport/gateway-options.ts";
import * as kind from "../../src/transport/option-kinds.ts";
import { checkOptions } from "../../src/transport/options.ts";

describe("options", () => {
  it("an unknown name is refused, and the nearest known one suggested", () => {
    const misspelt: Record<string, unknown> = { endpoint: "http://127.0.0.1" };
    expect(() => createGatewayTransport(misspelt as GatewayTransportOptions)).toThrow(
      expect.objectContaining({
        reason: "InvalidArgument",
        outcome: "not-applied",
        message: 'createGatewayTransport: unknown option "endpoint"; did you mean "endpoints"?',
      }),
    );
    const spelt: Record<string, unknown> = { MaxLineByte: 1 };
    expect(() => createGatewayTransport(spelt as GatewayTransportOptions)).toThrow('did you mean "maxLineBytes"?');
  });

  it("whether calls are authenticated is not a public option", () => {
    const options: Record<string, unknown> = { authenticated: true };
    expect(() => createGatewayTransport(options as GatewayTransportOptions)).toThrow(
      expect.objectContaining({ reason: "InvalidArgument" }),
    );
  });

  it.each<[string, unknown, string]>([
    ["fetch", "globalThis.fetch", "fetch: expected a function, got string"],
    ["fetch", null, "fetch: expected a function, got null"],
    ["maxResponseBytes", NaN, "maxResponseBytes: expected a positive number, got NaN"],
    ["maxResponseBytes", "1000000", "maxResponseBytes: expected a positive number, got string"],
    ["maxLineBytes", 0, "maxLineBytes: expected a positive number, got 0"],
    ["allowInsecure", "false", "allowInsecure: expected true or false, got string"],
    ["endpoints", null, "endpoints: expected a URL as a string, or an array of them, or a function, got null"],
    [
      "endpoints",
      new URL("http://127.0.0.1"),
      "endpoints: expected a URL as a string, or an array of them, or a function, got object",
    ],
    ["interceptors", "all", "interceptors: expected an array, got string"],
  ])("of a wrong kind are refused, since they would do something else: %s %s", (name, value, message) => {
    const options = { [name]: value } as GatewayTransportOptions;
    expect(() => createGatewayTransport(options)).toThrow(
      expect.objectContaining({ reason: "InvalidArgument", message: message }),
    );
  });

  it("accepts no options, undefined, and known options, also with the value undefined", () => {
    checkOptions("f", undefined, {});
    checkOptions("f", {}, {});
    checkOptions("f", { a: undefined }, { a: kind.boolean });
    expect(() => checkOptions<object>("f", { b: 1 }, {})).toThrow('f: unknown option "b"; it takes none');
  });

  it.each<unknown>([null, 5, "http://127.0.0.1"])("refuses %j as options", (value) => {
    expect(() => checkOptions("f", value as object, {})).toThrow("f: expected an options object");
  });

  it("a property of Object.prototype is not an option", () => {
    try {
      Object.defineProperty(Object.prototype, "maxResponseBytes", { value: 1, configurable: true, enumerable: true });
      checkOptions("f", {}, {});
    } finally {
      Reflect.deleteProperty(Object.prototype, "maxResponseBytes");
    }
  });
});
