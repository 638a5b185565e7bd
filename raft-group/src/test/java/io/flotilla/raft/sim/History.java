package io.flotilla.raft.sim;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What clients asked and were told, checked for linearizability as it grows. It may be so cheap
 * because every written value is unique and every answer carries its key's version, which is the
 * place of the write in the order that the store claims. That order is right if and only if it
 * never contradicts time: an operation that began after another had ended stands behind it. One
 * object, one thread; times are the order of calls.
 */
public final class History {
  /** An operation from its invocation on. */
  public static final class Operation {
    private final int client;
    private final int key;
    private final long value;
    private final long floor;
    private long version;

    private Operation(int client, int key, long value, long floor) {
      this.client = client;
      this.key = key;
      this.value = value;
      this.floor = floor;
    }

    @Override
    public String toString() {
      return (value == 0 ? "read" : "write of " + value) + " of key " + key + " by " + client;
    }
  }

  private final Map<Long, Operation> writes = new HashMap<>();
  private final Map<Integer, Long> newest = new HashMap<>();
  private final Set<Long> refused = new HashSet<>();
  private final Set<Long> done = new HashSet<>();
  private long answered;

  /**
   * @param value never written before, not 0
   */
  public Operation invokeWrite(int client, int key, long value) {
    Operation write = new Operation(client, key, value, newest(key));
    if (value == 0 || writes.put(value, write) != null) {
      throw new IllegalArgumentException("value " + value + " is not unique");
    }
    return write;
  }

  public Operation invokeRead(int client, int key) {
    return new Operation(client, key, 0, newest(key));
  }

  /** The write was acknowledged with that version; possibly again, after a retry. */
  public void wrote(Operation write, long version) {
    settle(write, version);
    answered(write.key, version);
  }

  /** The read was answered: value 0 and version 0 if the key was never written. */
  public void read(Operation read, long version, long value) {
    if (version < read.floor) {
      throw new AssertionError(
          "LINEARIZABILITY: "
              + read
              + " saw version "
              + version
              + ", but version "
              + read.floor
              + " had been answered before it began");
    }
    if (value == 0) {
      require(version == 0, "%s saw version %d of nothing", read, version);
    } else {
      @Nullable Operation writer = writes.get(value);
      require(writer != null, "%s saw value %d that nobody wrote", read, value);
      require(writer.key == read.key, "%s saw the " + writer + " at version %d", read, version);
      settle(writer, version);
    }
    answered(read.key, version);
  }

  /** A write has one place in the order, behind all that had been answered when it began. */
  private static void settle(Operation write, long version) {
    require(
        write.version == 0 || write.version == version,
        "%s took effect at version %d and at " + write.version,
        write,
        version);
    require(
        version > write.floor,
        "%s took version %d, but " + write.floor + " had been answered before it began",
        write,
        version);
    write.version = version;
  }

  private void answered(int key, long version) {
    answered++;
    newest.merge(key, version, Math::max);
  }

  private long newest(int key) {
    return newest.getOrDefault(key, 0L);
  }

  /** The client was told that this write will certainly never be done. */
  public void refused(Operation write) {
    refused.add(write.value);
    neverDone(write.value);
  }

  /** The store has, somewhere behind what clients see, executed the write of this value. */
  public void done(long value) {
    done.add(value);
    neverDone(value);
  }

  private void neverDone(long value) {
    if (refused.contains(value) && done.contains(value)) {
      throw new AssertionError(
          "REFUSALS: the " + writes.get(value) + " was refused for certain, and yet done");
    }
  }

  /** Operations that were answered. */
  public long answered() {
    return answered;
  }

  /**
   * The newest version of a key that any client was told; no replica that has caught up may show an
   * older one.
   */
  public long newestVersion(int key) {
    return newest(key);
  }

  private static void require(boolean holds, String what, Operation operation, long number) {
    if (!holds) {
      throw new AssertionError("LINEARIZABILITY: " + String.format(what, operation, number));
    }
  }
}
