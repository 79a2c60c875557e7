// The interop cases, from a grpc-js client. Exit 0 = the case passed.
//
// grpc-js compresses per channel, so a stream can't mix compressed and
// uncompressed messages: client_compressed_streaming is not here. It does not
// show whether a response came compressed: server_compressed_* check contents.
'use strict';
const assert = require('node:assert/strict');
const { grpc, testing, flags, zeros, fs, INITIAL_KEY, TRAILING_KEY } = require('./common.js');

const REQUEST_SIZES = [27182, 8, 1828, 45904];
const RESPONSE_SIZES = [31415, 9, 2653, 58979];

const args = flags({
  server_host: '127.0.0.1',
  use_tls: 'false',
  soak_iterations: '10',
  soak_num_threads: '1',
  soak_overall_timeout_seconds: '10',
});

const opened = [];

function open(Service, options = {}) {
  const all = { ...options };
  let credentials = grpc.credentials.createInsecure();
  if (args.use_tls === 'true') {
    credentials = grpc.credentials.createSsl(fs.readFileSync(args.ca_file));
    all['grpc.ssl_target_name_override'] = args.server_host_override;
  }
  const client = new Service(`${args.server_host}:${args.server_port}`, credentials, all);
  opened.push(client);
  return client;
}

/** A unary call as a promise of everything that came back. */
function unary(client, method, request, metadata = new grpc.Metadata()) {
  return new Promise((resolve, reject) => {
    const got = {};
    const call = client[method](request, metadata, (error, response) => {
      got.response = response;
      if (error) reject(error);
      // The status event follows the callback and carries the trailers.
      else call.once('status', (status) => resolve({ ...got, trailing: status.metadata }));
    });
    call.on('metadata', (initial) => (got.initial = initial));
  });
}

/** Everything a response stream yields, until it ends or fails. */
function collect(call, onData = () => {}) {
  return new Promise((resolve, reject) => {
    const got = { sizes: [] };
    call.on('metadata', (initial) => (got.initial = initial));
    call.on('data', (response) => {
      got.sizes.push(response.payload.body.length);
      onData(got.sizes.length);
    });
    call.on('error', reject);
    call.on('status', (status) => {
      if (status.code === grpc.status.OK) resolve({ ...got, trailing: status.metadata });
    });
  });
}

async function failsWith(code, promise, details) {
  const error = await promise.then(() => assert.fail(`OK in place of ${code}`), (failure) => failure);
  assert.equal(error.code, code, `${error.code} in place of ${code}: ${error.details ?? error}`);
  if (details !== undefined) assert.equal(error.details, details);
}

const largeRequest = (more = {}) => ({ response_size: 314159, payload: zeros(271828), ...more });

async function large(client, more) {
  const { response } = await unary(client, 'UnaryCall', largeRequest(more));
  assert.equal(response.payload.body.length, 314159);
}

const outputRequest = (size, requestSize) => ({ response_parameters: [{ size }], payload: zeros(requestSize) });

