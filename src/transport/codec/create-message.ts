import type { DescField, DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { fieldsOf, fieldValue } from "./codec.ts";
import { isObject } from "../platform.ts";

/**
 * The complete message that `init` stands for, as protobuf-es's `create` makes it: every field is there, at its default
 * if it was not given. A message that is complete already is returned as it is.
 */
export function createMessage<D extends DescMessage>(desc: D, init: MessageInitShape<D>): MessageShape<D> {
  return complete(desc, init) as MessageShape<D>;
}

function complete(desc: DescMessage, init: object): object {
  const given: Record<string, unknown> = { ...init };
  if (given["$typeName"] === desc.typeName) return init;
  const message: Record<string, unknown> = { $typeName: desc.typeName };
  for (const oneof of desc.oneofs) message[oneof.localName] = { case: undefined };
  for (const { field, empty } of fieldsOf(desc)) {
    const value = fieldValue(given, field) ?? undefined;
    if (field.oneof !== undefined) {
      if (value !== undefined)
        message[field.oneof.localName] = { case: field.localName, value: completeIn(field, value) };
    } else if (value !== undefined) {
      message[field.localName] = completeIn(field, value);
    } else if (field.fieldKind !== "message") {
      message[field.localName] = empty();
    }
  }
  return message;
}

function completeIn({ message: desc }: DescField, value: unknown): unknown {
  if (desc === undefined) return value;
  if (Array.isArray(value)) return value.map((each: unknown) => (isObject(each) ? complete(desc, each) : each));
  return isObject(value) ? complete(desc, value) : value;
}
