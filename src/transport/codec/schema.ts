import type {
  DescEnum,
  DescEnumValue,
  DescField,
  DescFile,
  DescMessage,
  DescMethod,
  DescOneof,
  DescService,
} from "@bufbuild/protobuf";
import { ScalarType } from "./scalar-type.ts";
import { schema } from "../../gen/schema.ts";

// The descriptors that protobuf-es generates are decoded at start-up by a copy of protobuf's own schema: for a client at
// the edge that is a third of its bytes and most of the time before its first call. These are made of a short text, each
// when it is first used, and hold all that protobuf-es and Connect's transports look at, but no options and comments. A
// test compares them with the generated ones member by member; `fetcd/proto` has those.

/** The text leaves out the name of the client's own package; all others begin with a small letter. */
const fullName = (name: string): string => (/^[A-Z]/.test(name) ? `etcdserverpb.${name}` : name);
const shortName = (typeName: string): string => typeName.replace("etcdserverpb.", "");

const scalars: ReadonlyMap<string, ScalarType> = new Map([
  ["y", ScalarType.BYTES],
  ["s", ScalarType.STRING],
  ["b", ScalarType.BOOL],
  ["i", ScalarType.INT32],
  ["l", ScalarType.INT64],
  ["n", ScalarType.UINT32],
  ["u", ScalarType.UINT64],
]);

/** No descriptor here has a `proto`, because it is not made from one; nothing in use looks at it. */
const common = { deprecated: false, proto: undefined as never };

const lastOf = (typeName: string): string => typeName.slice(typeName.lastIndexOf(".") + 1);
const camelCase = (name: string): string => name.replace(/_(.)/g, (_match, letter: string) => letter.toUpperCase());

const explicitPresence = 1;
const implicitPresence = 2;

const file: DescFile = {
  kind: "file",
  edition: 999,
  name: "etcd",
  dependencies: [],
  enums: [],
  messages: [],
  extensions: [],
  services: [],
  ...common,
};

/** Runs `make` once for each name. */
function once<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>();
  return (name) => {
    const value = made.get(name) ?? make(name);
    made.set(name, value);
    return value;
  };
}

function oneofNamed(name: string, parent: DescMessage): DescOneof {
  return {
    kind: "oneof",
    name,
    localName: camelCase(name),
    parent,
    fields: [],
    ...common,
  };
}

/**
 * Name, kind (1 for unary, < for a stream of answers, = for streams both ways), what both types begin with or input and
 * output, and path below /v3/.
 */
const methodText = /^(\w+)([1<=])([\w.]*)(?:,([\w.]+))?,(.*)$/;

/** Name, `*` if repeated, type, number and oneof; the header that nearly every answer begins with is an H. */
const fieldText = /^(\w+)([:*])([\w.]+)(?:=(\d+))?(?:@(\w+))?$/;

/** The descriptors that a schema's text stands for. */
export interface Schema {
  /** The descriptor of a service, such as `etcdserverpb.KV`. */
  service(typeName: string): DescService;
  message(typeName: string): DescMessage;
  /** The gateway's path for an RPC: the `post` of its `google.api.http` option. Empty if there is none. */
  path(typeName: string, method: string): string;
}

/** A field as the private format has it. */
interface FieldText {
  readonly name: string;
  /** The letter of a scalar type, or a name. */
  readonly type: string;
  readonly list: boolean;
}

type Methods = Pick<DescService, "methods" | "method">;