const cases = {
  async empty_unary(client) {
    await unary(client, 'EmptyCall', {});
  },

  large_unary: (client) => large(client),

  async client_streaming(client) {
    const answer = new Promise((resolve, reject) => {
      const call = client.StreamingInputCall((error, response) => (error ? reject(error) : resolve(response)));
      for (const size of REQUEST_SIZES) call.write({ payload: zeros(size) });
      call.end();
    });
    assert.equal((await answer).aggregated_payload_size, 74922);
  },

  async server_streaming(client) {
    const call = client.StreamingOutputCall({ response_parameters: RESPONSE_SIZES.map((size) => ({ size })) });
    assert.deepEqual((await collect(call)).sizes, RESPONSE_SIZES);
  },

  async ping_pong(client) {
    const call = client.FullDuplexCall();
    const next = (i) => {
      if (i < REQUEST_SIZES.length) call.write(outputRequest(RESPONSE_SIZES[i], REQUEST_SIZES[i]));
      else call.end();
    };
    const all = collect(call, next);
    next(0);
    assert.deepEqual((await all).sizes, RESPONSE_SIZES);
  },

  async empty_stream(client) {
    const call = client.FullDuplexCall();
    call.end();
    assert.deepEqual((await collect(call)).sizes, []);
  },

  async client_compressed_unary(client) {
    const expectation = { expect_compressed: { value: true } };
    await failsWith(grpc.status.INVALID_ARGUMENT, large(client, expectation));
    await cases.client_compressed_unary_noprobe(client);
  },

  async client_compressed_unary_noprobe(client) {
    const gzip = open(testing.TestService, { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });
    await large(gzip, { expect_compressed: { value: true } });
    await large(client, { expect_compressed: { value: false } });
  },

  async server_compressed_unary(client) {
    for (const value of [true, false]) await large(client, { response_compressed: { value } });
  },

  async server_compressed_streaming(client) {
    const response_parameters = [
      { size: 31415, compressed: { value: true } },
      { size: 92653, compressed: { value: false } },
    ];
    const { sizes } = await collect(client.StreamingOutputCall({ response_parameters }));
    assert.deepEqual(sizes, [31415, 92653]);
  },

  async custom_metadata(client) {
    const metadata = new grpc.Metadata();
    metadata.set(INITIAL_KEY, 'test_initial_metadata_value');
    metadata.set(TRAILING_KEY, Buffer.from('ababab', 'hex'));
    const echoed = ({ initial, trailing }) => {
      assert.deepEqual(initial.get(INITIAL_KEY), ['test_initial_metadata_value']);
      assert.deepEqual(trailing.get(TRAILING_KEY), [Buffer.from('ababab', 'hex')]);
    };
    echoed(await unary(client, 'UnaryCall', largeRequest(), metadata));
    const call = client.FullDuplexCall(metadata);
    const all = collect(call);
    call.write(outputRequest(314159, 271828));
    call.end();
    echoed(await all);
  },

  async status_code_and_message(client) {
    const response_status = { code: 2, message: 'test status message' };
    await failsWith(2, unary(client, 'UnaryCall', { response_status }), response_status.message);
    const call = client.FullDuplexCall();
    const all = collect(call);
    call.write({ response_status });
    call.end();
    await failsWith(2, all, response_status.message);
  },

  async special_status_message(client) {
    const message = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
    await failsWith(2, unary(client, 'UnaryCall', { response_status: { code: 2, message } }), message);
  },

  async unimplemented_method(client) {
    await failsWith(grpc.status.UNIMPLEMENTED, unary(client, 'UnimplementedCall', {}));
  },

  async unimplemented_service() {
    const client = open(testing.UnimplementedService);
    await failsWith(grpc.status.UNIMPLEMENTED, unary(client, 'UnimplementedCall', {}));
  },

  async cancel_after_begin(client) {
    const answer = new Promise((resolve, reject) => {
      const call = client.StreamingInputCall((error, response) => (error ? reject(error) : resolve(response)));
      setImmediate(() => call.cancel());
    });
    await failsWith(grpc.status.CANCELLED, answer);
  },

  async cancel_after_first_response(client) {
    const call = client.FullDuplexCall();
    const all = collect(call, () => call.cancel());
    call.write(outputRequest(RESPONSE_SIZES[0], REQUEST_SIZES[0]));
    await failsWith(grpc.status.CANCELLED, all);
  },

  async timeout_on_sleeping_server(client) {
    const call = client.FullDuplexCall({ deadline: Date.now() + 1 });
    const all = collect(call);
    call.write({ payload: zeros(27182) });
    await failsWith(grpc.status.DEADLINE_EXCEEDED, all);
  },

  async rpc_soak(client) {
    const threads = Number(args.soak_num_threads);
    const share = Math.floor(Number(args.soak_iterations) / threads);
    const start = performance.now();
    const work = async () => {
      for (let i = 0; i < share; i++) await large(client);
    };
    await Promise.all(Array.from({ length: threads }, work));
    assert.ok(performance.now() - start < 1000 * Number(args.soak_overall_timeout_seconds), 'too slow');
  },
};

const run = cases[args.test_case];
assert.ok(run, `no case is called ${args.test_case}`);
run(open(testing.TestService)).then(
  () => opened.forEach((client) => client.close()),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
