// @@protoc_insertion_point(meshrpc needs `strategy: all` 07a16acc)
b"\
\n\xa1\x01\n\necho.proto\x12\x07echo.v1\"!\n\x0bEchoRequest\x12\x12\n\x04text\x18\x01 \x01(\tR\x04\
text\"\"\n\x0cEchoResponse\x12\x12\n\x04text\x18\x01 \x01(\tR\x04text2;\n\x04Echo\x123\n\x04Echo\
\x12\x14.echo.v1.EchoRequest\x1a\x15.echo.v1.EchoResponseb\x06proto3\
"