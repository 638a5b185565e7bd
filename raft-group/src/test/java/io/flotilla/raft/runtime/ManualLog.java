package io.flotilla.raft.runtime;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.port.LogStore;
import io.flotilla.raft.port.LogWrite;
import io.flotilla.raft.port.MissingEntriesException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A log store in memory whose disk is done when the test says so. */
final class ManualLog implements LogStore {
  record HandOver(List<LogWrite> writes, Runnable durable) {}

  final List<HandOver> waiting = new ArrayList<>();
  final List<HandOver> all = new ArrayList<>();
  private final Map<GroupId, TreeMap<Long, Entry>> logs = new HashMap<>();
  long backlogBytes;
  int reads;

  @Override
  public void append(List<LogWrite> writes, Runnable durable) {
    HandOver handOver = new HandOver(List.copyOf(writes), durable);
    waiting.add(handOver);
    all.add(handOver);
  }

  void makeAllDurable() {
    for (HandOver handOver : List.copyOf(waiting)) {
      waiting.remove(handOver);
      for (LogWrite write : handOver.writes()) {
        TreeMap<Long, Entry> log = logs.computeIfAbsent(write.group(), g -> new TreeMap<>());
        for (Entry entry : write.entries()) {
          log.tailMap(entry.index(), true).clear();
          log.put(entry.index(), entry);
        }
      }
      handOver.durable().run();
    }
  }

  @Override
  public long backlogBytes() {
    return backlogBytes;
  }

  @Override
  public List<Entry> read(GroupId group, long first, long last, long maxBytes)
      throws MissingEntriesException {
    reads++;
    if (!logs.get(group).containsKey(first)) {
      throw new MissingEntriesException("no entry " + first);
    }
    return List.copyOf(logs.get(group).subMap(first, true, last, true).values());
  }

  @Override
  public Map<GroupId, RecoveredLog> recovered() {
    return Map.of();
  }

  @Override
  public void close() {}
}
