// @@protoc_insertion_point(meshrpc needs `strategy: all` 986ca017)
b"\
\n!\n\x0bempty.proto\x12\nnothing.v1b\x06proto3\n\xe4\x01\n\x19google/protobuf/any.proto\x12\x0f\
google.protobuf\"6\n\x03Any\x12\x19\n\x08type_url\x18\x01 \x01(\tR\x07typeUrl\x12\x14\n\x05value\
\x18\x02 \x01(\x0cR\x05valueBv\n\x13com.google.protobufB\x08AnyProtoP\x01Z,google.golang.org/pro\
tobuf/types/known/anypb\xa2\x02\x03GPB\xaa\x02\x1eGoogle.Protobuf.WellKnownTypesb\x06proto3\n\xbe\
\x01\n\x1bgoogle/protobuf/empty.proto\x12\x0fgoogle.protobuf\"\x07\n\x05EmptyB}\n\x13com.google.\
protobufB\nEmptyProtoP\x01Z.google.golang.org/protobuf/types/known/emptypb\xf8\x01\x01\xa2\x02\x03\
GPB\xaa\x02\x1eGoogle.Protobuf.WellKnownTypesb\x06proto3\n\x86\x04\n\x1egoogle/protobuf/wrappers\
.proto\x12\x0fgoogle.protobuf\"#\n\x0bDoubleValue\x12\x14\n\x05value\x18\x01 \x01(\x01R\x05value\
\"\"\n\nFloatValue\x12\x14\n\x05value\x18\x01 \x01(\x02R\x05value\"\"\n\nInt64Value\x12\x14\n\x05\
value\x18\x01 \x01(\x03R\x05value\"#\n\x0bUInt64Value\x12\x14\n\x05value\x18\x01 \x01(\x04R\x05v\
alue\"\"\n\nInt32Value\x12\x14\n\x05value\x18\x01 \x01(\x05R\x05value\"#\n\x0bUInt32Value\x12\x14\
\n\x05value\x18\x01 \x01(\rR\x05value\"!\n\tBoolValue\x12\x14\n\x05value\x18\x01 \x01(\x08R\x05v\
alue\"#\n\x0bStringValue\x12\x14\n\x05value\x18\x01 \x01(\tR\x05value\"\"\n\nBytesValue\x12\x14\n\
\x05value\x18\x01 \x01(\x0cR\x05valueB\x83\x01\n\x13com.google.protobufB\rWrappersProtoP\x01Z1go\
ogle.golang.org/protobuf/types/known/wrapperspb\xf8\x01\x01\xa2\x02\x03GPB\xaa\x02\x1eGoogle.Pro\
tobuf.WellKnownTypesb\x06proto3\n\xb0\x01\n\x17google/rpc/status.proto\x12\ngoogle.rpc\x1a\x19go\
ogle/protobuf/any.proto\"f\n\x06Status\x12\x12\n\x04code\x18\x01 \x01(\x05R\x04code\x12\x18\n\x07\
message\x18\x02 \x01(\tR\x07message\x12.\n\x07details\x18\x03 \x03(\x0b2\x14.google.protobuf.Any\
R\x07detailsb\x06proto3\n\xd9\x02\n\x0eservices.proto\x12\x0bservices.v1\x1a\x1bgoogle/protobuf/\
empty.proto\x1a\x1egoogle/protobuf/wrappers.proto\x1a\x17google/rpc/status.proto2\x0e\n\x0cEmpty\
Service2\xcb\x01\n\x10WellKnownService\x126\n\x04Ping\x12\x16.google.protobuf.Empty\x1a\x16.goog\
le.protobuf.Empty\x12C\n\x04Wrap\x12\x1c.google.protobuf.StringValue\x1a\x1b.google.protobuf.Byt\
esValue0\x01\x12:\n\x04Fail\x12\x12.google.rpc.Status\x1a\x1c.google.protobuf.UInt64Value(\x01b\x06\
proto3\
"