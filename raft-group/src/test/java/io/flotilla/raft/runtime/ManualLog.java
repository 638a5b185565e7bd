package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.DamagedLogException;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.MissingEntriesException;
import io.flotilla.raft.port.OpenedLogStore;
import io.flotilla.raft.port.StorageException;
import io.flotilla.raft.port.UnreadableLogException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A log store in memory whose disk is done when the test says so. */
final class ManualLog extends OpenedLogStore {
  record HandOver(List<LogWrite> writes, Runnable durable) {}

  final List<HandOver> waiting = new ArrayList<>();
  final List<HandOver> all = new ArrayList<>();
  private final Map<GroupId, TreeMap<Long, Entry>> logs = new HashMap<>();
  long backlogBytes;
  int reads;

  /** Happens when somebody is about to read. */
  Runnable onRead = () -> {};

  @Override
  public void append(List<LogWrite> writes, Runnable durable) {
    HandOver handOver = new HandOver(List.copyOf(writes), durable);
    waiting.add(handOver);
    all.add(handOver);
  }

  void makeAllDurable() {
    List.copyOf(waiting).forEach(this::makeDurable);
  }

  /** The first that waits. */
  void makeDurable(HandOver handOver) {
    waiting.remove(handOver);
    for (LogWrite write : handOver.writes()) {
      TreeMap<Long, Entry> log = logs.computeIfAbsent(write.group(), g -> new TreeMap<>());
      if (write.cut().isPresent() && write.cut().get() instanceof LogWrite.Base) {
        log.clear();
      } else if (write.cut().isPresent()
          && write.cut().get() instanceof LogWrite.Truncation truncation) {
        log.headMap(truncation.upTo().index(), true).clear();
      }
      for (Entry entry : write.entries()) {
        log.tailMap(entry.index(), true).clear();
        log.put(entry.index(), entry);
      }
    }
    handOver.durable().run();
  }

  @Override
  public long backlogBytes() {
    return backlogBytes;
  }

  @Override
  public long firstUnsynced() {
    return waiting.isEmpty() ? 0 : 1 + all.size() - waiting.size();
  }

  @Override
  public List<Entry> read(GroupId group, long first, long last, long maxBytes)
      throws StorageException, UnreadableLogException {
    reads++;
    onRead.run();
    if (damaged().containsKey(group)) {
      throw new DamagedLogException("group " + group + " is damaged");
    }
    if (!logs.get(group).containsKey(first)) {
      throw new MissingEntriesException("no entry " + first);
    }
    return List.copyOf(logs.get(group).subMap(first, true, last, true).values());
  }

  @Override
  public long retainedBytes(GroupId group) {
    return logs.getOrDefault(group, new TreeMap<>()).values().stream()
        .mapToLong(Entry::weight)
        .sum();
  }

  @Override
  public void close() {}
}
