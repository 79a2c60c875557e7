// What the grpc-js client and server share: the contract and the flags.
'use strict';
const path = require('node:path');
const fs = require('node:fs');
// Installed by compat-tests/install; NODE_PATH says where.
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const contract = path.join(__dirname, '../../../programs/proto/grpc/testing/test.proto');
const testing = grpc.loadPackageDefinition(loader.loadSync(contract, { keepCase: true, defaults: true })).grpc.testing;

const INITIAL_KEY = 'x-grpc-test-echo-initial';
const TRAILING_KEY = 'x-grpc-test-echo-trailing-bin';

/** `--key=value` and `--key value`, as Go's and Java's programs take them. */
function flags(defaults) {
  const found = { ...defaults };
  const words = process.argv.slice(2);
  while (words.length > 0) {
    const [name, value] = words.shift().replace(/^--?/, '').split(/=(.*)/s);
    found[name] = value ?? words.shift();
  }
  return found;
}

const zeros = (size) => ({ body: Buffer.alloc(size) });

module.exports = { grpc, testing, flags, zeros, fs, INITIAL_KEY, TRAILING_KEY };
