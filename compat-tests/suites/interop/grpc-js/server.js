// grpc.testing.TestService on grpc-js.
//
// A grpc-js server never compresses and does not show a handler whether a
// message came compressed: the suite leaves those cases out.
'use strict';
const { grpc, testing, flags, zeros, fs, INITIAL_KEY, TRAILING_KEY } = require('./common.js');

/** Sends the initial metadata back at once and returns the trailing ones. */
function echoMetadata(call) {
  const initial = new grpc.Metadata();
  const trailing = new grpc.Metadata();
  for (const value of call.metadata.get(INITIAL_KEY)) initial.add(INITIAL_KEY, value);
  for (const value of call.metadata.get(TRAILING_KEY)) trailing.add(TRAILING_KEY, value);
  if (call.metadata.get(INITIAL_KEY).length > 0) call.sendMetadata(initial);
  return trailing;
}

function askedFailure(request, metadata) {
  const status = request.response_status;
  return status ? { code: status.code, details: status.message, metadata } : null;
}

const sleep = (micros) => new Promise((resolve) => setTimeout(resolve, micros / 1000));

async function writeAll(call, request) {
  for (const { size, interval_us } of request.response_parameters) {
    if (interval_us > 0) await sleep(interval_us);
    if (call.cancelled) return;
    call.write({ payload: zeros(size) });
  }
}

function emptyCall(call, callback) {
  callback(null, {}, echoMetadata(call));
}

function unaryCall(call, callback) {
  const trailing = echoMetadata(call);
  const failure = askedFailure(call.request, trailing);
  if (failure) callback(failure);
  else callback(null, { payload: zeros(call.request.response_size) }, trailing);
}

async function streamingOutputCall(call) {
  const trailing = echoMetadata(call);
  const failure = askedFailure(call.request, trailing);
  if (failure) return call.emit('error', failure);
  await writeAll(call, call.request);
  call.end(trailing);
}

function streamingInputCall(call, callback) {
  const trailing = echoMetadata(call);
  let size = 0;
  call.on('data', (request) => (size += request.payload.body.length));
  call.on('end', () => callback(null, { aggregated_payload_size: size }, trailing));
}

function fullDuplexCall(call) {
  const trailing = echoMetadata(call);
  let written = Promise.resolve();
  let failed = false;
  call.on('data', (request) => {
    const failure = askedFailure(request, trailing);
    if (failure) {
      failed = true;
      call.emit('error', failure);
    } else {
      written = written.then(() => writeAll(call, request));
    }
  });
  call.on('end', () => written.then(() => failed || call.end(trailing)));
}

function halfDuplexCall(call) {
  const trailing = echoMetadata(call);
  const requests = [];
  call.on('data', (request) => requests.push(request));
  call.on('end', async () => {
    for (const request of requests) await writeAll(call, request);
    call.end(trailing);
  });
}

const args = flags({ port: '10000', use_tls: 'false' });
const server = new grpc.Server();
// UnimplementedCall stays out: grpc-js answers it by itself.
server.addService(testing.TestService.service, {
  EmptyCall: emptyCall,
  UnaryCall: unaryCall,
  CacheableUnaryCall: unaryCall,
  StreamingOutputCall: streamingOutputCall,
  StreamingInputCall: streamingInputCall,
  FullDuplexCall: fullDuplexCall,
  HalfDuplexCall: halfDuplexCall,
});
const credentials =
  args.use_tls === 'true'
    ? grpc.ServerCredentials.createSsl(null, [
        { private_key: fs.readFileSync(args.tls_key_file), cert_chain: fs.readFileSync(args.tls_cert_file) },
      ])
    : grpc.ServerCredentials.createInsecure();
server.bindAsync(`127.0.0.1:${args.port}`, credentials, (error) => {
  if (error) throw error;
});
