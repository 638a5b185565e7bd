/**
 * {@code LogStore} on RocksDB: the logs of all groups of a node in one database with one column
 * family, one writer and one syncer, so that one sync of the disk serves every group that waits.
 *
 * <p>Promises: what is acknowledged is on disk; a hand-over is there wholly or not at all; a
 * damaged or missing record is found at opening or at reading, and stops the group it is of; a disk
 * that lost what it had synced is found out at opening, and stops all that were there. Leaves
 * admission to its callers (it says how much waits) and the decision to end the process to the
 * failure handler. A failed write or sync is never retried: nothing after it is acknowledged.
 *
 * <p>Form: {@code 'E' group(8) firstIndex(8)} holds a checksum and an {@code EntryBlock}, one
 * record for each append of a group; {@code 'H' group(8)} a checksum, the replica whose log this
 * is, its state's generation, term, vote, truncation point and the membership there; {@code 'T'
 * group(8)} a checksum and the greatest id of a replica that was removed here; {@code 'L'} a
 * checksum and the greatest id of a replica that the disk may have forgotten; {@code 'F'} the
 * version of this form. Numbers are big-endian. A record is put once and removed by {@code
 * SingleDelete}, so that put and removal vanish together when a memtable is flushed: a log that is
 * truncated in time writes little but the write-ahead log.
 *
 * <p>Start at {@link io.flotilla.raft.rocksdb.RocksLogStore}, then {@code LogStager}.
 */
@NullMarked
package io.flotilla.raft.rocksdb;

import org.jspecify.annotations.NullMarked;
