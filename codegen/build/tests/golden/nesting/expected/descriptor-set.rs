// @@protoc_insertion_point(meshrpc needs `strategy: all` 6914ad97)
b"\
\n\xba\x13\n\ndeep.proto\x12\nnesting.v1\"\x97\x13\n\x06Level0\x12-\n\x04next\x18\x01 \x01(\x0b2\
\x19.nesting.v1.Level0.Level1R\x04next\x1a\xdd\x12\n\x06Level1\x124\n\x04next\x18\x01 \x01(\x0b2\
\x20.nesting.v1.Level0.Level1.Level2R\x04next\x1a\x9c\x12\n\x06Level2\x12;\n\x04next\x18\x01 \x01\
(\x0b2'.nesting.v1.Level0.Level1.Level2.Level3R\x04next\x1a\xd4\x11\n\x06Level3\x12B\n\x04next\x18\
\x01 \x01(\x0b2..nesting.v1.Level0.Level1.Level2.Level3.Level4R\x04next\x1a\x85\x11\n\x06Level4\x12\
I\n\x04next\x18\x01 \x01(\x0b25.nesting.v1.Level0.Level1.Level2.Level3.Level4.Level5R\x04next\x1a\
\xaf\x10\n\x06Level5\x12P\n\x04next\x18\x01 \x01(\x0b2<.nesting.v1.Level0.Level1.Level2.Level3.L\
evel4.Level5.Level6R\x04next\x1a\xd2\x0f\n\x06Level6\x12W\n\x04next\x18\x01 \x01(\x0b2C.nesting.\
v1.Level0.Level1.Level2.Level3.Level4.Level5.Level6.Level7R\x04next\x1a\xee\x0e\n\x06Level7\x12^\
\n\x04next\x18\x01 \x01(\x0b2J.nesting.v1.Level0.Level1.Level2.Level3.Level4.Level5.Level6.Level\
7.Level8R\x04next\x1a\x83\x0e\n\x06Level8\x12e\n\x04next\x18\x01 \x01(\x0b2Q.nesting.v1.Level0.L\
evel1.Level2.Level3.Level4.Level5.Level6.Level7.Level8.Level9R\x04next\x1a\x91\r\n\x06Level9\x12\
m\n\x04next\x18\x01 \x01(\x0b2Y.nesting.v1.Level0.Level1.Level2.Level3.Level4.Level5.Level6.Leve\
l7.Level8.Level9.Level10R\x04next\x1a\x97\x0c\n\x07Level10\x12u\n\x04next\x18\x01 \x01(\x0b2a.ne\
sting.v1.Level0.Level1.Level2.Level3.Level4.Level5.Level6.Level7.Level8.Level9.Level10.Level11R\x04\
next\x1a\x94\x0b\n\x07Level11\x12}\n\x04next\x18\x01 \x01(\x0b2i.nesting.v1.Level0.Level1.Level2\
.Level3.Level4.Level5.Level6.Level7.Level8.Level9.Level10.Level11.Level12R\x04next\x1a\x89\n\n\x07\
Level12\x12\x85\x01\n\x04next\x18\x01 \x01(\x0b2q.nesting.v1.Level0.Level1.Level2.Level3.Level4.\
Level5.Level6.Level7.Level8.Level9.Level10.Level11.Level12.Level13R\x04next\x1a\xf5\x08\n\x07Lev\
el13\x12\x8d\x01\n\x04next\x18\x01 \x01(\x0b2y.nesting.v1.Level0.Level1.Level2.Level3.Level4.Lev\
el5.Level6.Level7.Level8.Level9.Level10.Level11.Level12.Level13.Level14R\x04next\x1a\xd9\x07\n\x07\
Level14\x12\x96\x01\n\x04next\x18\x01 \x01(\x0b2\x81\x01.nesting.v1.Level0.Level1.Level2.Level3.\
Level4.Level5.Level6.Level7.Level8.Level9.Level10.Level11.Level12.Level13.Level14.Level15R\x04ne\
xt\x1a\xb4\x06\n\x07Level15\x12\x9e\x01\n\x04next\x18\x01 \x01(\x0b2\x89\x01.nesting.v1.Level0.L\
evel1.Level2.Level3.Level4.Level5.Level6.Level7.Level8.Level9.Level10.Level11.Level12.Level13.Le\
vel14.Level15.Level16R\x04next\x1a\x87\x05\n\x07Level16\x12\xa6\x01\n\x04next\x18\x01 \x01(\x0b2\
\x91\x01.nesting.v1.Level0.Level1.Level2.Level3.Level4.Level5.Level6.Level7.Level8.Level9.Level1\
0.Level11.Level12.Level13.Level14.Level15.Level16.Level17R\x04next\x1a\xd2\x03\n\x07Level17\x12\xae\
\x01\n\x04next\x18\x01 \x01(\x0b2\x99\x01.nesting.v1.Level0.Level1.Level2.Level3.Level4.Level5.L\
evel6.Level7.Level8.Level9.Level10.Level11.Level12.Level13.Level14.Level15.Level16.Level17.Level\
18R\x04next\x1a\x95\x02\n\x07Level18\x12\xb6\x01\n\x04next\x18\x01 \x01(\x0b2\xa1\x01.nesting.v1\
.Level0.Level1.Level2.Level3.Level4.Level5.Level6.Level7.Level8.Level9.Level10.Level11.Level12.L\
evel13.Level14.Level15.Level16.Level17.Level18.Level19R\x04next\x1aQ\n\x07Level19\x12$\n\x03top\x18\
\x01 \x01(\x0b2\x12.nesting.v1.Level0R\x03top\" \n\x06Bottom\x12\x16\n\x12BOTTOM_UNSPECIFIED\x10\
\x00b\x06proto3\n\xb2\x03\n\x0cgroups.proto\x12\nnesting.v2\"\xc4\x02\n\x04Node\x12)\n\x04left\x18\
\x01 \x01(\n2\x15.nesting.v2.Node.LeftR\x04left\x12,\n\x05right\x18\x02 \x03(\n2\x16.nesting.v2.\
Node.RightR\x05right\x12\x0e\n\x02id\x18\x03 \x02(\x05R\x02id\x12\x1e\n\x04name\x18\x04 \x01(\t:\
\nno \"name\"\nR\x04name\x122\n\x05color\x18\x05 \x01(\x0e2\x11.nesting.v2.Color:\tCOLOR_REDR\x05\
color\x12\x1b\n\x04data\x18\x06 \x01(\x0c:\x07\\001\\\\xR\x04data\x1a,\n\x04Left\x12$\n\x04node\x18\
\x01 \x01(\x0b2\x10.nesting.v2.NodeR\x04node\x1a-\n\x05Right\x12$\n\x04node\x18\x01 \x01(\x0b2\x10\
.nesting.v2.NodeR\x04node*\x05\x08d\x10\xc9\x01*'\n\x05Color\x12\r\n\tCOLOR_RED\x10\x01\x12\x0f\n\
\x0bCOLOR_GREEN\x10\x02:&\n\x05extra\x12\x10.nesting.v2.Node\x18d \x01(\tR\x05extra\n\xe5\x03\n\x0f\
recursive.proto\x12\nnesting.v1\"0\n\x06Direct\x12&\n\x04next\x18\x01 \x01(\x0b2\x12.nesting.v1.\
DirectR\x04next\"<\n\x08Repeated\x120\n\x08children\x18\x01 \x03(\x0b2\x14.nesting.v1.RepeatedR\x08\
children\"\x97\x01\n\x06Mapped\x12<\n\x08children\x18\x01 \x03(\x0b2 .nesting.v1.Mapped.Children\
EntryR\x08children\x1aO\n\rChildrenEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12(\n\x05valu\
e\x18\x02 \x01(\x0b2\x12.nesting.v1.MappedR\x05value:\x028\x01\"N\n\x06Choice\x12&\n\x03one\x18\x01\
\x20\x01(\x0b2\x12.nesting.v1.ChoiceH\x00R\x03one\x12\x14\n\x04leaf\x18\x02 \x01(\tH\x00R\x04lea\
fB\x06\n\x04kind\",\n\x04Ping\x12$\n\x04pong\x18\x01 \x01(\x0b2\x10.nesting.v1.PongR\x04pong\"6\n\
\x04Pong\x12&\n\x04ping\x18\x01 \x01(\x0b2\x10.nesting.v1.PingH\x00R\x04pingB\x06\n\x04kindb\x06\
proto3\
"