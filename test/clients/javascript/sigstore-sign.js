#!/usr/bin/env node
// @sigstore/sign, with the servers of the signing config.
import fs from 'node:fs';
import { bundleToJSON } from '@sigstore/bundle';
import { SigningConfig } from '@sigstore/protobuf-specs';
import { bundleBuilderFromSigningConfig } from '@sigstore/sign';
import { initTUF } from '@sigstore/tuf';

const tuf = await initTUF({ mirrorURL: process.argv[2], rootPath: 'root.json', cachePath: 'cache' });
const config = JSON.parse(await tuf.getTarget('signing_config.v0.2.json'));

const { BUNDLE, BLOB, TOKEN } = process.env;
const builder = bundleBuilderFromSigningConfig({
  signingConfig: SigningConfig.fromJSON(config),
  identityProvider: { getToken: async () => TOKEN },
  bundleType: 'messageSignature',
});
const bundle = await builder.create({ data: fs.readFileSync(BLOB) });
fs.writeFileSync(BUNDLE, JSON.stringify(bundleToJSON(bundle)));
