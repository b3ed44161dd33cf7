import type { ScalarType as ProtobufScalarType } from "@bufbuild/protobuf";

/** The scalar types that etcd's messages use, under protobuf's own numbers. */
export const ScalarType: {
  readonly [Name in
    | "INT64"
    | "UINT64"
    | "INT32"
    | "BOOL"
    | "STRING"
    | "BYTES"
    | "UINT32"]: (typeof ProtobufScalarType)[Name];
} = { INT64: 3, UINT64: 4, INT32: 5, BOOL: 8, STRING: 9, BYTES: 12, UINT32: 13 };

export type ScalarType = ProtobufScalarType;
