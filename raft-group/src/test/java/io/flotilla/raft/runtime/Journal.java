package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.port.ApplyRound;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.StateImage;
import io.flotilla.raft.port.StateMachine;
import io.flotilla.raft.port.StateStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A state machine that keeps a list of the commands it was given. The result of a command is its
 * place in that list. Forgets everything when the process ends.
 */
final class Journal implements StateMachine<Journal.Round> {
  /** Makes its effects visible at the commit. */
  static final class Round implements ApplyRound {
    private final List<Runnable> effects = new ArrayList<>();
    private long bytes;

    void stage(long weight, Runnable effect) {
      bytes += weight;
      effects.add(effect);
    }

    @Override
    public long stagedBytes() {
      return bytes;
    }

    @Override
    public void commit() {
      effects.forEach(Runnable::run);
      effects.clear();
      bytes = 0;
    }

    @Override
    public void close() {}
  }

  /** Forgets everything, so there is nothing to flush. */
  static final class Store implements StateStore<Round> {
    @Override
    public Round newRound() {
      return new Round();
    }

    @Override
    public void flush() {}
  }

  static final String POISON = "poison";

  private final List<String> commands = new ArrayList<>();
  private volatile long applied;
  private volatile long durable;
  private long next = 1;
  private int staged;
  private final List<Image> closedImages = new CopyOnWriteArrayList<>();
  private final Map<Long, Long> loaded = new ConcurrentHashMap<>();
  private long generation;

  /** As if a round were full then. */
  int entriesMax = Integer.MAX_VALUE;

  final List<Long> adopted = new CopyOnWriteArrayList<>();
  final List<Long> discarded = new CopyOnWriteArrayList<>();

  @Override
  public long appliedIndex() {
    return applied;
  }

  @Override
  public List<byte[]> apply(List<Entry> all, Round round) throws UnknownCommandException {
    List<Entry> entries = all.subList(0, Math.min(all.size(), entriesMax));
    List<String> more = new ArrayList<>();
    List<byte[]> results = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.index() != next++) {
        throw new IllegalStateException("applied " + entry + " instead of " + (next - 1));
      }
      String command = new String(entry.payload(), StandardCharsets.UTF_8);
      if (command.equals(POISON)) {
        throw new UnknownCommandException(command);
      }
      if (entry.kind() == Entry.Kind.COMMAND) {
        more.add(command);
        results.add(String.valueOf(staged++).getBytes(StandardCharsets.UTF_8));
      } else {
        results.add(new byte[0]);
      }
    }
    long last = entries.get(entries.size() - 1).index();
    round.stage(
        more.size(),
        () -> {
          synchronized (commands) {
            commands.addAll(more);
          }
          applied = last;
        });
    return results;
  }

  @Override
  public long durableIndex() {
    return durable;
  }

  /** As if all that is applied had got to a disk. */
  void keep() {
    durable = applied;
  }

  /** Of nothing but its index. */
  private record Image(long applied, List<Image> closed) implements StateImage {
    @Override
    public long approximateBytes() {
      return applied;
    }

    @Override
    public List<SnapshotFile> writeTo(Path directory) {
      return List.of(new SnapshotFile("journal", applied, 0));
    }

    @Override
    public void close() {
      closed.add(this);
    }
  }

  @Override
  public StateImage image() {
    return new Image(applied, closedImages);
  }

  int closedImages() {
    return closedImages.size();
  }

  /** A state of no commands; its applied index is the size of its file. */
  @Override
  public long load(Path directory, List<SnapshotFile> files) {
    loaded.put(++generation, files.get(0).bytes());
    return generation;
  }

  @Override
  public void adopt(long next) {
    applied = take(next);
    this.next = applied + 1;
    adopted.add(next);
  }

  @Override
  public void discard(long unwanted) {
    take(unwanted);
    discarded.add(unwanted);
  }

  private long take(long number) {
    Long index = loaded.remove(number);
    if (index == null) {
      throw new IllegalStateException("generation " + number + " is not here");
    }
    return index;
  }

  List<String> commands() {
    synchronized (commands) {
      return List.copyOf(commands);
    }
  }
}