/** `text`: as scripts/protoc-gen-schema.ts writes it. */
export function createSchema(text: string): Schema {
  const lines = `\n${text}\n`;
  // Searched anew each time: a table of all lines would cost the first call more than all searches do.
  const membersOfLine = (name: string): readonly string[] | undefined => {
    for (const next of [" ", "\n"]) {
      const start = lines.indexOf(`\n${name}${next}`) + 1;
      if (start > 0) return lines.slice(start, lines.indexOf("\n", start)).split(" ").slice(1);
    }
    return undefined;
  };

  /** Services begin with a slash, enums with an equals sign. Requests without fields and bare answers have no line. */
  function membersOf(mark: "" | "=" | "/", typeName: string): readonly string[] {
    return membersOfLine(mark + shortName(typeName)) ?? (typeName.endsWith("Response") ? ["H"] : []);
  }

  const enumNamed = once((typeName: string): DescEnum => {
    const values: DescEnumValue[] = [];
    const value: Record<number, DescEnumValue> = {};
    const desc: DescEnum = {
      kind: "enum",
      typeName,
      name: lastOf(typeName),
      file,
      parent: undefined,
      open: true,
      values,
      value,
      ...common,
    };
    for (const text of membersOf("=", typeName)) {
      const [name = "", digits] = text.split("=");
      const number = Number(digits);
      const each: DescEnumValue = {
        kind: "enum_value",
        name,
        localName: name,
        jsonName: name,
        number,
        parent: desc,
        ...common,
      };
      values.push(each);
      value[number] = each;
    }
    return desc;
  });

  const messageNamed = once((typeName: string): DescMessage => {
    const fields: DescField[] = [];
    const oneofs: DescOneof[] = [];
    const members: (DescField | DescOneof)[] = [];
    const desc: DescMessage = {
      kind: "message",
      typeName,
      name: lastOf(typeName),
      file,
      parent: undefined,
      fields,
      field: {},
      oneofs,
      members,
      nestedEnums: [],
      nestedMessages: [],
      nestedExtensions: [],
      ...common,
      toString: () => `message ${typeName}`,
    };
    for (const text of membersOf("", typeName)) {
      const [, name = "", mark, type = "", number, group] =
        fieldText.exec(text === "H" ? "header:ResponseHeader" : text) ?? [];
      let oneof = oneofs.find(({ name }) => name === group);
      if (oneof === undefined && group !== undefined) {
        oneof = oneofNamed(group, desc);
        oneofs.push(oneof);
        members.push(oneof);
      }
      const follows = (fields.at(-1)?.number ?? 0) + 1;
      const list = mark === "*";
      const field = fieldOf(desc, oneof, number === undefined ? follows : Number(number), { name, type, list });
      fields.push(field);
      desc.field[field.localName] = field;
      if (oneof === undefined) members.push(field);
      else oneof.fields.push(field);
    }
    return desc;
  });

  /** The types of fields are looked up when asked for. */
  function fieldOf(
    parent: DescMessage,
    oneof: DescOneof | undefined,
    number: number,
    { name, type: letterOrName, list }: FieldText,
  ): DescField {
    const type = fullName(letterOrName);
    const scalar = scalars.get(type);
    const isEnum = scalar === undefined && membersOfLine("=" + shortName(type)) !== undefined;
    const kind = scalar !== undefined ? "scalar" : isEnum ? "enum" : "message";
    const tracked = oneof !== undefined || (kind === "message" && !list);
    return {
      kind: "field",
      name,
      localName: camelCase(name),
      jsonName: camelCase(name),
      number,
      parent,
      oneof,
      fieldKind: list ? "list" : kind,
      listKind: list ? kind : undefined,
      mapKind: undefined,
      mapKey: undefined,
      scalar,
      get message() {
        return kind === "message" ? messageNamed(type) : undefined;
      },
      get enum() {
        return isEnum ? enumNamed(type) : undefined;
      },
      presence: tracked ? explicitPresence : implicitPresence,
      packed: list ? isEnum : undefined,
      delimitedEncoding: kind === "message" ? false : undefined,
      utf8Validation: true,
      longAsString: false,
      getDefaultValue: () => undefined,
      ...common,
      toString: () => `field ${parent.typeName}.${name}`,
    } as DescField;
  }

  function service(typeName: string): DescService {
    let made: Methods | undefined;
    const desc: DescService = {
      kind: "service",
      typeName,
      name: lastOf(typeName),
      file,
      get methods() {
        return (made ??= methodsOf(desc)).methods;
      },
      get method() {
        return (made ??= methodsOf(desc)).method;
      },
      ...common,
    };
    return desc;
  }

  function methodsOf(parent: DescService): Methods {
    const methods: DescMethod[] = [];
    const byName: Record<string, DescMethod> = {};
    for (const text of membersOf("/", parent.typeName)) {
      const [, name = "", kind = "", first = "", output] = methodText.exec(text) ?? [];
      const stem = first === "" ? name : first;
      const inputName = fullName(output === undefined ? `${stem}Request` : first);
      const outputName = fullName(output ?? `${stem}Response`);
      const method: DescMethod = {
        kind: "rpc",
        name,
        localName: name.slice(0, 1).toLowerCase() + name.slice(1),
        parent,
        methodKind: kind === "<" ? "server_streaming" : kind === "=" ? "bidi_streaming" : "unary",
        get input() {
          return messageNamed(inputName);
        },
        get output() {
          return messageNamed(outputName);
        },
        idempotency: 0,
        ...common,
      };
      methods.push(method);
      byName[method.localName] = method;
    }
    return { methods, method: byName };
  }

  function path(typeName: string, method: string): string {
    const paths = membersOfLine("/" + shortName(typeName))?.map((text) => methodText.exec(text) ?? []);
    const below = paths?.find(([, name]) => name === method)?.[5] ?? "";
    return below && `/v3/${below}`;
  }

  return { service, message: messageNamed, path };
}

/** What clients call. */
export const etcdSchema: Schema = createSchema(schema);
