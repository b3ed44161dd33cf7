import { create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import fc from "fast-check";

const int64 = (min: bigint, max: bigint): fc.Arbitrary<bigint> =>
  fc.oneof(fc.constantFrom(0n, 1n, min, max, max - 1n), fc.bigInt({ min, max }));
const int32 = (min: number, max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(0, 1, min, max), fc.integer({ min, max }));

const scalars = new Map<ScalarType, fc.Arbitrary<unknown>>([
  [ScalarType.INT64, int64(-(2n ** 63n), 2n ** 63n - 1n)],
  [ScalarType.UINT64, int64(0n, 2n ** 64n - 1n)],
  [ScalarType.INT32, int32(-(2 ** 31), 2 ** 31 - 1)],
  [ScalarType.UINT32, int32(0, 2 ** 32 - 1)],
  [ScalarType.BOOL, fc.boolean()],
  [
    ScalarType.STRING,
    fc.oneof(fc.string({ unit: "binary", maxLength: 12 }), fc.constantFrom("", '"\\\u2028\n\u0000', "__proto__")),
  ],
  [ScalarType.BYTES, fc.uint8Array({ maxLength: 20 })],
]);

function fieldArbitrary(field: DescField, levels: number): fc.Arbitrary<unknown> {
  if (field.message) return levels > 0 ? messageArbitrary(field.message, levels - 1) : fc.constant(undefined);
  if (field.enum) return fc.constantFrom(...field.enum.values.map(({ number }) => number));
  const scalar = field.scalar === undefined ? undefined : scalars.get(field.scalar);
  if (scalar === undefined) throw new Error(`no arbitrary for ${field.toString()}`);
  return scalar;
}

const known = new Map<string, fc.Arbitrary<Message>>();

/** Any message of a type: every field set or not, messages nested up to `levels` deep. */
export function messageArbitrary(desc: DescMessage, levels = 5): fc.Arbitrary<Message> {
  const name = `${desc.typeName} ${levels}`;
  const before = known.get(name);
  if (before !== undefined) return before;
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  for (const member of desc.members) {
    if (member.kind === "oneof") {
      const cases = member.fields
        .filter(({ message }) => message === undefined || levels > 0)
        .map((field) => fieldArbitrary(field, levels).map((value) => ({ case: field.localName, value })));
      members[member.localName] = fc.oneof(fc.constant({ case: undefined }), ...cases);
    } else if (member.fieldKind === "list") {
      const isEmpty = member.message !== undefined && levels === 0;
      members[member.localName] = isEmpty
        ? fc.constant([])
        : fc.array(fieldArbitrary(member, levels), { maxLength: 3 });
    } else {
      members[member.localName] = fc.option(fieldArbitrary(member, levels), { nil: undefined });
    }
  }
  const arbitrary = fc.record(members).map((init) => create(desc, init));
  known.set(name, arbitrary);
  return arbitrary;
}
