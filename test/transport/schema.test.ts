import { type DescEnum, type DescField, type DescMessage, type DescMethod } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import * as enums from "../../src/gen/enums.ts";
import * as proto from "../../src/proto.ts";
import { etcdSchema } from "../../src/transport/codec/schema.ts";
import * as services from "../../src/transport/codec/services.ts";

const generated = Object.values(proto).flatMap((each) => ("kind" in each && each.kind === "service" ? [each] : []));
const ofClients = generated.filter(({ typeName }) => typeName.startsWith("etcdserverpb."));

/** All that is compared of an enum; the rest is the same text. */
function plainEnum({ typeName, name, open, values, value, deprecated }: DescEnum): unknown {
  // The oldest protobuf-es that will do has no JSON names of values; in newer ones it is the name itself.
  const each = values.map((one) => [one.name, one.number, one.localName, one.jsonName ?? one.name, one.kind]);
  return { typeName, name, open, each, numbers: Object.keys(value), deprecated };
}

function plainField(field: DescField): unknown {
  const { parent, oneof, message, enum: values } = field;
  const links = { parent: parent.typeName, oneof: oneof?.name, message: message?.typeName };
  // Apart from what refers to other descriptors, and to the proto that ours are not made of.
  const apart = ["parent", "oneof", "message", "enum", "proto", "toString", "getDefaultValue"];
  const rest = Object.entries(field).filter(([name]) => !apart.includes(name));
  return { ...Object.fromEntries(rest), ...links, enum: values && plainEnum(values), text: String(field) };
}

function plainMessage(message: DescMessage): unknown {
  const { typeName, name, deprecated, fields, oneofs, members, field } = message;
  const groups = oneofs.map((one) => [one.name, one.localName, one.fields.map((each) => each.name)]);
  const order = members.map((each) => each.name);
  return {
    typeName,
    name,
    deprecated,
    groups,
    order,
    byName: Object.keys(field),
    fields: fields.map(plainField),
    edition: message.file.edition,
    text: String(message),
  };
}

function plainMethod(method: DescMethod): unknown {
  const { name, localName, methodKind, idempotency, deprecated, input, output, parent } = method;
  const types = { input: input.typeName, output: output.typeName, parent: parent.typeName };
  return { name, localName, methodKind, idempotency, deprecated, ...types };
}

function messagesBelow(message: DescMessage, found = new Set<DescMessage>()): Set<DescMessage> {
  if (found.has(message)) return found;
  found.add(message);
  for (const field of message.fields) if (field.message !== undefined) messagesBelow(field.message, found);
  return found;
}

describe("The descriptors made of the schema text are those that protobuf-es generates", () => {
  it.each(ofClients.map((service) => [service.typeName, service] as const))("%s", (typeName, service) => {
    const ours = etcdSchema.service(typeName);
    expect(ours.methods.map(plainMethod)).toEqual(service.methods.map(plainMethod));
    expect(Object.keys(ours.method)).toEqual(Object.keys(service.method));
    for (const [i, method] of service.methods.entries()) {
      for (const end of ["input", "output"] as const) {
        const mine = ours.methods[i]?.[end];
        if (mine === undefined) throw new Error(`no ${method.name}`);
        expect([...messagesBelow(mine)].map(plainMessage)).toEqual([...messagesBelow(method[end])].map(plainMessage));
      }
    }
  });

  it("in the enums that stand on their own", () => {
    for (const [name, values] of Object.entries(enums)) expect(values).toEqual(Reflect.get(proto, name));
  });

  it("for each service of the client", () => {
    for (const [name, service] of Object.entries(services)) expect(service.typeName).toBe(`etcdserverpb.${name}`);
  });
});
