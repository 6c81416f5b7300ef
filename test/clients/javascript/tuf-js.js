#!/usr/bin/env node
// tuf-js. It keeps what it knows in ./cache.
import fs from 'node:fs';
import { Updater } from 'tuf-js';

const url = process.argv[2];
if (!fs.existsSync('cache')) {
  fs.mkdirSync('cache');
  fs.mkdirSync('targets');
  fs.copyFileSync('root.json', 'cache/root.json');
}
const updater = new Updater({ metadataDir: 'cache', metadataBaseUrl: url, targetDir: 'targets', targetBaseUrl: `${url}/targets` });
await updater.refresh();
for (const name of process.env.TARGETS.split('\n')) {
  await updater.downloadTarget(await updater.getTargetInfo(name));
}
await updater.downloadTarget(await updater.getTargetInfo('trusted_root.json'), 'trusted_root.json');
