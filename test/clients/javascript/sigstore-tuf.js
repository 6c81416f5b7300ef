#!/usr/bin/env node
// @sigstore/tuf, alone and as the part of `sigstore` that verifies. It keeps what it knows in ./cache.
import fs from 'node:fs';
import { initTUF } from '@sigstore/tuf';
import { verify } from 'sigstore';

const mirror = process.argv[2];
const tuf = await initTUF({ mirrorURL: mirror, rootPath: 'root.json', cachePath: 'cache' });
fs.writeFileSync('trusted_root.json', await tuf.getTarget('trusted_root.json'));

const { BUNDLE, BLOB, IDENTITY, ISSUER } = process.env;
await verify(JSON.parse(fs.readFileSync(BUNDLE)), fs.readFileSync(BLOB), {
  tufMirrorURL: mirror,
  tufRootPath: 'root.json',
  tufCachePath: 'cache',
  certificateIdentityURI: IDENTITY,
  certificateIssuer: ISSUER,
});
