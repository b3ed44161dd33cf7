import { describe, expect, it } from "vitest";
import { createGatewayTransport, type GatewayTransportOptions } from "../../src/transport/gateway-transport.ts";
import { checkOptions } from "../../src/transport/options.ts";

describe("options", () => {
  it("S10: an unknown name is refused, and the nearest known one suggested", () => {
    const misspelt: Record<string, unknown> = { endpoint: "http://127.0.0.1" };
    expect(() => createGatewayTransport(misspelt as GatewayTransportOptions)).toThrow(
      new TypeError('createGatewayTransport: unknown option "endpoint"; did you mean "endpoints"?'),
    );
    const spelt: Record<string, unknown> = { MaxLineByte: 1 };
    expect(() => createGatewayTransport(spelt as GatewayTransportOptions)).toThrow('did you mean "maxLineBytes"?');
  });

  it("S10: credentials is none of the public options", () => {
    const options: Record<string, unknown> = { credentials: true };
    expect(() => createGatewayTransport(options as GatewayTransportOptions)).toThrow(TypeError);
  });

  it("none, undefined and known ones are fine, given as undefined too", () => {
    checkOptions("f", undefined, []);
    checkOptions("f", {}, []);
    checkOptions("f", { a: undefined }, ["a"]);
    expect(() => checkOptions("f", { b: 1 }, [])).toThrow('f: unknown option "b"; it takes none');
  });

  it.each<unknown>([null, 5, "http://127.0.0.1"])("%j is no options object", (value) => {
    expect(() => checkOptions("f", value as object, ["a"])).toThrow("f: expected an options object");
  });

  it("S10: what is on Object.prototype is no option", () => {
    try {
      Object.defineProperty(Object.prototype, "maxResponseBytes", { value: 1, configurable: true, enumerable: true });
      checkOptions("f", {}, []);
    } finally {
      Reflect.deleteProperty(Object.prototype, "maxResponseBytes");
    }
  });
});
