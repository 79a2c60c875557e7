"""grpc.testing.TestService on grpcio (C-core).

C-core does not show a handler whether a message came compressed, so
`expect_compressed` can't be checked here; the suite leaves the two probes out.
"""

import concurrent.futures
import time

import grpc

from common import INITIAL_KEY, TEST, TRAILING_KEY, parser, pb, read


def payload(size):
    return pb.Payload(type=pb.COMPRESSABLE, body=b"\0" * size)


def echo_metadata(context):
    for key, value in context.invocation_metadata():
        if key == INITIAL_KEY:
            context.send_initial_metadata(((key, value),))
        elif key == TRAILING_KEY:
            context.set_trailing_metadata(((key, value),))


def echo_status(request, context):
    if request.HasField("response_status"):
        status = request.response_status
        code = next(c for c in grpc.StatusCode if c.value[0] == status.code)
        context.abort(code, status.message)


def empty_call(request, context):
    echo_metadata(context)
    return pb.Empty()


def unary_call(request, context):
    if request.HasField("response_compressed"):
        context.set_compression(grpc.Compression.Gzip)
        if not request.response_compressed.value:
            context.disable_next_message_compression()
    echo_metadata(context)
    echo_status(request, context)
    return pb.SimpleResponse(payload=payload(request.response_size))


def stream_of(request, context):
    for parameters in request.response_parameters:
        if parameters.interval_us:
            time.sleep(parameters.interval_us / 1e6)
        if parameters.HasField("compressed") and not parameters.compressed.value:
            context.disable_next_message_compression()
        yield pb.StreamingOutputCallResponse(payload=payload(parameters.size))


def streaming_output_call(request, context):
    if any(p.HasField("compressed") for p in request.response_parameters):
        context.set_compression(grpc.Compression.Gzip)
    echo_metadata(context)
    echo_status(request, context)
    yield from stream_of(request, context)


def streaming_input_call(requests, context):
    echo_metadata(context)
    size = sum(len(request.payload.body) for request in requests)
    return pb.StreamingInputCallResponse(aggregated_payload_size=size)


def full_duplex_call(requests, context):
    echo_metadata(context)
    for request in requests:
        echo_status(request, context)
        yield from stream_of(request, context)


def half_duplex_call(requests, context):
    echo_metadata(context)
    for request in list(requests):
        yield from stream_of(request, context)


HANDLERS = {
    "EmptyCall": (grpc.unary_unary_rpc_method_handler, empty_call, pb.Empty),
    "UnaryCall": (grpc.unary_unary_rpc_method_handler, unary_call, pb.SimpleRequest),
    "CacheableUnaryCall": (grpc.unary_unary_rpc_method_handler, unary_call, pb.SimpleRequest),
    "StreamingOutputCall": (grpc.unary_stream_rpc_method_handler, streaming_output_call, pb.StreamingOutputCallRequest),
    "StreamingInputCall": (grpc.stream_unary_rpc_method_handler, streaming_input_call, pb.StreamingInputCallRequest),
    "FullDuplexCall": (grpc.stream_stream_rpc_method_handler, full_duplex_call, pb.StreamingOutputCallRequest),
    "HalfDuplexCall": (grpc.stream_stream_rpc_method_handler, half_duplex_call, pb.StreamingOutputCallRequest),
}


def main():
    flags = parser()
    flags.add_argument("--port", type=int, required=True)
    flags.add_argument("--tls_cert_file")
    flags.add_argument("--tls_key_file")
    args = flags.parse_args()

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=32))
    server.add_generic_rpc_handlers([
        grpc.method_handlers_generic_handler(
            TEST.strip("/"),
            {
                name: kind(
                    handler,
                    request_deserializer=request.FromString,
                    response_serializer=lambda message: message.SerializeToString(),
                )
                for name, (kind, handler, request) in HANDLERS.items()
            },
        )
    ])
    address = f"127.0.0.1:{args.port}"
    if args.use_tls:
        pair = (read(args.tls_key_file), read(args.tls_cert_file))
        server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
    else:
        server.add_insecure_port(address)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
