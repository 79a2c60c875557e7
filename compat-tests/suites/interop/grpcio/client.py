"""The interop cases, from a grpcio (C-core) client. Exit 0 = the case passed.

C-core compresses per call and falls back to an uncompressed message when gzip
would not make it smaller: random bytes are the way to send one uncompressed
message in a compressed stream. It does not show whether a response came
compressed, so the `server_compressed_*` cases check the contents only.
"""

import os
import threading
import time

import grpc

from common import INITIAL_KEY, TEST, TRAILING_KEY, UNIMPLEMENTED, parser, pb, read

REQUEST_SIZES = (27182, 8, 1828, 45904)
RESPONSE_SIZES = (31415, 9, 2653, 58979)
GZIP = grpc.Compression.Gzip


def zeros(size):
    return pb.Payload(body=b"\0" * size)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def fails_with(code, call, message=None):
    try:
        call()
    except grpc.RpcError as error:
        check(error.code() == code, f"{error.code()} in place of {code}: {error.details()}")
        if message is not None:
            check(error.details() == message, f"message {error.details()!r}")
        return
    raise AssertionError(f"OK in place of {code}")


class Stub:
    def __init__(self, channel):
        def serialize(message):
            return message.SerializeToString()

        def method(kind, name, response):
            return kind(name, request_serializer=serialize, response_deserializer=response.FromString)

        self.empty = method(channel.unary_unary, TEST + "EmptyCall", pb.Empty)
        self.unary = method(channel.unary_unary, TEST + "UnaryCall", pb.SimpleResponse)
        self.output = method(channel.unary_stream, TEST + "StreamingOutputCall", pb.StreamingOutputCallResponse)
        self.input = method(channel.stream_unary, TEST + "StreamingInputCall", pb.StreamingInputCallResponse)
        self.duplex = method(channel.stream_stream, TEST + "FullDuplexCall", pb.StreamingOutputCallResponse)
        self.unimplemented_method = method(channel.unary_unary, TEST + "UnimplementedCall", pb.Empty)
        self.unimplemented_service = method(channel.unary_unary, UNIMPLEMENTED, pb.Empty)


class Pipe:
    """An iterator of requests that is fed from outside; `None` half-closes."""

    def __init__(self):
        self.ready = threading.Condition()
        self.items = []

    def put(self, item):
        with self.ready:
            self.items.append(item)
            self.ready.notify()

    def __iter__(self):
        return self

    def __next__(self):
        with self.ready:
            while not self.items:
                self.ready.wait()
            item = self.items.pop(0)
        if item is None:
            raise StopIteration
        return item


def large_request():
    return pb.SimpleRequest(response_size=314159, payload=zeros(271828))


def output_request(size, request_size=None):
    request = pb.StreamingOutputCallRequest(response_parameters=[pb.ResponseParameters(size=size)])
    if request_size is not None:
        request.payload.CopyFrom(zeros(request_size))
    return request


def empty_unary(stub, args):
    check(stub.empty(pb.Empty()) == pb.Empty(), "an answer that is not empty")


def large_unary(stub, args):
    check(len(stub.unary(large_request()).payload.body) == 314159, "size")


def client_streaming(stub, args):
    requests = (pb.StreamingInputCallRequest(payload=zeros(size)) for size in REQUEST_SIZES)
    check(stub.input(requests).aggregated_payload_size == 74922, "aggregate")


def server_streaming(stub, args):
    request = pb.StreamingOutputCallRequest(
        response_parameters=[pb.ResponseParameters(size=size) for size in RESPONSE_SIZES]
    )
    sizes = [len(response.payload.body) for response in stub.output(request)]
    check(sizes == list(RESPONSE_SIZES), f"sizes {sizes}")


def ping_pong(stub, args):
    pipe = Pipe()
    responses = stub.duplex(pipe)
    for request_size, size in zip(REQUEST_SIZES, RESPONSE_SIZES):
        pipe.put(output_request(size, request_size))
        check(len(next(responses).payload.body) == size, "size")
    pipe.put(None)
    check(list(responses) == [], "a response too many")


def empty_stream(stub, args):
    check(list(stub.duplex(iter(()))) == [], "a response to an empty stream")


def client_compressed_unary(stub, args):
    probe = large_request()
    probe.expect_compressed.value = True
    fails_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: stub.unary(probe))
    client_compressed_unary_noprobe(stub, args)


def client_compressed_unary_noprobe(stub, args):
    request = large_request()
    request.expect_compressed.value = True
    check(len(stub.unary(request, compression=GZIP).payload.body) == 314159, "size")
    request.expect_compressed.value = False
    check(len(stub.unary(request).payload.body) == 314159, "size")


def client_compressed_streaming(stub, args):
    probe = pb.StreamingInputCallRequest(payload=zeros(27182))
    probe.expect_compressed.value = True
    fails_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: stub.input(iter([probe])))
    client_compressed_streaming_noprobe(stub, args)


