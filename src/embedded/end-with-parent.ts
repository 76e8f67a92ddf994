/** Loaded into each process that `npm start` starts: when `npm start` is killed, the process ends as at Ctrl-C. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
