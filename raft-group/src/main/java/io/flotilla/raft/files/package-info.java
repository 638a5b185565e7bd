/**
 * {@code SnapshotStore} on the file system: {@code out/} for snapshots made here, {@code in/} for
 * those being received, a directory for each. Both are emptied at opening.
 *
 * <p>Promises: a received snapshot is complete only after each file was read back and compared, and
 * files and directories were synced; no name from elsewhere leads out of its directory; nothing is
 * begun for which the disk has no room, that of others and of its own loading counted. Leaves to
 * others: when to delete. Start at {@link io.flotilla.raft.files.FileSnapshotStore}.
 */
@NullMarked
package io.flotilla.raft.files;

import org.jspecify.annotations.NullMarked;
