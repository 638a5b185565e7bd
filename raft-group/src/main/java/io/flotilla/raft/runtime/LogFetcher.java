package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.DamagedLogException;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.port.UnreadableLogException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads old entries from the log's disk, so that no loop ever waits for it. */
final class LogFetcher implements Agent {
  /**
   * What one group's loop wants read. Belongs to the loop until it is asked, to the fetcher until
   * {@link #entries} is set, then to the loop again.
   */
  static final class Fetch {
    final Summons.Call<Fetch> call = new Summons.Call<>(this);
    private final GroupId group;
    private final Runnable tellLoop;
    private long first;
    private long last;
    private long bytesMax;
    private long replacements;
    private boolean asked;
    private volatile @Nullable List<Entry> entries;
    private volatile @Nullable DamagedLogException damage;

    Fetch(GroupId group, Runnable tellLoop) {
      this.group = group;
      this.tellLoop = tellLoop;
    }

    /** By the loop. One at a time: the core asks again when this one is there. */
    void ask(LogFetcher fetcher, long first, long last, long bytesMax, long replacements) {
      if (!asked) {
        asked = true;
        this.first = first;
        this.last = last;
        this.bytesMax = bytesMax;
        this.replacements = replacements;
        fetcher.summons.raise(call);
      }
    }

    /**
     * By the loop: hands what was read to {@code recent}, unless it was replaced meanwhile, or cut.
     *
     * @param firstIndex of the log as it is now
     */
    boolean deliver(RecentEntries recent, long firstIndex) {
      DamagedLogException broken = damage;
      if (broken != null) {
        throw new IllegalStateException("the log cannot be read", broken);
      }
      List<Entry> read = entries;
      if (read == null) {
        return false;
      }
      entries = null;
      asked = false;
      if (replacements == recent.replacements() && first >= firstIndex) {
        if (read.isEmpty()) { // nobody replaced it: the disk has lost what it held
          throw new IllegalStateException("the log has no entry " + first + " any more");
        }
        recent.addWindow(read);
      }
      return true;
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(LogFetcher.class);

  final Summons<Fetch> summons;
  private final String name;
  private final LogStore log;
  private final Doorbell doorbell = new Doorbell();
  private final Owner owner = new Owner();
  private final Deque<Fetch> waiting = new ArrayDeque<>();

  LogFetcher(String name, LogStore log) {
    this.name = name;
    this.log = log;
    this.summons = new Summons<>(doorbell);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int turn() throws StorageException {
    owner.check();
    summons.takeAll(waiting::add);
    Fetch fetch = waiting.poll();
    if (fetch == null) {
      return 0;
    }
    fetch.entries = read(fetch);
    fetch.tellLoop.run();
    return 1;
  }

  /**
   * Nothing if it is not there: asked for by a leader, it may have been cut, or replaced by another
   * one's entries, before it was read.
   */
  private List<Entry> read(Fetch fetch) throws StorageException {
    try {
      return log.read(fetch.group, fetch.first, fetch.last, fetch.bytesMax);
    } catch (UnreadableLogException e) {
      LOG.debug("group {}: not fetched", fetch.group, e);
      if (e instanceof DamagedLogException damage) {
        fetch.damage = damage; // that replica stops; those of other groups are not affected
      }
      return List.of();
    }
  }

  @Override
  public Doorbell doorbell() {
    return doorbell;
  }
}
