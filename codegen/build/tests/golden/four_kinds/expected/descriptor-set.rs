// @@protoc_insertion_point(meshrpc needs `strategy: all` 58c2a48c)
b"\
\n\xbe\x01\n\x1bgoogle/protobuf/empty.proto\x12\x0fgoogle.protobuf\"\x07\n\x05EmptyB}\n\x13com.g\
oogle.protobufB\nEmptyProtoP\x01Z.google.golang.org/protobuf/types/known/emptypb\xf8\x01\x01\xa2\
\x02\x03GPB\xaa\x02\x1eGoogle.Protobuf.WellKnownTypesb\x06proto3\n\xff\x01\n\x1fgoogle/protobuf/\
timestamp.proto\x12\x0fgoogle.protobuf\";\n\tTimestamp\x12\x18\n\x07seconds\x18\x01 \x01(\x03R\x07\
seconds\x12\x14\n\x05nanos\x18\x02 \x01(\x05R\x05nanosB\x85\x01\n\x13com.google.protobufB\x0eTim\
estampProtoP\x01Z2google.golang.org/protobuf/types/known/timestamppb\xf8\x01\x01\xa2\x02\x03GPB\xaa\
\x02\x1eGoogle.Protobuf.WellKnownTypesb\x06proto3\n[\n\x0bmoney.proto\x12\tcommon.v1\"9\n\x05Mon\
ey\x12\x1a\n\x08currency\x18\x01 \x01(\tR\x08currency\x12\x14\n\x05units\x18\x02 \x01(\x03R\x05u\
nitsb\x06proto3\n\xa6\n\n\x0corders.proto\x12\x14storefront.orders.v1\x1a\x1bgoogle/protobuf/emp\
ty.proto\x1a\x1fgoogle/protobuf/timestamp.proto\x1a\x0bmoney.proto\"v\n\x11PlaceOrderRequest\x12\
\x10\n\x03sku\x18\x01 \x01(\tR\x03sku\x12\x19\n\x05count\x18\x02 \x01(\rH\x00R\x05count\x88\x01\x01\
\x12*\n\x02at\x18\x03 \x01(\x0b2\x1a.google.protobuf.TimestampR\x02atB\x08\n\x06_count\"$\n\x12P\
laceOrderResponse\x12\x0e\n\x02id\x18\x01 \x01(\tR\x02id\"%\n\x11WatchPriceRequest\x12\x10\n\x03\
sku\x18\x01 \x01(\tR\x03sku\"<\n\x12WatchPriceResponse\x12&\n\x05price\x18\x01 \x01(\x0b2\x10.co\
mmon.v1.MoneyR\x05price\"Z\n\x12ImportItemsRequest\x12\x12\n\x03sku\x18\x01 \x01(\tH\x00R\x03sku\
\x12(\n\x05price\x18\x02 \x01(\x0b2\x10.common.v1.MoneyH\x00R\x05priceB\x06\n\x04item\"+\n\x13Im\
portItemsResponse\x12\x14\n\x05count\x18\x01 \x01(\x04R\x05count\"\x9b\x01\n\x11EditBasketReques\
t\x12K\n\x06counts\x18\x01 \x03(\x0b23.storefront.orders.v1.EditBasketRequest.CountsEntryR\x06co\
unts\x1a9\n\x0bCountsEntry\x12\x10\n\x03key\x18\x01 \x01(\tR\x03key\x12\x14\n\x05value\x18\x02 \x01\
(\x05R\x05value:\x028\x01\"\x8a\x01\n\x12EditBasketResponse\x12D\n\x05state\x18\x01 \x01(\x0e2..\
storefront.orders.v1.EditBasketResponse.StateR\x05state\".\n\x05State\x12\x15\n\x11STATE_UNSPECI\
FIED\x10\x00\x12\x0e\n\nSTATE_OPEN\x10\x012\xf5\x03\n\x0cOrderService\x12_\n\nPlaceOrder\x12'.st\
orefront.orders.v1.PlaceOrderRequest\x1a(.storefront.orders.v1.PlaceOrderResponse\x12Q\n\x08GetO\
rder\x12\x16.google.protobuf.Empty\x1a(.storefront.orders.v1.PlaceOrderResponse\"\x03\x90\x02\x01\
\x12a\n\nWatchPrice\x12'.storefront.orders.v1.WatchPriceRequest\x1a(.storefront.orders.v1.WatchP\
riceResponse0\x01\x12i\n\x0bImportItems\x12(.storefront.orders.v1.ImportItemsRequest\x1a).storef\
ront.orders.v1.ImportItemsResponse\"\x03\x90\x02\x02(\x01\x12c\n\nEditBasket\x12'.storefront.ord\
ers.v1.EditBasketRequest\x1a(.storefront.orders.v1.EditBasketResponse(\x010\x01b\x06proto3\
"