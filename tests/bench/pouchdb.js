// PouchDB on LevelDB sends documents to express-pouchdb in this process over HTTP on loopback; one line of JSON says what it took.
// Arguments: a file with one JSON document a line, a folder for the stores. express-pouchdb needs them under one prefix.
const fs = require('fs'), net = require('net'), path = require('path');
const [documents, folder] = process.argv.slice(2);
const load = name => require(require.resolve(name, { paths: [process.cwd()] }));
fs.mkdirSync(path.join(folder, 'county'), { recursive: true });
const Desk = load('pouchdb').defaults({ prefix: folder + '/' });
const County = load('pouchdb').defaults({ prefix: folder + '/county/' });
const express = load('express');
let up = 0, down = 0, requests = 0;

const counted = port => net.createServer(desk => {
  const county = net.connect(port, '127.0.0.1');
  desk.on('data', block => {
    up += block.length;
    requests += (block.toString('latin1').match(/(?:^|\n)(GET|POST|PUT|HEAD|DELETE) \/[^ ]* HTTP\/1.1/g) || []).length;
    county.write(block);
  });
  county.on('data', block => { down += block.length; desk.write(block); });
  desk.on('close', () => county.destroy());
  county.on('close', () => desk.destroy());
  desk.on('error', () => {});
  county.on('error', () => {});
});

const portOf = server => new Promise(known => {
  const listening = server.listen(0, '127.0.0.1', () => known(listening.address().port));
});

(async () => {
  const several = fs.readFileSync(documents, 'utf8').split('\n').filter(Boolean).map(JSON.parse);
  const app = express();
  app.use('/', load('express-pouchdb')(County, { mode: 'minimumForPouchDB', logPath: path.join(folder, 'log.txt'), inMemoryConfig: true }));
  const address = `http://127.0.0.1:${await portOf(counted(await portOf(app)))}/county`;
  const desk = new Desk('desk');
  for (let first = 0; first < several.length; first += 1000) await desk.bulkDocs(several.slice(first, first + 1000));
  const began = process.hrtime.bigint(), before = process.cpuUsage();
  const told = await desk.replicate.to(address, { batch_size: 1000, batches_limit: 4 });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9, used = process.cpuUsage(before);
  console.log(JSON.stringify({ written: told.docs_written, seconds, cpu_s: (used.user + used.system) / 1e6, up, down, requests }));
  process.exit(0);
})();
