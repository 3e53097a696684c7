// Node listens on every address unless told otherwise, and not every program can be told: node --require THIS.
const { Server } = require('node:net');

const { listen } = Server.prototype;
Server.prototype.listen = function (first, ...rest) {
  const options = typeof first === 'object' ? first : { port: Number(first) };
  const callback = rest.find((each) => typeof each === 'function');
  return listen.call(this, { ...options, host: '127.0.0.1' }, callback);
};
