package io.flotilla.deploy.seeded.raft.net;

import org.rocksdb.RocksDB;

/** Breaks the rules: a transport stores nothing. */
public record OpensADatabase(RocksDB database) {}
