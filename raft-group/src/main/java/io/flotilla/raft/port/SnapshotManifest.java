package io.flotilla.raft.port;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a snapshot is of, and what it consists of.
 *
 * @param id not 0, and never that of another snapshot, whichever node made it and whenever
 * @param term of the replica that made it, at or after it had applied {@code last}
 * @param last the last entry whose effects are in it
 * @param membership as of that entry
 * @param files in the order that they are to be read in; names are not repeated
 */
public record SnapshotManifest(
    long id,
    GroupId group,
    long term,
    Position last,
    Membership membership,
    List<SnapshotFile> files) {
  /** At 32 MiB each these are 2 TiB. */
  public static final int FILES_MAX = 1 << 16;

  public SnapshotManifest {
    files = List.copyOf(files);
    if (id == 0 || last.index() < 1 || last.term() < 1 || term < last.term()) {
      throw new IllegalArgumentException(
          "snapshot " + id + " up to " + last + ", made in term " + term);
    }
    if (membership.voters().isEmpty()) {
      throw new IllegalArgumentException("a snapshot without voters");
    }
    if (files.isEmpty() || files.size() > FILES_MAX) {
      throw new IllegalArgumentException(
          "a snapshot of " + files.size() + " files; allowed are 1 to " + FILES_MAX);
    }
    Set<String> names = new HashSet<>();
    long bytes = 0;
    for (SnapshotFile file : files) {
      bytes += file.bytes();
      if (bytes < 0) {
        throw new IllegalArgumentException("a snapshot of more than 2^63 bytes");
      }
      if (!names.add(file.name())) {
        throw new IllegalArgumentException("a snapshot with two files " + file.name());
      }
    }
  }

  /** Of all files together. */
  public long bytes() {
    return files.stream().mapToLong(SnapshotFile::bytes).sum();
  }

  @Override
  public String toString() {
    return String.format(
        "snapshot %016x of group %s up to %s, %d bytes in %d files",
        id, group, last, bytes(), files.size());
  }
}