def client_compressed_streaming_noprobe(stub, args):
    compressed = pb.StreamingInputCallRequest(payload=zeros(27182))
    compressed.expect_compressed.value = True
    plain = pb.StreamingInputCallRequest(payload=pb.Payload(body=os.urandom(45904)))
    plain.expect_compressed.value = False
    answer = stub.input(iter([compressed, plain]), compression=GZIP)
    check(answer.aggregated_payload_size == 73086, "aggregate")


def server_compressed_unary(stub, args):
    for compressed in (True, False):
        request = large_request()
        request.response_compressed.value = compressed
        check(len(stub.unary(request).payload.body) == 314159, "size")


def server_compressed_streaming(stub, args):
    request = pb.StreamingOutputCallRequest()
    for size, compressed in ((31415, True), (92653, False)):
        parameters = request.response_parameters.add(size=size)
        parameters.compressed.value = compressed
    sizes = [len(response.payload.body) for response in stub.output(request)]
    check(sizes == [31415, 92653], f"sizes {sizes}")


def custom_metadata(stub, args):
    metadata = ((INITIAL_KEY, "test_initial_metadata_value"), (TRAILING_KEY, b"\xab\xab\xab"))

    def echoed(call):
        check(dict(call.initial_metadata()).get(INITIAL_KEY) == metadata[0][1], "initial metadata")
        check(dict(call.trailing_metadata()).get(TRAILING_KEY) == metadata[1][1], "trailing metadata")

    echoed(stub.unary.with_call(large_request(), metadata=metadata)[1])
    call = stub.duplex(iter([output_request(314159, 271828)]), metadata=metadata)
    check([len(response.payload.body) for response in call] == [314159], "sizes")
    echoed(call)


def status_code_and_message(stub, args):
    status = pb.EchoStatus(code=2, message="test status message")
    unary = pb.SimpleRequest(response_status=status)
    fails_with(grpc.StatusCode.UNKNOWN, lambda: stub.unary(unary), status.message)
    duplex = pb.StreamingOutputCallRequest(response_status=status)
    fails_with(grpc.StatusCode.UNKNOWN, lambda: list(stub.duplex(iter([duplex]))), status.message)


def special_status_message(stub, args):
    message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    request = pb.SimpleRequest(response_status=pb.EchoStatus(code=2, message=message))
    fails_with(grpc.StatusCode.UNKNOWN, lambda: stub.unary(request), message)


def unimplemented_method(stub, args):
    fails_with(grpc.StatusCode.UNIMPLEMENTED, lambda: stub.unimplemented_method(pb.Empty()))


def unimplemented_service(stub, args):
    fails_with(grpc.StatusCode.UNIMPLEMENTED, lambda: stub.unimplemented_service(pb.Empty()))


def cancel_after_begin(stub, args):
    call = stub.input.future(Pipe())
    call.cancel()
    check(call.cancelled() and call.code() == grpc.StatusCode.CANCELLED, f"{call.code()}")


def cancel_after_first_response(stub, args):
    pipe = Pipe()
    call = stub.duplex(pipe)
    pipe.put(output_request(RESPONSE_SIZES[0], REQUEST_SIZES[0]))
    check(len(next(call).payload.body) == RESPONSE_SIZES[0], "size")
    call.cancel()
    fails_with(grpc.StatusCode.CANCELLED, lambda: next(call))


def timeout_on_sleeping_server(stub, args):
    pipe = Pipe()
    call = stub.duplex(pipe, timeout=0.001)
    pipe.put(pb.StreamingOutputCallRequest(payload=zeros(27182)))
    fails_with(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: next(call))


def rpc_soak(stub, args):
    failures = []

    def work(iterations):
        for _ in range(iterations):
            try:
                large_unary(stub, args)
            except Exception as error:  # counted, whatever it is
                failures.append(error)

    share = args.soak_iterations // args.soak_num_threads
    threads = [threading.Thread(target=work, args=(share,)) for _ in range(args.soak_num_threads)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not failures, f"{len(failures)} calls failed, the first with {failures[:1]}")
    check(time.monotonic() - start < args.soak_overall_timeout_seconds, "too slow")


def main():
    flags = parser()
    flags.add_argument("--server_host", default="127.0.0.1")
    flags.add_argument("--server_port", type=int, required=True)
    flags.add_argument("--server_host_override")
    flags.add_argument("--ca_file")
    flags.add_argument("--use_test_ca", help="accepted; --ca_file says which")
    flags.add_argument("--test_case", required=True)
    flags.add_argument("--soak_iterations", type=int, default=10)
    flags.add_argument("--soak_num_threads", type=int, default=1)
    flags.add_argument("--soak_overall_timeout_seconds", type=float, default=10)
    args = flags.parse_args()

    target = f"{args.server_host}:{args.server_port}"
    if args.use_tls:
        options = [("grpc.ssl_target_name_override", args.server_host_override)]
        channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(read(args.ca_file)), options)
    else:
        channel = grpc.insecure_channel(target)
    case = globals()[args.test_case]
    case(Stub(channel), args)


if __name__ == "__main__":
    main()
